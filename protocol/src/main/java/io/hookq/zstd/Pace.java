package io.hookq.zstd;

/**
 * How hard to compress, by how fast the line drains: from not at all to level 9.
 *
 * <p>Time that a writer spends waiting for the line is time for the compressor: as long as most of
 * it goes there, higher levels are tried, several at a time where there is much to spare; where the
 * compressor takes more than the line, one level less. On a fast line nothing tells what holds it
 * up, the line or whoever reads at its end, whom compression only costs more; so there it is tried
 * without, and what took less time is kept. Not thread-safe.
 */
final class Pace {
  /** Nothing is compressed. */
  static final int PLAIN = 0;

  static final int MAX_LEVEL = 9;

  /** Less than that says nothing about the line: its buffers swallow it. */
  private static final long SAMPLE = 1 << 20;

  /** A change of level costs the window, so it is not for every whim. */
  private static final long MIN_STAY = 4 << 20;

  /** So much more time for the line than for the compressor is no whim. */
  private static final long MUCH_TO_SPARE = 8;

  /** Nanoseconds for a byte, some 16 MB/s. On a slower line the lowest level always pays. */
  private static final double FAST = 60;

  /**
   * Only on a line as slow as this do higher levels: on a faster one the time for them may be what
   * the machine lacks, for all that writing takes longer.
   */
  private static final double SLOW = 120;

  /** How much a sample counts among those before it: a busy machine halts now and then. */
  private static final double NEWS = 0.25;

  /**
   * How much of all time compressing may take, over the last few samples. A level may be tried that
   * takes two thirds, if the one below it took one: not all of these are to be given up again.
   */
  private static final double TOO_MUCH = 0.6;

  /** What compression must at least save in time. */
  private static final double WORTH_IT = 0.9;

  /**
   * What is remembered of the time without compression loses its worth, so that it is tried anew.
   */
  private static final double OBLIVION = 0.995;

  /** More than a line holds: four SSH windows. */
  private static final long SWALLOWED = 8 << 20;

  private int level = 1;
  private long written;
  private long bytes;
  private long sent;

  // Since the level was changed last.
  private long stayed;
  private long compressNanos;
  private long writeNanos;

  // In nanoseconds for a byte, compressing and writing together; 0 is unknown.
  private double lowestCost;
  private double plainCost;

  /** Over the last few samples, at whatever level. */
  private double usualCost;

  /** Written, in bytes a second, over the last few samples. */
  private double usualRate;

  /** Of compressing alone, over the last few samples at this level. */
  private double compressCost;

  /** The level to go on with. */
  int level() {
    return level;
  }

  /**
   * Whether the line is known not to be what everything waits for: so much went into it that its
   * buffers cannot have been all, and it was not slow.
   */
  boolean isLineSwift() {
    return written >= SWALLOWED && level <= 1 && usualCost < SLOW;
  }

  /** Bytes a second that go out, over the last few samples; 0 as long as buffers may be all. */
  double rate() {
    return written >= SWALLOWED ? usualRate : 0;
  }

  /**
   * So many bytes took so long to compress and then to write.
   *
   * @param size before compression
   * @param length after it
   */
  void passed(int size, int length, long compressing, long writing) {
    written += length;
    bytes += size;
    stayed += size;
    sent += length;
    compressNanos += compressing;
    writeNanos += writing;
    if (bytes < SAMPLE) {
      return;
    }
    var next = next();
    if (next != level && (stayed >= MIN_STAY || (next > level && spare() >= MUCH_TO_SPARE))) {
      level = next;
      stayed = 0;
      compressCost = 0;
    }
    bytes = 0;
    sent = 0;
    compressNanos = 0;
    writeNanos = 0;
  }

  /** How much longer the line takes than the compressor. */
  private long spare() {
    return writeNanos / Math.max(1, compressNanos);
  }

  private int next() {
    var cost = (double) (compressNanos + writeNanos) / bytes;
    usualCost += NEWS * (cost - usualCost);
    usualRate += NEWS * (1e9 * sent / Math.max(1, compressNanos + writeNanos) - usualRate);
    if (level == PLAIN) {
      plainCost = cost;
      return lowestCost < WORTH_IT * plainCost ? 1 : PLAIN;
    }
    if (level == 1) {
      lowestCost = cost;
      if (cost < FAST || compressNanos > writeNanos) {
        plainCost *= OBLIVION;
        return lowestCost < WORTH_IT * plainCost ? 1 : PLAIN;
      }
    }
    // What it was like without is of another line than this.
    plainCost = 0;
    var compressing = (double) compressNanos / bytes;
    compressCost += (compressCost == 0 ? 1 : NEWS) * (compressing - compressCost);
    if (compressCost > TOO_MUCH * usualCost) {
      return level - 1;
    }
    // A level costs less than twice the one below.
    var steps = Long.SIZE - 1 - Long.numberOfLeadingZeros(spare());
    return steps > 0 && usualCost >= SLOW ? Math.min(level + steps, MAX_LEVEL) : level;
  }
}
