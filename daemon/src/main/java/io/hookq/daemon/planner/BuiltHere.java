package io.hookq.daemon.planner;

import io.hookq.store.PathInfo;
import io.hookq.store.SourceReadException;
import io.hookq.store.SourceStore;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Tells what was built here, or for here, from what came from elsewhere, by what the store knows of
 * each path. Stateless.
 *
 * <p>The store marks as ultimate what it built itself; nothing marks what a remote builder sent
 * back, which has a deriver and, unlike what was substituted, no signature. Sources and fetched
 * files are content-addressed, and derivations are nothing that a build makes.
 */
public final class BuiltHere {
  /** So many paths are asked for at once: bounds what is in memory beside the findings. */
  private static final int QUESTION = 1000;

  private BuiltHere() {}

  /**
   * Looks through the whole store, and hands {@code found} what was built here.
   *
   * @param remoteBuilt whether what remote builders made counts too
   * @return how many paths are valid
   * @throws SourceReadException if the store cannot be asked
   */
  public static long find(SourceStore source, boolean remoteBuilt, Consumer<PathInfo> found)
      throws SourceReadException {
    var search = new Search(source, remoteBuilt, found);
    try {
      source.eachValid(search::visit);
      search.ask();
      return search.valid;
    } catch (SourceReadException e) {
      throw e;
    } catch (IOException e) {
      throw new SourceReadException("the source store does not answer: " + e.getMessage(), e);
    }
  }

  /** Whether {@code info} is of something that was built here. */
  static boolean isBuilt(PathInfo info, boolean remoteBuilt) {
    if (info.path().isDerivation() || info.contentAddress().isPresent()) {
      return false;
    }
    return info.ultimate()
        || (remoteBuilt && info.deriver().isPresent() && info.signatures().isEmpty());
  }

  private static final class Search {
    private final SourceStore source;
    private final boolean remoteBuilt;
    private final Consumer<PathInfo> found;
    private final List<StorePath> unasked = new ArrayList<>(QUESTION);
    private long valid;

    private Search(SourceStore source, boolean remoteBuilt, Consumer<PathInfo> found) {
      this.source = source;
      this.remoteBuilt = remoteBuilt;
      this.found = found;
    }

    private void visit(StorePath path) throws IOException {
      valid++;
      if (path.isDerivation()) {
        return;
      }
      unasked.add(path);
      if (unasked.size() == QUESTION) {
        ask();
      }
    }

    private void ask() throws IOException {
      for (var info : source.queryPathInfos(unasked).values()) {
        if (isBuilt(info, remoteBuilt)) {
          found.accept(info);
        }
      }
      unasked.clear();
    }
  }
}
