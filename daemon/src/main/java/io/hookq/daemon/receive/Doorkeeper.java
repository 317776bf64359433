package io.hookq.daemon.receive;

import io.hookq.relay.Admission;
import io.hookq.relay.RefusedException;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * Keeps what a client adds or relies on, before the server hears of it, and counts what it takes.
 *
 * <p>For one session. Asked by the thread that reads its client; {@link #made} may be asked by any.
 */
final class Doorkeeper implements Admission {
  /** So many links to what is not there: more than the largest closures have paths. */
  private static final int MAX_AWAITED = 1 << 18;

  private final KeyLinks links;
  private final Limits limits;
  private final InstantSource clock;
  private final Predicate<StorePath> isThere;
  private final int maxAwaited;

  /** Links of this session's making, which may come to nothing; some that did not are left out. */
  private final Map<StorePath, Instant> made = new ConcurrentHashMap<>();

  /** How many links to look through for those that came to something. */
  private int many;

  private long paths;
  private long narBytes;

  /** Lets in what keeps to {@code limits}; {@code isThere} says what came of a link. */
  Doorkeeper(KeyLinks links, Limits limits, InstantSource clock, Predicate<StorePath> isThere) {
    this(links, limits, clock, isThere, MAX_AWAITED);
  }

  Doorkeeper(
      KeyLinks links,
      Limits limits,
      InstantSource clock,
      Predicate<StorePath> isThere,
      int maxAwaited) {
    this.links = links;
    this.limits = limits;
    this.clock = clock;
    this.isThere = isThere;
    this.maxAwaited = maxAwaited;
    many = maxAwaited;
  }

  @Override
  public void rely(StorePath path) throws IOException {
    var now = KeyLinks.micros(clock.instant());
    boolean fresh;
    try {
      fresh = links.keep(path, now);
    } catch (IOException e) {
      var refused = new RefusedException("cannot keep %s: %s".formatted(path, e.getMessage()));
      refused.initCause(e);
      throw refused;
    }
    if (fresh || made.containsKey(path)) {
      made.put(path, now);
      if (made.size() > many) {
        forget();
      }
    }
  }

  /**
   * What is there needs nobody to clear up behind it. What is not may come yet, but a client that
   * only asks would fill the disk with links.
   */
  private void forget() throws RefusedException {
    made.keySet().removeIf(isThere);
    if (made.size() > maxAwaited) {
      throw new RefusedException(
          "refused: more than %d paths asked for in one session that are not there"
              .formatted(maxAwaited));
    }
    many = Math.max(maxAwaited, 2 * made.size());
  }

  @Override
  public void add(StorePath path) throws IOException {
    paths++;
    if (limits.paths().isPresent() && paths > limits.paths().get()) {
      throw new RefusedException(
          "refused: more than %d paths in one session (--max-paths)"
              .formatted(limits.paths().get()));
    }
    rely(path);
  }

  @Override
  public void narBytes(long count) throws RefusedException {
    narBytes += count;
    // An overflow is more than any bound, too.
    if (limits.narBytes().isPresent() && (narBytes < 0 || narBytes > limits.narBytes().get())) {
      throw new RefusedException(
          "refused: more than %d bytes in one session (--max-bytes)"
              .formatted(limits.narBytes().get()));
    }
  }

  /** What this session made links for and may not be there, and when it last did. */
  Map<StorePath, Instant> made() {
    return made;
  }
}
