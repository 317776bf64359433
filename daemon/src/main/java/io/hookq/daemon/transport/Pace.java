package io.hookq.daemon.transport;

import io.hookq.daemon.config.RateLimit;
import java.io.InterruptedIOException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * How fast all channels of a destination together may send.
 *
 * <p>Thread-safe: every sender draws its share of the time line, in turn, and then waits for it
 * without holding anything. What was not used is gone but for a tenth of a second, so that no burst
 * follows a pause.
 */
final class Pace {
  /** A share takes so long at most, so that a sender looks often whether it may still send. */
  private static final int SHARES_A_SECOND = 20;

  private static final int MAX_SHARE = 32 << 10;

  /** A wait that costs more than it is; it adds up with the next ones. */
  private static final long TOO_SHORT_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final OptionalLong bytesPerSecond;
  private final LongSupplier nanoTime;
  private final Sleep sleep;
  private final ReentrantLock lock = new ReentrantLock();

  /** When all that was drawn until now will have been sent. Guarded by the lock. */
  private long busyUntil;

  /** Waiting, which tests do in their own way. */
  @FunctionalInterface
  interface Sleep {
    void nanos(long nanos) throws InterruptedException;
  }

  Pace(Optional<RateLimit> limit, LongSupplier nanoTime, Sleep sleep) {
    this.bytesPerSecond =
        limit.map(rate -> OptionalLong.of(rate.bytesPerSecond())).orElse(OptionalLong.empty());
    this.nanoTime = nanoTime;
    this.sleep = sleep;
    this.busyUntil = nanoTime.getAsLong();
  }

  /** That limit by the system's clock. */
  static Pace of(Optional<RateLimit> limit) {
    return new Pace(limit, System::nanoTime, TimeUnit.NANOSECONDS::sleep);
  }

  /**
   * Waits until something may be sent.
   *
   * @param wanted how many bytes there are, above zero
   * @return how many of them may be sent now, above zero
   * @throws InterruptedIOException if the thread was interrupted; the flag stays set
   */
  int admit(int wanted) throws InterruptedIOException {
    if (bytesPerSecond.isEmpty()) {
      return wanted;
    }
    var rate = bytesPerSecond.getAsLong();
    var share = Math.min(wanted, Math.clamp(rate / SHARES_A_SECOND, 1, MAX_SHARE));
    try {
      var wait = draw(share, rate);
      if (wait > TOO_SHORT_NANOS) {
        sleep.nanos(wait);
      }
      return share;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (InterruptedIOException)
          new InterruptedIOException("interrupted while keeping to the rate limit").initCause(e);
    }
  }

  /** Takes {@code share} bytes of the time line; returns how long to wait for its end. */
  private long draw(int share, long rate) {
    lock.lock();
    try {
      var now = nanoTime.getAsLong();
      if (busyUntil - now < -BURST_NANOS) {
        busyUntil = now - BURST_NANOS;
      }
      busyUntil += TimeUnit.SECONDS.toNanos(share) / rate;
      return busyUntil - now;
    } finally {
      lock.unlock();
    }
  }
}
