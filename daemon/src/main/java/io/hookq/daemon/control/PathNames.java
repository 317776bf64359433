package io.hookq.daemon.control;

import io.hookq.daemon.intake.RefusalClass;
import io.hookq.daemon.intake.RefusedException;
import io.hookq.daemon.queue.JobQueue;
import io.hookq.store.InvalidStorePathException;
import io.hookq.store.Nix32;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reads what people call a store path: the full path, its base name, or the beginning of the base
 * name of one that there is a job for.
 *
 * <p>Thread-safe, stateless.
 */
final class PathNames {
  /** Fewer characters would mean too many paths to be meant. */
  private static final int SHORTEST = 4;

  private static final int SHOWN = 5;

  private final StoreDir storeDir;
  private final JobQueue queue;

  PathNames(StoreDir storeDir, JobQueue queue) {
    this.storeDir = storeDir;
    this.queue = queue;
  }

  /** The path that {@code name} means. */
  StorePath path(String name) throws RefusedException, IOException {
    if (name.startsWith("/")) {
      return parsed(name);
    }
    if (name.length() > StorePath.HASH_PART_LENGTH) {
      return parsed(storeDir.path() + "/" + name);
    }
    if (name.length() < SHORTEST || !name.chars().allMatch(c -> Nix32.isDigit((char) c))) {
      throw refused("not a store path: '" + name + "'");
    }
    var meant = queue.pathsStartingWith(name, SHOWN + 1);
    return switch (meant.size()) {
      case 0 ->
          throw new RefusedException(
              RefusalClass.NOT_VALID, "no job is known for a path that begins with " + name);
      case 1 -> meant.getFirst();
      default ->
          throw refused(
              "several paths begin with %s: %s"
                  .formatted(
                      name,
                      meant.stream()
                          .limit(SHOWN)
                          .map(StorePath::baseName)
                          .collect(Collectors.joining(", "))));
    };
  }

  /** The paths that {@code names} mean. */
  Set<StorePath> paths(List<String> names) throws RefusedException, IOException {
    var paths = new LinkedHashSet<StorePath>();
    for (var name : names) {
      paths.add(path(name));
    }
    return paths;
  }

  private StorePath parsed(String full) throws RefusedException {
    try {
      return storeDir.parse(full);
    } catch (InvalidStorePathException e) {
      throw new RefusedException(RefusalClass.BAD_REQUEST, String.valueOf(e.getMessage()), e);
    }
  }

  private static RefusedException refused(String message) {
    return new RefusedException(RefusalClass.BAD_REQUEST, message);
  }
}
