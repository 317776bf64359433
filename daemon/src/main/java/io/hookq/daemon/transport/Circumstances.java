package io.hookq.daemon.transport;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What a connection depends on and nobody tells us of: whether the machine slept, and in which
 * network it is. What was learnt of a destination before such a change says nothing any more.
 *
 * <p>Not thread-safe.
 */
final class Circumstances {
  /** A step of the wall clock against the monotonic one that is no correction but a sleep. */
  private static final Duration JUMP = Duration.ofSeconds(10);

  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final Supplier<Set<String>> addresses;
  private Instant notedAt;
  private long notedNanos;
  private Set<String> noted;

  /**
   * As they are now.
   *
   * @param nanoTime stands still while the machine sleeps, as {@code System.nanoTime} does
   * @param addresses of this machine
   */
  Circumstances(InstantSource clock, LongSupplier nanoTime, Supplier<Set<String>> addresses) {
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.addresses = addresses;
    this.notedAt = clock.instant();
    this.notedNanos = nanoTime.getAsLong();
    this.noted = addresses.get();
  }

  /** Whether they changed since the last look. */
  boolean changed() {
    var beforeAt = notedAt;
    var beforeNanos = notedNanos;
    var before = noted;
    notedAt = clock.instant();
    notedNanos = nanoTime.getAsLong();
    noted = addresses.get();
    var jump = Duration.between(beforeAt, notedAt).minusNanos(notedNanos - beforeNanos);
    // Either way: one who sets the clock wants no wait that was reckoned by the old one.
    return jump.abs().compareTo(JUMP) > 0 || !noted.equals(before);
  }
}
