package io.hookq.daemon.receive;

import java.time.Duration;
import java.util.Optional;

/**
 * How long and how much is kept for a key.
 *
 * @param age a path goes so long after it was last pushed or relied on; empty is for ever
 * @param bytes the oldest go until the closures of the others have no more bytes of NAR than this;
 *     empty is no bound
 */
public record Retention(Optional<Duration> age, Optional<Long> bytes) {
  /** Everything, for ever. */
  public static final Retention ALL = new Retention(Optional.empty(), Optional.empty());
}
