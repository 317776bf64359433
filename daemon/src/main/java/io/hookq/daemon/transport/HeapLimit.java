package io.hookq.daemon.transport;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Keeps the heap small, which the serial collector does not: it fills the old generation with
 * garbage up to the heap's hard limit before it collects there, and then gives little back.
 *
 * <p>The hard limit is for the largest closures. Below it a heap that has grown is collected where
 * that matters little: between two paths, and when there is nothing to do. With what then lives,
 * some ten megabytes, that takes tens of milliseconds, and nothing as long as the heap is small.
 *
 * <p>Thread-safe.
 */
final class HeapLimit {
  /** Of this process. */
  static final HeapLimit PROCESS =
      new HeapLimit(Runtime.getRuntime()::totalMemory, System::gc, System::nanoTime);

  /** What uploads may take. */
  static final long BUSY = 32 << 20;

  /** What may stay when there is nothing to do. */
  static final long IDLE = 16 << 20;

  /** A heap that is as large although it was collected is left alone until it has grown by this. */
  static final long STEP = 8 << 20;

  /** Or, when there is nothing to do, for so long. */
  static final long PATIENCE_NANOS = 60_000_000_000L;

  private final LongSupplier size;
  private final Runnable collector;
  private final LongSupplier nanoTime;

  private final ReentrantLock lock = new ReentrantLock();
  // Guarded by the lock.
  private long collected;
  private long collectedAt;

  /**
   * Of the heap that now takes {@code size} bytes.
   *
   * @param collector returns when the heap was collected
   * @param nanoTime monotonic
   */
  HeapLimit(LongSupplier size, Runnable collector, LongSupplier nanoTime) {
    this.size = size;
    this.collector = collector;
    this.nanoTime = nanoTime;
    this.collectedAt = nanoTime.getAsLong() - PATIENCE_NANOS;
  }

  /** To be called now and then while there is work, where a pause does no harm. */
  void atWork() {
    var now = size.getAsLong();
    if (now > BUSY && lock.tryLock()) {
      try {
        if (now > collected + STEP) {
          collect();
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /** To be called now and then while there is none. */
  void atRest() {
    var now = size.getAsLong();
    if (now > IDLE && lock.tryLock()) {
      try {
        if (now > collected + STEP || nanoTime.getAsLong() - collectedAt >= PATIENCE_NANOS) {
          collect();
        }
      } finally {
        lock.unlock();
      }
    }
  }

  private void collect() {
    collector.run();
    collected = size.getAsLong();
    collectedAt = nanoTime.getAsLong();
  }
}
