package io.hookq.daemon.roots;

import io.hookq.log.Logged;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.worker.DaemonStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * GC roots in a folder of ours, each announced to the Nix daemon, which then keeps what it points
 * to for as long as it is there: for a daemon that may not write below Nix's own folder.
 *
 * <p>Each addition has a connection of its own to the Nix daemon. The temporary roots, which bridge
 * the time until the lasting ones are known, end with it; on a shared connection they would keep
 * everything that was ever queued. Thread-safe.
 */
public final class IndirectRoots implements GcRoots {
  private static final Logger LOG = LoggerFactory.getLogger(IndirectRoots.class);

  private final LinkFolder links;
  private final Supplier<DaemonStore> nix;

  /**
   * What the Nix daemon was told of by this process. A link that is there may have been made by a
   * daemon that died before it said so.
   */
  private final Set<StorePath> announced = new HashSet<>();

  /**
   * Roots in {@code folder}, which must exist, be absolute, and be reachable for the Nix daemon.
   *
   * @param nix makes one more way to the Nix daemon, closed here
   */
  public IndirectRoots(Path folder, StoreDir storeDir, Supplier<DaemonStore> nix) {
    this.links = new LinkFolder(folder, storeDir);
    this.nix = nix;
  }

  @Override
  public synchronized void add(Collection<StorePath> paths) throws IOException {
    var missing = new ArrayList<StorePath>();
    for (var path : paths) {
      if (links.put(path) || !announced.contains(path)) {
        missing.add(path);
      }
    }
    if (missing.isEmpty()) {
      return;
    }
    try (var store = nix.get()) {
      store.addTempRoots(missing);
      for (var path : missing) {
        store.addIndirectRoot(links.link(path));
        announced.add(path);
      }
    }
  }

  @Override
  public synchronized void remove(StorePath path) {
    announced.remove(path);
    try {
      links.delete(path);
    } catch (IOException e) {
      LOG.warn("a GC root stays until the next start: path={} error={}", path, Logged.text(e));
    }
  }

  @Override
  public synchronized void removeUnless(StorePath path, Need need) throws IOException {
    if (!need.isNeeded(path)) {
      remove(path);
    }
  }

  @Override
  public Set<StorePath> list() throws IOException {
    return links.list();
  }
}
