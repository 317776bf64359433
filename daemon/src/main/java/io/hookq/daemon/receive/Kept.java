package io.hookq.daemon.receive;

import io.hookq.store.StorePath;
import java.time.Instant;
import java.util.Comparator;

/**
 * A path that is kept for a key.
 *
 * @param path what is kept, itself and all it refers to
 * @param since when the key last pushed it or relied on it
 */
public record Kept(StorePath path, Instant since) {
  /** Oldest first. */
  static final Comparator<Kept> BY_AGE =
      Comparator.comparing(Kept::since).thenComparing(Kept::path);
}
