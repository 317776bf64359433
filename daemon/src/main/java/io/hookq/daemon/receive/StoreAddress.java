package io.hookq.daemon.receive;

import io.hookq.store.StorePath;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * A store of this machine, as {@code --store} names it.
 *
 * @param uri for {@code --store}; empty for what Nix chooses by itself
 * @param realStoreDir where the files of {@code /nix/store} are
 * @param gcRoots Nix's own folder of GC roots
 * @param socket where its daemon listens, if it has one
 */
record StoreAddress(Optional<String> uri, Path realStoreDir, Path gcRoots, Path socket) {
  /** What a client may say where nothing was said here: all of them mean this machine's store. */
  private static final Set<String> OF_THIS_MACHINE = Set.of("auto", "daemon", "local");

  /** What moves a store's parts one by one: links below its root would then keep nothing. */
  private static final Set<String> ELSEWHERE = Set.of("state", "store", "real");

  private static final String UNIX = "unix://";
  private static final String LOCAL = "local?";

  /** The store of this machine. */
  static StoreAddress usual() {
    return below(Optional.empty(), Path.of("/"), Optional.empty());
  }

  /**
   * The store that {@code uri} names.
   *
   * @throws IllegalArgumentException if that is none of this machine
   */
  static StoreAddress parse(String uri) {
    if (OF_THIS_MACHINE.contains(uri)) {
      return below(Optional.of(uri), Path.of("/"), Optional.empty());
    }
    if (uri.startsWith("/")) {
      return below(Optional.of(uri), Path.of(uri), Optional.empty());
    }
    if (uri.startsWith(LOCAL)) {
      return below(Optional.of(uri), root(uri), Optional.empty());
    }
    if (uri.startsWith(UNIX + "/")) {
      var end = uri.indexOf('?');
      var socket = uri.substring(UNIX.length(), end < 0 ? uri.length() : end);
      return below(Optional.of(uri), root(uri), Optional.of(Path.of(socket)));
    }
    throw new IllegalArgumentException(
        "not a store of this machine: '"
            + uri
            + "'; there are auto, daemon, local, local?root=DIR, unix://SOCKET");
  }

  private static Path root(String uri) {
    var root = Path.of("/");
    var start = uri.indexOf('?');
    for (var parameter : start < 0 ? new String[0] : uri.substring(start + 1).split("&", -1)) {
      if (parameter.startsWith("root=")) {
        root =
            Path.of(
                URLDecoder.decode(parameter.substring("root=".length()), StandardCharsets.UTF_8));
      } else if (ELSEWHERE.contains(parameter.replaceFirst("=.*", ""))) {
        throw new IllegalArgumentException(
            "where the roots of '" + uri + "' are is not known; name its root only");
      }
    }
    return root;
  }

  private static StoreAddress below(Optional<String> uri, Path root, Optional<Path> socket) {
    var state = root.resolve("nix/var/nix");
    return new StoreAddress(
        uri,
        root.resolve("nix/store"),
        state.resolve("gcroots"),
        socket.orElse(state.resolve("daemon-socket/socket")));
  }

  /** Whether there are files of {@code path}; what is valid has some. */
  boolean has(StorePath path) {
    return Files.exists(realStoreDir.resolve(path.baseName()), LinkOption.NOFOLLOW_LINKS);
  }

  /** Whether a client that names {@code store} means this one. */
  boolean isMeantBy(String store) {
    return uri.isPresent() ? uri.get().equals(store) : OF_THIS_MACHINE.contains(store);
  }
}
