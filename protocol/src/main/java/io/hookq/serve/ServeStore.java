package io.hookq.serve;

import io.hookq.store.PathInfo;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;

/**
 * The store behind a {@link ServeServer}: what a peer asks of it.
 *
 * <p>Called by one thread per conversation; a store that serves several at once guards itself.
 */
public interface ServeStore {
  /**
   * Which of {@code paths} are valid.
   *
   * @throws IOException if the store cannot be asked; ends the conversation
   */
  Set<StorePath> valid(Collection<StorePath> paths) throws IOException;

  /**
   * What is known of {@code path}, empty where it is not valid.
   *
   * @throws IOException if the store cannot be asked; ends the conversation
   */
  Optional<PathInfo> info(StorePath path) throws IOException;

  /**
   * Makes a path valid that was not: its references are valid already. Must read {@code nar} up to
   * its end of file <em>before</em> the path becomes valid, for there size and hash are checked.
   *
   * @throws IOException if {@code nar} is not what {@code info} says, is no NAR, or cannot be
   *     stored; the path is not valid then
   */
  void add(PathInfo info, InputStream nar) throws IOException;

  /**
   * Writes the NAR of a valid path; neither flushes nor closes {@code out}.
   *
   * @throws IOException if it cannot be read or written; ends the conversation
   */
  void dump(StorePath path, OutputStream out) throws IOException;
}
