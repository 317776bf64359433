package io.hookq.daemon.receive;

import io.hookq.relay.Admission;
import io.hookq.relay.RefusedException;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps what a client adds or relies on, before the server hears of it, and counts what it takes.
 *
 * <p>For one session. Asked by the thread that reads its client; {@link #made} may be asked by any.
 */
final class Doorkeeper implements Admission {
  private final KeyLinks links;
  private final Limits limits;
  private final InstantSource clock;

  /** Links of this session's making, which may come to nothing. */
  private final Map<StorePath, Instant> made = new ConcurrentHashMap<>();

  private long paths;
  private long narBytes;

  Doorkeeper(KeyLinks links, Limits limits, InstantSource clock) {
    this.links = links;
    this.limits = limits;
    this.clock = clock;
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
    }
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

  /** What this session made links for, and when it last did. */
  Map<StorePath, Instant> made() {
    return made;
  }
}
