package io.hookq.daemon.cli;

import io.hookq.daemon.control.CheckRequest;
import io.hookq.daemon.control.ControlHandler;
import io.hookq.daemon.control.ControlRequest;
import io.hookq.daemon.control.ControlServer;
import io.hookq.daemon.control.DestinationCount;
import io.hookq.daemon.control.DropRequest;
import io.hookq.daemon.control.EnqueueRequest;
import io.hookq.daemon.control.JobCount;
import io.hookq.daemon.control.KickRequest;
import io.hookq.daemon.control.ListRequest;
import io.hookq.daemon.control.PauseRequest;
import io.hookq.daemon.control.ReconcileRequest;
import io.hookq.daemon.control.ResumeRequest;
import io.hookq.daemon.control.RetryRequest;
import io.hookq.daemon.control.StatusRequest;
import io.hookq.daemon.control.VersionRequest;
import io.hookq.daemon.control.WaitRequest;
import io.hookq.daemon.control.WhyRequest;
import io.hookq.daemon.intake.RefusalClass;
import io.hookq.daemon.intake.RefusedException;
import io.hookq.daemon.status.Reports;
import io.hookq.daemon.status.StatusJson;
import io.hookq.daemon.status.StatusReport;
import io.hookq.store.StoreDir;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/**
 * A daemon's socket with answers that a test has set behind it: the commands are tested here, and
 * what the real daemon answers is tested with the daemon.
 */
final class StubbornDaemon implements ControlHandler, AutoCloseable {
  final List<EnqueueRequest> enqueued = new CopyOnWriteArrayList<>();
  final List<WaitRequest> waited = new CopyOnWriteArrayList<>();
  final List<ListRequest> listed = new CopyOnWriteArrayList<>();
  final List<KickRequest> kicked = new CopyOnWriteArrayList<>();
  final List<ControlRequest<?>> asked = new CopyOnWriteArrayList<>();
  volatile CountDownLatch held = new CountDownLatch(0);
  volatile int changed = 2;
  volatile String notValid = "";
  volatile List<String> outputs = List.of();
  volatile WhyRequest.Reply life =
      new WhyRequest.Reply("/", Optional.empty(), Optional.empty(), Optional.empty(), List.of());
  volatile CheckRequest.Reply checked = new CheckRequest.Reply(List.of());
  volatile ReconcileRequest.Reply reconciled = new ReconcileRequest.Reply(0, List.of());
  volatile int destinations = 1;
  volatile List<String> paused = List.of();
  volatile boolean unchecked;
  volatile StoreDir storeDir = StoreDir.DEFAULT;
  volatile List<ListRequest.Entry> jobs = List.of();
  volatile WaitRequest.Reply end = new WaitRequest.Reply(false, List.of());
  volatile StatusReport report = Reports.busy();
  volatile Optional<RefusedException> refusal = Optional.empty();
  private final ControlServer server;

  StubbornDaemon(Path socket) throws IOException {
    server = ControlServer.listen(socket, "no-such-group", this);
  }

  void refuse(RefusalClass refusalClass, String message) {
    refusal = Optional.of(new RefusedException(refusalClass, message));
  }

  private void refuseIfTold() throws RefusedException {
    if (refusal.isPresent()) {
      throw refusal.get();
    }
  }

  @Override
  public EnqueueRequest.Reply enqueue(EnqueueRequest request) throws RefusedException {
    refuseIfTold();
    if (request.paths().contains(notValid)) {
      throw new RefusedException(RefusalClass.NOT_VALID, "not valid: " + notValid);
    }
    enqueued.add(request);
    var factor = request.destination().isPresent() ? 1 : destinations;
    return new EnqueueRequest.Reply(
        request.paths().isEmpty() ? outputs : List.of(),
        Math.max(1, request.paths().size()) * factor,
        unchecked);
  }

  @Override
  public StatusRequest.Reply status(StatusRequest request) throws RefusedException {
    refuseIfTold();
    return new StatusRequest.Reply(StatusJson.write(report));
  }

  @Override
  public void list(ListRequest request, EntrySink out) throws RefusedException, IOException {
    refuseIfTold();
    listed.add(request);
    for (var job : jobs) {
      out.accept(job);
    }
  }

  @Override
  public WaitRequest.Reply await(WaitRequest request, Heartbeat alive) throws RefusedException {
    refuseIfTold();
    waited.add(request);
    try {
      held.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    return end;
  }

  @Override
  public KickRequest.Reply kick(KickRequest request) throws RefusedException {
    refuseIfTold();
    kicked.add(request);
    return new KickRequest.Reply(request.destination().isPresent() ? 1 : destinations, paused);
  }

  @Override
  public JobCount retry(RetryRequest request) throws RefusedException {
    refuseIfTold();
    asked.add(request);
    return new JobCount(changed);
  }

  @Override
  public JobCount drop(DropRequest request) throws RefusedException {
    refuseIfTold();
    asked.add(request);
    return new JobCount(changed);
  }

  @Override
  public DestinationCount pause(PauseRequest request) throws RefusedException {
    refuseIfTold();
    asked.add(request);
    return new DestinationCount(request.destination().isPresent() ? 1 : destinations);
  }

  @Override
  public DestinationCount resume(ResumeRequest request) throws RefusedException {
    refuseIfTold();
    asked.add(request);
    return new DestinationCount(request.destination().isPresent() ? 1 : destinations);
  }

  @Override
  public WhyRequest.Reply why(WhyRequest request) throws RefusedException {
    refuseIfTold();
    asked.add(request);
    return life;
  }

  @Override
  public CheckRequest.Reply check(CheckRequest request) throws RefusedException {
    refuseIfTold();
    asked.add(request);
    return checked;
  }

  @Override
  public ReconcileRequest.Reply reconcile(ReconcileRequest request) throws RefusedException {
    refuseIfTold();
    asked.add(request);
    return reconciled;
  }

  @Override
  public VersionRequest.Reply version(VersionRequest request) {
    return new VersionRequest.Reply("0.1.0", ProcessHandle.current().pid(), storeDir);
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
