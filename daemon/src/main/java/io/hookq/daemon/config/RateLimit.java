package io.hookq.daemon.config;

/**
 * A bound on what is sent.
 *
 * @param bytesPerSecond above 0
 */
public record RateLimit(long bytesPerSecond) {
  /**
   * Checks the sign.
   *
   * @throws IllegalArgumentException if it is not above 0
   */
  public RateLimit {
    if (bytesPerSecond <= 0) {
      throw new IllegalArgumentException("a rate limit is above 0, not " + bytesPerSecond);
    }
  }
}
