package io.hookq.daemon.transport;

/**
 * Bytes per second, smoothed: what was lately counts for more. Time is an argument, in nanoseconds
 * of a monotonic clock. Not thread-safe.
 */
final class Speed {
  private static final double SECOND = 1e9;

  /** What is so long ago weighs a third of what is now. */
  private static final double MEMORY = 5 * SECOND;

  /** Shorter stretches say nothing: buffers fill at the speed of memory. */
  private static final double STRETCH = SECOND / 5;

  private long since;
  private long bytes;
  private double rate;
  private double weight;

  Speed(long now) {
    since = now;
  }

  /** So many bytes went out until {@code now}. */
  void add(long count, long now) {
    bytes += count;
    if (now - since >= STRETCH) {
      fold(now);
    }
  }

  /** The speed at {@code now}; falls while nothing goes out. */
  long bytesPerSecond(long now) {
    if (now - since >= STRETCH) {
      fold(now);
    }
    // Before the first stretch is full there is nothing better than what there is of it.
    return Math.round(weight > 0 ? rate / weight : 0);
  }

  private void fold(long now) {
    var elapsed = (double) (now - since);
    var keep = Math.exp(-elapsed / MEMORY);
    rate = rate * keep + bytes / elapsed * SECOND * (1 - keep);
    // Grows to one: the start, when nothing was measured yet, does not count as standing still.
    weight = weight * keep + (1 - keep);
    bytes = 0;
    since = now;
  }
}
