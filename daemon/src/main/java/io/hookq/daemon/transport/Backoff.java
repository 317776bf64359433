package io.hookq.daemon.transport;

import io.hookq.daemon.queue.RetryPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * How long a destination that is the trouble is left alone, step by step.
 *
 * <pre>
 * calm ── fail ──▶ a wait of the first step ── over, tried, fail ──▶ one of the second … up to the longest
 *   ▲                  │                                              │
 *   └── end ◀──────────┴──────────────────────────────────────────────┘
 * </pre>
 *
 * Not thread-safe. Time is an argument; who tries and when it is over is the caller's affair.
 */
final class Backoff {
  private final RetryPolicy policy;
  private final RandomGenerator random;
  private int failures;
  private Optional<Instant> until = Optional.empty();

  Backoff(RetryPolicy policy, RandomGenerator random) {
    this.policy = policy;
    this.random = random;
  }

  /** It failed at {@code now}; returns when it may be tried again. */
  Instant fail(Instant now) {
    failures++;
    var next = now.plus(policy.delay(failures, random));
    until = Optional.of(next);
    return next;
  }

  /** When the wait is over; empty where there is none. */
  Optional<Instant> until() {
    return until;
  }

  /** What is left of the wait at {@code now}; once that is nothing, there is no wait any more. */
  Optional<Duration> left(Instant now) {
    var left = until.map(end -> Duration.between(now, end));
    // One longer than any that we would choose: the clock was set back.
    if (left.isPresent() && left.get().isPositive() && left.get().compareTo(policy.max()) <= 0) {
      return left;
    }
    until = Optional.empty();
    return Optional.empty();
  }

  /**
   * Whatever made it fail is over, or may be: it may be tried now, and if that fails too, the first
   * step follows.
   */
  void end() {
    failures = 0;
    until = Optional.empty();
  }
}
