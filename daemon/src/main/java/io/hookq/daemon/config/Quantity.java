package io.hookq.daemon.config;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Durations and sizes as the config writes them: a whole number and a unit; durations also several
 * of these: {@code 1h30m}.
 */
public final class Quantity {
  /** What {@link #duration} reads, for an error. */
  public static final String DURATION_FORM =
      "a duration such as \"250ms\", \"15s\", \"5m\", \"1h30m\", \"7d\", \"2w\"";

  static final String SIZE_FORM = "a size such as \"512KiB\" or \"2GiB\", or \"\" for unlimited";
  static final String RATE_FORM = "a rate such as \"2MiB/s\", or \"\" for unlimited";

  private static final Pattern FORM = Pattern.compile("([0-9]{1,18}) ?([A-Za-z]*)");
  private static final Pattern DURATION_PART = Pattern.compile("([0-9]{1,18}) ?(ms|[smhdw])");
  private static final Map<String, Duration> DURATIONS =
      Map.of(
          "ms", Duration.ofMillis(1),
          "s", Duration.ofSeconds(1),
          "m", Duration.ofMinutes(1),
          "h", Duration.ofHours(1),
          "d", Duration.ofDays(1),
          "w", Duration.ofDays(7));
  private static final Map<String, Long> SIZES =
      Map.of("", 1L, "B", 1L, "KiB", 1L << 10, "MiB", 1L << 20, "GiB", 1L << 30, "TiB", 1L << 40);

  /** Longer than anyone waits, and far from where sums of instants overflow. */
  private static final Duration MAX_DURATION = Duration.ofDays(36_500);

  private Quantity() {}

  /** A duration such as {@code 90d} or {@code 1d12h}; empty if it is none. */
  public static Optional<Duration> duration(String text) {
    var part = DURATION_PART.matcher(text);
    var sum = Duration.ZERO;
    var end = 0;
    while (end < text.length()) {
      if (!part.find(end) || part.start() != end) {
        return Optional.empty();
      }
      var unit = requireNonNull(DURATIONS.get(part.group(2)));
      var number = Long.parseLong(part.group(1));
      if (number > MAX_DURATION.toMillis() / unit.toMillis()) {
        return Optional.empty();
      }
      sum = sum.plus(unit.multipliedBy(number));
      end = part.end();
    }
    return text.isEmpty() || sum.compareTo(MAX_DURATION) > 0 ? Optional.empty() : Optional.of(sum);
  }

  /** A size such as {@code 2GiB}; empty if it is none. */
  public static Optional<Long> bytes(String text) {
    var form = FORM.matcher(text);
    if (!form.matches()) {
      return Optional.empty();
    }
    var unit = SIZES.get(form.group(2));
    var number = Long.parseLong(form.group(1));
    if (unit == null || number > Long.MAX_VALUE / unit) {
      return Optional.empty();
    }
    return Optional.of(unit * number);
  }

  static Optional<Long> bytesPerSecond(String text) {
    return text.endsWith("/s") ? bytes(text.substring(0, text.length() - 2)) : Optional.empty();
  }
}
