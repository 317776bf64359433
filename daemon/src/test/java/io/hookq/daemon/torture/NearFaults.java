package io.hookq.daemon.torture;

import io.hookq.daemon.story.Machine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Lock;
import java.util.random.RandomGenerator;

/**
 * What goes wrong where things are built. Also plays systemd, and starts a daemon again that ended
 * by itself; which it may do while its disk is full, and never else.
 *
 * <p>Used by one thread at a time.
 */
final class NearFaults {
  private static final int BLOCK = 4096;

  private final Machine machine;
  private final Optional<SmallDisk> disk;
  private final Lock unrooted;
  private final RandomGenerator random;
  private final EventLog log;
  private boolean diskWasFull;

  /**
   * Faults of {@code machine}.
   *
   * @param disk what the queue is on, if it may be filled
   * @param unrooted held by others while garbage must not be collected
   */
  NearFaults(
      Machine machine,
      Optional<SmallDisk> disk,
      Lock unrooted,
      RandomGenerator random,
      EventLog log) {
    this.machine = machine;
    this.disk = disk;
    this.unrooted = unrooted;
    this.random = random;
    this.log = log;
  }

  List<Fault> all() {
    var faults = new ArrayList<Fault>();
    // Twice as likely as the rest.
    for (var i = 0; i < 2; i++) {
      faults.add(new Fault("daemon killed", this::kill, this::launch));
      faults.add(Fault.momentary("source collected", this::collect));
    }
    faults.add(new Fault("daemon stopped", this::stop, this::launch));
    disk.ifPresent(queue -> {
      faults.add(new Fault("queue's disk full", () -> fill(queue), () -> free(queue)));
      faults.add(
          new Fault("queue's disk full at start", () -> restartOnFull(queue), () -> free(queue)));
    });
    return faults;
  }

  private void kill() {
    startIfEnded();
    machine.daemon().kill();
  }

  private void stop() {
    startIfEnded();
    machine.stopDaemon();
  }

  private void launch() {
    diskWasFull = false;
    if (random.nextBoolean()) {
      machine.startDaemon();
    } else {
      machine.launchDaemon();
    }
  }

  private void fill(SmallDisk queue) {
    startIfEnded();
    diskWasFull = true;
    queue.fill((long) random.nextInt(8) * BLOCK);
  }

  private void restartOnFull(SmallDisk queue) {
    kill();
    diskWasFull = true;
    queue.fill((long) random.nextInt(8) * BLOCK);
    machine.launchDaemon();
  }

  private void free(SmallDisk queue) {
    queue.free();
    startIfEnded();
  }

  private void collect() {
    unrooted.lock();
    try {
      if (spoolHoldsNameless()) {
        log.note("not collected: the spool holds a call without paths");
      } else {
        machine.nix().collectGarbage();
      }
    } finally {
      unrooted.unlock();
    }
  }

  /**
   * Whether a call without paths is spooled: nothing can root its outputs before the daemon has
   * asked what they are, which is the one gap that the hook has and says so.
   */
  private boolean spoolHoldsNameless() {
    try (var files = Files.newDirectoryStream(machine.spool(), "*.json")) {
      for (var file : files) {
        if (Files.readString(file).contains("\"paths\":[]")) {
          return true;
        }
      }
      return false;
    } catch (NoSuchFileException e) {
      // Taken in behind our back; another may be there.
      return spoolHoldsNameless();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Afterwards a daemon runs. */
  void startIfEnded() {
    if (machine.daemon().isAlive()) {
      return;
    }
    if (diskWasFull) {
      log.count("daemon ended on a full disk");
    } else {
      log.problem("the daemon ended by itself: " + machine.log());
    }
    diskWasFull = false;
    machine.launchDaemon();
  }
}
