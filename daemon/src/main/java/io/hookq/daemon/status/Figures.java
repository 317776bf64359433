package io.hookq.daemon.status;

import java.time.Duration;

/**
 * How sizes, rates, counts and lengths of time are written for people. Stateless.
 *
 * <p>Digit by digit: the JDK's own formatting looks up a locale's first, which would be a tenth of
 * the time that {@code hookq status} takes.
 */
public final class Figures {
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  private static final int STEP = 1024;
  private static final int GROUP = 3;

  private Figures() {}

  /** {@code 38.1 GiB}; whole bytes below one KiB. */
  public static String bytes(long bytes) {
    var unit = unitOf(bytes);
    return amount(bytes, unit) + " " + UNITS[unit];
  }

  /** {@code 412.1 / 763.0 MiB}: both in the unit of the whole. */
  public static String bytesOf(long part, long whole) {
    var unit = unitOf(whole);
    return amount(part, unit) + " / " + amount(whole, unit) + " " + UNITS[unit];
  }

  /** {@code 18.2 MiB/s}. */
  public static String rate(long bytesPerSecond) {
    return bytes(bytesPerSecond) + "/s";
  }

  /** {@code 1,204}. */
  public static String count(long count) {
    var text = new StringBuilder(Long.toString(count));
    var first = count < 0 ? 1 : 0;
    for (var at = text.length() - GROUP; at > first; at -= GROUP) {
      text.insert(at, ',');
    }
    return text.toString();
  }

  /** {@code 3d 4h}, {@code 12m 5s}, {@code 19s}: the two largest units; nothing negative. */
  public static String duration(Duration duration) {
    var seconds = Math.max(0, duration.toSeconds());
    var days = seconds / 86_400;
    var hours = seconds / 3_600 % 24;
    var minutes = seconds / 60 % 60;
    if (days > 0) {
      return two(days, "d", hours, "h");
    }
    if (hours > 0) {
      return two(hours, "h", minutes, "m");
    }
    if (minutes > 0) {
      return two(minutes, "m", seconds % 60, "s");
    }
    return seconds + "s";
  }

  /** {@code 12s}, {@code 5m}, {@code 3h}, {@code 4d}: the largest unit only, for a glance back. */
  public static String age(Duration duration) {
    var text = duration(duration);
    var blank = text.indexOf(' ');
    return blank < 0 ? text : text.substring(0, blank);
  }

  private static String two(long large, String largeUnit, long small, String smallUnit) {
    return small == 0 ? large + largeUnit : large + largeUnit + " " + small + smallUnit;
  }

  private static int unitOf(long bytes) {
    var unit = 0;
    // 1023.95 of a unit would be printed as 1024.0 of it.
    for (var rest = (double) bytes; rest >= STEP - 0.05 && unit < UNITS.length - 1; rest /= STEP) {
      unit++;
    }
    return unit;
  }

  private static String amount(long bytes, int unit) {
    if (unit == 0) {
      return Long.toString(bytes);
    }
    var tenths = Math.round(bytes / Math.pow(STEP, unit) * 10);
    return tenths / 10 + "." + tenths % 10;
  }
}
