package io.hookq.daemon.control;

import io.hookq.daemon.intake.RefusalClass;
import io.hookq.daemon.intake.RefusedException;
import io.hookq.store.StoreDir;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;

/** A daemon that does as the first path of an enqueue request says. */
final class ScriptedHandler implements ControlHandler {
  static final ListRequest.Entry JOB =
      new ListRequest.Entry(
          7,
          "/nix/store/00000000000000000000000000000000-a",
          "server",
          "failed",
          5,
          Optional.empty(),
          Optional.of("he said \"no\""),
          Instant.parse("2026-01-31T12:00:00Z"),
          Instant.parse("2026-01-31T12:00:00.250Z"),
          true);

  static final WhyRequest.Reply LIFE =
      new WhyRequest.Reply(
          "/nix/store/00000000000000000000000000000000-a",
          Optional.of(true),
          Optional.of(
              new WhyRequest.Origin(
                  Instant.parse("2026-01-31T11:00:00Z"),
                  true,
                  Optional.of("/nix/store/00000000000000000000000000000000-a.drv"),
                  List.of("key-1"),
                  false)),
          Optional.empty(),
          List.of(
              new WhyRequest.Life(
                  JOB,
                  Optional.empty(),
                  "push",
                  List.of(
                      new WhyRequest.Change(
                          Instant.parse("2026-01-31T12:00:00Z"),
                          "enqueued",
                          "queued",
                          0,
                          Optional.empty())),
                  List.of(
                      new WhyRequest.Wait(
                          "trouble",
                          Instant.parse("2026-01-31T12:00:00Z"),
                          Optional.empty(),
                          Optional.of("down"))))));

  final Queue<ControlRequest<?>> seen = new ConcurrentLinkedQueue<>();
  final CountDownLatch released = new CountDownLatch(1);
  volatile int listed = 1;

  @Override
  public EnqueueRequest.Reply enqueue(EnqueueRequest request) throws RefusedException, IOException {
    seen.add(request);
    switch (request.paths().isEmpty() ? "" : request.paths().getFirst()) {
      case "refuse" -> throw new RefusedException(RefusalClass.RETRY, "not now");
      case "break" -> throw new IOException("disk on fire");
      case "no-memory" -> throw new OutOfMemoryError("Java heap space");
      case "bug" -> throw new IllegalStateException("a bug");
      case "block" -> await();
      default -> {}
    }
    return new EnqueueRequest.Reply(List.of(), request.paths().size(), false);
  }

  private void await() throws IOException {
    try {
      released.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  @Override
  public StatusRequest.Reply status(StatusRequest request) {
    seen.add(request);
    return new StatusRequest.Reply(
        "{\"version\": \"x\", \"new\": [1, 2.5, null, true, {\"a\": null}]}");
  }

  @Override
  public void list(ListRequest request, EntrySink out) throws IOException, RefusedException {
    seen.add(request);
    if (request.state().equals(Optional.of("odd"))) {
      throw new IllegalArgumentException("no such state: 'odd'");
    }
    for (var i = 0; i < listed; i++) {
      out.accept(JOB);
    }
    if (request.state().equals(Optional.of("late"))) {
      throw new IOException("too late for a no");
    }
  }

  @Override
  public WaitRequest.Reply await(WaitRequest request, Heartbeat alive) throws IOException {
    seen.add(request);
    alive.beat();
    alive.beat();
    await();
    return new WaitRequest.Reply(true, List.of(JOB));
  }

  @Override
  public KickRequest.Reply kick(KickRequest request) {
    seen.add(request);
    return new KickRequest.Reply(2, List.of("other"));
  }

  @Override
  public JobCount retry(RetryRequest request) {
    seen.add(request);
    return new JobCount(3);
  }

  @Override
  public JobCount drop(DropRequest request) {
    seen.add(request);
    return new JobCount(4);
  }

  @Override
  public DestinationCount pause(PauseRequest request) {
    seen.add(request);
    return new DestinationCount(1);
  }

  @Override
  public DestinationCount resume(ResumeRequest request) {
    seen.add(request);
    return new DestinationCount(1);
  }

  @Override
  public WhyRequest.Reply why(WhyRequest request) {
    seen.add(request);
    return LIFE;
  }

  @Override
  public CheckRequest.Reply check(CheckRequest request) {
    seen.add(request);
    return new CheckRequest.Reply(List.of());
  }

  @Override
  public ReconcileRequest.Reply reconcile(ReconcileRequest request) {
    seen.add(request);
    return new ReconcileRequest.Reply(0, List.of());
  }

  @Override
  public VersionRequest.Reply version(VersionRequest request) {
    seen.add(request);
    return new VersionRequest.Reply("0.1.0", 4711, StoreDir.DEFAULT);
  }
}
