package io.hookq.daemon.intake;

import io.hookq.daemon.queue.JobQueue;
import io.hookq.daemon.roots.GcRoots;
import io.hookq.log.Logged;
import io.hookq.store.StorePath;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps queue and GC roots in step and small: roots that a crash left behind go at the start, those
 * that could not be made are made, what has been settled long enough is forgotten.
 *
 * <p>A thread of its own, ended by {@link #close}.
 */
public final class Upkeep implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);
  private static final Duration MEND = Duration.ofMinutes(1);
  private static final int COMPACT_EVERY = 60;

  private final JobQueue queue;
  private final GcRoots roots;
  private final Intake intake;
  private final InstantSource clock;
  private final Duration keepDone;
  private final Duration keepFailed;
  private final Duration pause;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread = Thread.ofVirtual().name("upkeep").unstarted(this::run);

  /** Starts at once; the parts are closed by whoever made them, after this. */
  public static Upkeep start(
      JobQueue queue,
      GcRoots roots,
      Intake intake,
      InstantSource clock,
      Duration keepDone,
      Duration keepFailed) {
    return start(queue, roots, intake, clock, keepDone, keepFailed, MEND);
  }

  static Upkeep start(
      JobQueue queue,
      GcRoots roots,
      Intake intake,
      InstantSource clock,
      Duration keepDone,
      Duration keepFailed,
      Duration pause) {
    var upkeep = new Upkeep(queue, roots, intake, clock, keepDone, keepFailed, pause);
    upkeep.thread.start();
    return upkeep;
  }

  private Upkeep(
      JobQueue queue,
      GcRoots roots,
      Intake intake,
      InstantSource clock,
      Duration keepDone,
      Duration keepFailed,
      Duration pause) {
    this.queue = queue;
    this.roots = roots;
    this.intake = intake;
    this.clock = clock;
    this.keepDone = keepDone;
    this.keepFailed = keepFailed;
    this.pause = pause;
  }

  private void run() {
    try {
      var swept = false;
      for (var round = 0; ; round++) {
        try {
          if (!swept) {
            removeStaleRoots();
            swept = true;
          }
          intake.mendRoots();
          if (round % COMPACT_EVERY == 0) {
            compact();
          }
        } catch (RuntimeException | Error e) {
          // A bug, or no memory. The next round is to come all the same.
          LOG.error("internal error in the upkeep: error={}", Logged.text(e), e);
        }
        if (closing.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void removeStaleRoots() {
    try {
      remove(roots.list());
    } catch (IOException e) {
      LOG.warn("GC roots of a crash may stay: error={}", Logged.text(e));
    }
  }

  private void compact() {
    try {
      remove(queue.compact(clock.instant(), keepDone, keepFailed));
    } catch (IOException e) {
      LOG.warn("the queue keeps old jobs for now: error={}", Logged.text(e));
    }
  }

  private void remove(Collection<StorePath> candidates) throws IOException {
    for (var path : candidates) {
      roots.removeUnless(path, queue::isUnfinished);
    }
  }

  @Override
  public void close() {
    closing.countDown();
    try {
      thread.join(Duration.ofSeconds(1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
