package io.hookq.daemon.cli;

import io.hookq.store.InvalidStorePathException;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Finds the store path that a user means: the path itself, a file inside it, or a symbolic link to
 * either, such as {@code ./result}.
 *
 * <p>Follows links until it stands in the store and no further: a store path may itself be a link
 * to another one, and then the first is meant. Reads nothing but links. Stateless.
 */
final class StoreLink {
  /** As many as Linux follows. */
  private static final int MAX_LINKS = 40;

  private StoreLink() {}

  /**
   * The store path that {@code argument}, taken from {@code workingDirectory}, leads to.
   *
   * @throws CommandFailedException if it does not lead to one; the message names the argument
   * @throws IOException if a link on the way cannot be read
   */
  static StorePath follow(StoreDir storeDir, Path workingDirectory, String argument)
      throws CommandFailedException, IOException {
    var store = Path.of(storeDir.path());
    var rest = new ArrayDeque<Path>();
    prepend(rest, workingDirectory.resolve(argument).toAbsolutePath());
    var here = Path.of("/");
    var links = 0;
    while (!rest.isEmpty()) {
      var name = rest.pop();
      if (here.equals(store) && !isDot(name)) {
        return parse(storeDir, name, argument);
      }
      if (name.toString().equals("..")) {
        here = here.getParent() == null ? here : here.getParent();
        continue;
      }
      if (isDot(name)) {
        continue;
      }
      var next = here.resolve(name);
      if (Files.isSymbolicLink(next)) {
        if (++links > MAX_LINKS) {
          throw CommandFailedException.usage("links that lead in a circle: " + argument);
        }
        var target = Files.readSymbolicLink(next);
        if (target.isAbsolute()) {
          here = Path.of("/");
        }
        prepend(rest, target);
      } else {
        here = next;
      }
    }
    if (!Files.exists(here, LinkOption.NOFOLLOW_LINKS)) {
      throw CommandFailedException.usage("no such file: " + argument);
    }
    throw CommandFailedException.usage(
        "not a store path: %s (%s %s)"
            .formatted(
                argument,
                here.equals(store) ? "leads to the whole of" : "does not lead to",
                storeDir.path()),
        "store paths, files in them, and links to them such as ./result can be pushed");
  }

  private static StorePath parse(StoreDir storeDir, Path name, String argument)
      throws CommandFailedException {
    try {
      return storeDir.parse(storeDir.path() + "/" + name);
    } catch (InvalidStorePathException e) {
      throw CommandFailedException.usage(argument + ": " + Console.messageOf(e));
    }
  }

  private static boolean isDot(Path name) {
    var text = name.toString();
    return text.equals(".") || text.equals("..") || text.isEmpty();
  }

  private static void prepend(Deque<Path> rest, Path path) {
    for (var i = path.getNameCount() - 1; i >= 0; i--) {
      rest.push(path.getName(i));
    }
  }
}
