package io.hookq.daemon.config;

import java.nio.file.Path;
import java.util.Optional;

/** Which store paths are taken from, and how its Nix daemon is reached. */
public sealed interface StoreLocation {
  /** The logical store directory's place below a root. */
  Path STORE_DIR = Path.of("/nix/store");

  /** What the real files lie under; {@code /} where nothing else is said. */
  Path rootDir();

  /** Where the store objects really are: {@code /nix/store}, or {@code ROOT/nix/store}. */
  default Path realStoreDir() {
    return below(STORE_DIR);
  }

  /** Nix's own folder of GC roots. */
  default Path gcRoots() {
    return below(Path.of("/nix/var/nix/gcroots"));
  }

  private Path below(Path absolute) {
    return rootDir().resolve(Path.of("/").relativize(absolute).toString());
  }

  /**
   * {@code unix:///SOCKET?root=DIR}: a Nix daemon listens here.
   *
   * @param socket the Nix daemon's socket
   * @param root as Nix's own parameter: the real files lie below it
   */
  record Socket(Path socket, Optional<Path> root) implements StoreLocation {
    /** The Nix daemon's usual socket. */
    public static final Socket DEFAULT =
        new Socket(Path.of("/nix/var/nix/daemon-socket/socket"), Optional.empty());

    @Override
    public Path rootDir() {
      return root.orElse(Path.of("/"));
    }

    @Override
    public String toString() {
      return "unix://" + socket + root.map(dir -> "?root=" + dir).orElse("");
    }
  }

  /** {@code local}: a single-user installation; {@code nix-daemon --stdio} is run to speak to. */
  record Local() implements StoreLocation {
    @Override
    public Path rootDir() {
      return Path.of("/");
    }

    @Override
    public String toString() {
      return "local";
    }
  }
}
