package io.hookq.daemon.planner;

import io.hookq.store.DestinationStore;
import io.hookq.store.SourceReadException;
import io.hookq.store.SourceStore;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.Collection;
import java.util.Set;

/** Works out what a destination lacks. Stateless. */
public final class Planner {
  private Planner() {}

  /**
   * Plans the upload of {@code wanted} with their closures: walks the closure here, asks one
   * question there.
   *
   * @param substitute whether the far side may first fetch what it lacks by itself
   * @throws SourceReadException if the source store cannot be asked
   * @throws IOException if the destination cannot be asked; its connection is of no use any more
   */
  public static UploadPlan plan(
      SourceStore source,
      DestinationStore destination,
      Collection<StorePath> wanted,
      boolean substitute)
      throws IOException {
    var closure = Closure.of(source, wanted);
    var paths = closure.inOrder().stream().map(info -> info.path()).toList();
    var valid = paths.isEmpty() ? Set.<StorePath>of() : destination.queryValid(paths, substitute);
    return UploadPlan.of(closure, valid, wanted);
  }
}
