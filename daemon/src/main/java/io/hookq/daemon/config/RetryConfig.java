package io.hookq.daemon.config;

import java.time.Duration;

/**
 * How a destination waits after trouble: {@code initial}, twice that, and so on up to {@code max},
 * with full jitter.
 *
 * @param initial the first wait, before jitter
 * @param max the longest wait, before jitter
 * @param attempts refusals of one path before it is failed; an unreachable destination never counts
 */
public record RetryConfig(Duration initial, Duration max, int attempts) {
  /** 1 s, 5 min, 5 attempts. */
  public static final RetryConfig DEFAULT =
      new RetryConfig(Duration.ofSeconds(1), Duration.ofMinutes(5), 5);

  /**
   * Checks the order and the signs.
   *
   * @throws OptionException if a value makes no sense
   */
  public RetryConfig {
    if (!initial.isPositive()) {
      throw new OptionException("retry.initial", "must be above 0");
    }
    if (max.compareTo(initial) < 0) {
      throw new OptionException("retry.max", "must not be below retry.initial");
    }
    if (attempts < 1) {
      throw new OptionException("retry.attempts", "must be at least 1, not " + attempts);
    }
  }
}
