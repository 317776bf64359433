package io.hookq.daemon.roots;

import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.Collection;
import java.util.Set;

/**
 * The paths that the garbage collector must leave alone because they are queued here.
 *
 * <p>Thread-safe. Adding and removing may be repeated; after an exception some of the paths may be
 * rooted.
 */
public interface GcRoots {
  /**
   * Keeps {@code paths}; when this returns the roots are in force. Also takes over from the hook:
   * its {@code spool-} links for these paths are removed.
   *
   * @throws IOException if one cannot be rooted
   */
  void add(Collection<StorePath> paths) throws IOException;

  /**
   * Lets go of {@code path}. A link that cannot be removed keeps the path until the daemon's next
   * start, which is said in the log and harms nobody.
   */
  void remove(StorePath path);

  /**
   * Lets go of {@code path} unless {@code need} says that it is needed, with nobody adding it in
   * between: whoever queues a path adds it once more after the commit, and so never loses its root
   * to somebody who looked before.
   *
   * @throws IOException if {@code need} cannot tell; the path is then kept
   */
  void removeUnless(StorePath path, Need need) throws IOException;

  /**
   * The paths kept by us; not those that only the hook keeps.
   *
   * @throws IOException if the links cannot be listed
   */
  Set<StorePath> list() throws IOException;

  /**
   * The paths that the hook keeps by links that {@link #takeOver} would delete: it found no daemon.
   *
   * @throws IOException if the links cannot be listed
   */
  default Set<StorePath> listOfHook() throws IOException {
    return Set.of();
  }

  /**
   * Deletes the hook's own links of {@code paths}, which are ours and durably queued by now: as
   * long as they may have to stay in the spool, only the hook's links keep them.
   *
   * @throws IOException if one cannot be deleted
   */
  default void takeOver(Collection<StorePath> paths) throws IOException {}

  /** Who knows whether a path is still needed: the queue. */
  @FunctionalInterface
  interface Need {
    /** Whether {@code path} must be kept. */
    boolean isNeeded(StorePath path) throws IOException;
  }
}
