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
          Instant.parse("2026-01-31T12:00:00.250Z"));

  final Queue<ControlRequest<?>> seen = new ConcurrentLinkedQueue<>();
  final CountDownLatch released = new CountDownLatch(1);
  volatile int listed = 1;

  @Override
  public EnqueueRequest.Reply enqueue(EnqueueRequest request) throws RefusedException, IOException {
    seen.add(request);
    switch (request.paths().isEmpty() ? "" : request.paths().getFirst()) {
      case "refuse" -> throw new RefusedException(RefusalClass.RETRY, "not now");
      case "break" -> throw new IOException("disk on fire");
      case "bug" -> throw new IllegalStateException("a bug");
      case "block" -> await();
      default -> {}
    }
    return new EnqueueRequest.Reply(request.paths().size(), false);
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
    return new KickRequest.Reply(2);
  }

  @Override
  public VersionRequest.Reply version(VersionRequest request) {
    seen.add(request);
    return new VersionRequest.Reply("0.1.0", 4711, StoreDir.DEFAULT);
  }
}
