package io.hookq.daemon.torture;

import io.hookq.daemon.story.Server;
import io.hookq.peers.FaultProxy;
import io.hookq.peers.FaultProxy.Direction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** What goes wrong on the way to the server, and there. */
final class FarFaults {
  private static final int KIBI = 1024;

  private FarFaults() {}

  /**
   * Faults of {@code line} and of the server behind it.
   *
   * @param disk what the far store is on, if it may be filled
   */
  static List<Fault> of(
      Server server, FaultProxy line, Optional<SmallDisk> disk, RandomGenerator random) {
    var faults = new ArrayList<Fault>();
    faults.add(Fault.momentary("line cut", line::cut));
    faults.add(Fault.momentary("line reset", line::reset));
    faults.add(
        new Fault(
            "line cut later",
            () -> line.after(Direction.UP, random.nextInt(512 * KIBI), FaultProxy::cut),
            line::pass));
    faults.add(
        new Fault(
            "answers cut later",
            () -> line.after(Direction.DOWN, random.nextInt(8 * KIBI), FaultProxy::reset),
            line::pass));
    faults.add(
        new Fault(
            "line refused",
            () -> {
              line.refuse();
              line.cut();
            },
            line::pass));
    faults.add(
        new Fault(
            "line reset again and again",
            () -> {
              line.resetNew();
              line.reset();
            },
            line::pass));
    faults.add(new Fault("black hole", line::blackHole, line::pass));
    faults.add(new Fault("line frozen", line::freeze, line::pass));
    faults.add(new Fault("answers frozen", line::freezeAnswers, line::pass));
    faults.add(
        new Fault(
            "line flaps",
            () -> line.flap(Duration.ofMillis(300), Duration.ofMillis(100)),
            line::pass));
    faults.add(
        new Fault(
            "far away", () -> line.delay(Duration.ofMillis(random.nextInt(10, 200))), line::pass));
    faults.add(
        new Fault(
            "line slow", () -> line.rate((long) KIBI * random.nextInt(64, 1024)), line::pass));
    faults.add(
        new Fault("server stopped", () -> server.sshd().stop(), () -> server.sshd().start()));
    disk.ifPresent(far ->
        faults.add(
            new Fault(
                "server's disk full",
                () -> far.fill((long) KIBI * random.nextInt(256)),
                far::free)));
    return faults;
  }
}
