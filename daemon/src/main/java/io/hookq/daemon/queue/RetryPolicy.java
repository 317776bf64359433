package io.hookq.daemon.queue;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next try: exponential with full jitter, so that a thousand daemons
 * that lost one server do not come back in step.
 *
 * @param initial the longest first wait
 * @param max the longest wait of all
 * @param attempts with how many refusals a job has failed
 */
public record RetryPolicy(Duration initial, Duration max, int attempts) {
  /** The defaults of the configuration. */
  public static final RetryPolicy DEFAULT =
      new RetryPolicy(Duration.ofSeconds(1), Duration.ofMinutes(5), 5);

  /**
   * Checks the figures.
   *
   * @throws IllegalArgumentException if a wait is not above zero, {@code max} is below {@code
   *     initial}, or no attempt is allowed
   */
  public RetryPolicy {
    if (!initial.isPositive() || max.compareTo(initial) < 0) {
      throw new IllegalArgumentException("retry from " + initial + " up to " + max);
    }
    if (attempts < 1) {
      throw new IllegalArgumentException("retry with " + attempts + " attempts");
    }
  }

  /** The longest wait after {@code failures} failures in a row: initial, twice, four times … */
  public Duration ceiling(int failures) {
    var ceiling = initial;
    for (var i = 1; i < failures && ceiling.compareTo(max) < 0; i++) {
      ceiling = ceiling.multipliedBy(2);
    }
    return ceiling.compareTo(max) < 0 ? ceiling : max;
  }

  /** A wait drawn evenly from zero to the ceiling, both included. */
  public Duration delay(int failures, RandomGenerator random) {
    return Duration.ofMillis(random.nextLong(ceiling(failures).toMillis() + 1));
  }
}
