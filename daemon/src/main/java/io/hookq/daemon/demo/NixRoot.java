package io.hookq.daemon.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A Nix store below a folder of its own, with its own configuration, home and socket, so that Nix
 * neither reads nor writes anything of this machine's.
 */
record NixRoot(Path folder, NixInstallation nix) {
  /** Makes an empty store below {@code folder}. */
  static NixRoot make(Path folder, NixInstallation nix) throws IOException, InterruptedException {
    var root = new NixRoot(folder, nix);
    Files.createDirectories(folder.resolve("conf"));
    Files.createDirectories(folder.resolve("home"));
    root.configure("");
    root.program("nix-store").run("--init");
    return root;
  }

  /** Writes nix.conf: what every such store needs, and {@code more}. */
  void configure(String more) throws IOException {
    Files.writeString(
        folder.resolve("conf/nix.conf"),
        """
        build-users-group =
        substituters =
        builders =
        fsync-metadata = false
        """
            + more);
  }

  /** A program of this Nix that opens the store directly. */
  Program program(String name) {
    return new Program(nix.store().resolveSibling(name), environment());
  }

  /** What makes a program of Nix use this store, opened directly, and nothing else. */
  Map<String, String> environment() {
    return Map.of(
        "HOME",
        folder.resolve("home").toString(),
        "NIX_CONF_DIR",
        folder.resolve("conf").toString(),
        "NIX_USER_CONF_FILES",
        "/dev/null",
        "NIX_DAEMON_SOCKET_PATH",
        socket().toString(),
        "NIX_REMOTE",
        "local?root=" + folder,
        "PATH",
        nix.store().getParent() + ":/usr/local/bin:/usr/bin:/bin");
  }

  /** Where a daemon of this store listens. */
  Path socket() {
    return folder.resolve("nix.sock");
  }

  /** The store for those who go through that daemon. */
  String daemonUri() {
    return "unix://" + socket() + "?root=" + folder;
  }

  Path realStoreDir() {
    return folder.resolve("nix/store");
  }

  Path gcRoots() {
    return folder.resolve("nix/var/nix/gcroots");
  }

  String version() {
    return "Nix " + nix.version();
  }
}
