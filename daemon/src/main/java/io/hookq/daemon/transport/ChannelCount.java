package io.hookq.daemon.transport;

import io.hookq.daemon.planner.UploadPlan;
import java.time.Duration;
import java.util.OptionalInt;

/**
 * How many channels a plan is worth. Stateless.
 *
 * <p>More far processes import big NARs faster, for each hashes and writes by itself, and slow each
 * other down over many tiny paths, for they share one database. OpenSSH's far side gives a channel
 * 2 MiB of window, so that one alone moves no more than that in a round trip. Where zstd is spoken
 * that holds several times as much, and each channel costs both ends a compressor with its window,
 * which sees only what goes over this one channel.
 */
final class ChannelCount {
  /** What moves more bytes than it costs commands. */
  private static final long BIG = 256 << 10;

  /** Less than this is not worth one more process and the round trips that start it. */
  private static final long SHARE = 4 << 20;

  /** OpenSSH's, in bytes. */
  private static final int WINDOW = 2 << 20;

  private static final int NEAR = 2;
  private static final Duration FAR_TRIP = Duration.ofMillis(5);
  private static final int FAR = 4;
  private static final Duration VERY_FAR_TRIP = Duration.ofMillis(40);
  private static final int VERY_FAR = 6;

  private ChannelCount() {}

  /**
   * The count for {@code plan}, at least 1.
   *
   * @param configured what the user wants; empty: what is best
   * @param zstd whether that is spoken
   */
  static int of(OptionalInt configured, UploadPlan plan, Duration roundTrip, boolean zstd) {
    if (configured.isPresent()) {
      return Math.clamp(configured.getAsInt(), 1, Math.max(1, plan.missing()));
    }
    var count = 0;
    var bytes = 0L;
    for (var i = 0; i < plan.missing(); i++) {
      if (plan.narSize(i) >= BIG) {
        count++;
        bytes += plan.narSize(i);
      }
    }
    var useful = Math.min(count, bytes / SHARE);
    var most = forTrip(roundTrip);
    return Math.clamp(useful, 1, zstd ? Math.max(NEAR, most / 2) : most);
  }

  /**
   * Whether a channel's window, rather than the line, is what one channel waits for that moves
   * {@code rate} bytes a second.
   */
  static boolean isWindowTheLimit(Duration roundTrip, double rate) {
    return rate * roundTrip.toNanos() / 1e9 >= WINDOW / 2.0;
  }

  private static int forTrip(Duration roundTrip) {
    if (roundTrip.compareTo(VERY_FAR_TRIP) >= 0) {
      return VERY_FAR;
    }
    return roundTrip.compareTo(FAR_TRIP) >= 0 ? FAR : NEAR;
  }
}
