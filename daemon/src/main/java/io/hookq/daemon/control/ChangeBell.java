package io.hookq.daemon.control;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Wakes those who wait for something to change, without their having to look again and again.
 *
 * <p>Thread-safe. Read {@link #rung} first, look, then {@link #awaitAfter} what was read: a change
 * in between is not missed.
 */
public final class ChangeBell {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ringing = lock.newCondition();
  private long rung;

  /** Something has changed. Quick, and calls nobody. */
  public void ring() {
    lock.lock();
    try {
      rung++;
      ringing.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** How often it has rung. */
  long rung() {
    lock.lock();
    try {
      return rung;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until it has rung more than {@code before} times, but not longer than {@code time}. */
  void awaitAfter(long before, Duration time) throws InterruptedException {
    var left = time.toNanos();
    lock.lockInterruptibly();
    try {
      while (rung == before && left > 0) {
        left = ringing.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }
}
