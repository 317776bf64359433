package io.hookq.ssh;

import java.time.Duration;

/** How long something is, for people. */
final class Durations {
  private Durations() {}

  static String words(Duration duration) {
    return duration.toMillis() % 1000 == 0
        ? duration.toSeconds() + " s"
        : duration.toMillis() + " ms";
  }
}
