package io.hookq.daemon.cli;

import io.hookq.store.StoreDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A store path as people name it on the command line: as {@link StoreLink} follows it, or by its
 * base name or the beginning of its hash. Stateless.
 */
final class PathArgument {
  /** Of the longest paths that a line of one MiB to the daemon holds. */
  static final int PATHS_PER_REQUEST = 3_500;

  private static final Pattern HASH = Pattern.compile("[0-9a-df-np-sv-z]{4,32}");
  private static final Pattern BASE_NAME = Pattern.compile("[0-9a-df-np-sv-z]{32}-[^/]+");

  private PathArgument() {}

  /** The full store path that {@code argument} means. */
  static String path(StoreDir storeDir, Path workingDirectory, String argument)
      throws CommandFailedException, IOException {
    if (argument.isEmpty()) {
      // It would mean the folder one stands in.
      throw CommandFailedException.usage("not a store path: \"\"");
    }
    return !isFile(workingDirectory, argument) && BASE_NAME.matcher(argument).matches()
        ? storeDir.path() + "/" + argument
        : storeDir.print(StoreLink.follow(storeDir, workingDirectory, argument));
  }

  /** The same, or the beginning of a hash as it is, which the daemon knows to complete. */
  static String name(StoreDir storeDir, Path workingDirectory, String argument)
      throws CommandFailedException, IOException {
    return !isFile(workingDirectory, argument) && HASH.matcher(argument).matches()
        ? argument
        : path(storeDir, workingDirectory, argument);
  }

  private static boolean isFile(Path workingDirectory, String argument) {
    return Files.exists(workingDirectory.resolve(argument), LinkOption.NOFOLLOW_LINKS);
  }

  /** {@code paths} in as many parts as it takes requests. */
  static List<List<String>> requests(List<String> paths) {
    var requests = new ArrayList<List<String>>();
    for (var i = 0; i < paths.size(); i += PATHS_PER_REQUEST) {
      requests.add(paths.subList(i, Math.min(paths.size(), i + PATHS_PER_REQUEST)));
    }
    return requests;
  }
}
