package io.hookq.zstd;

/**
 * How hard to compress, by how fast the line drains: from not at all to level 9.
 *
 * <p>Time that a writer spends waiting for the line is time for the compressor: as long as most of
 * it goes there, the next level is tried; where the compressor takes more than the line, one level
 * less. Not thread-safe.
 */
final class Pace {
  /** Nothing is compressed. */
  static final int PLAIN = 0;

  static final int MAX_LEVEL = 9;

  /** Less than that says nothing about the line: its buffers swallow it. */
  private static final long SAMPLE = 1 << 20;

  /** A change of level costs the window, so it is not for every whim. */
  private static final long MIN_STAY = 4 << 20;

  private int level = 1;
  private long bytes;
  private long stayed;
  private long compressNanos;
  private long writeNanos;

  /** What level 1 takes for a byte; a guess until it was measured. */
  private double lowestCost = 1e9 / (400 << 20);

  /** The level to go on with. */
  int level() {
    return level;
  }

  /**
   * So many bytes took so long to compress and then to write.
   *
   * @param size before compression
   */
  void passed(int size, long compressing, long writing) {
    bytes += size;
    stayed += size;
    compressNanos += compressing;
    writeNanos += writing;
    if (bytes < SAMPLE) {
      return;
    }
    if (level == 1) {
      lowestCost = (double) compressNanos / bytes;
    }
    if (stayed >= MIN_STAY) {
      var next = next();
      if (next != level) {
        level = next;
        stayed = 0;
      }
    }
    bytes = 0;
    compressNanos = 0;
    writeNanos = 0;
  }

  private int next() {
    if (level == PLAIN) {
      return writeNanos > 2 * lowestCost * bytes ? 1 : PLAIN;
    }
    if (writeNanos > 2 * compressNanos) {
      return Math.min(level + 1, MAX_LEVEL);
    }
    // Down to nothing only where even the lowest level is what holds the line up.
    if (compressNanos > (level == 1 ? 2 * writeNanos : writeNanos)) {
      return level - 1;
    }
    return level;
  }
}
