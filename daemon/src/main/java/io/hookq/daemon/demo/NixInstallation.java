package io.hookq.daemon.demo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The Nix that is installed on this machine.
 *
 * @param store its {@code nix-store}, the other programs lying beside it
 * @param version such as {@code Nix 2.8.0}
 */
record NixInstallation(Path store, String version) {
  private static final Pattern VERSION = Pattern.compile("\\(Nix\\) (\\d+)\\.(\\d+)\\S*");

  /**
   * Finds it. One before 2.4 is passed over: it does not know {@code NIX_DAEMON_SOCKET_PATH} and
   * would take the machine's own socket.
   */
  static Optional<NixInstallation> find() throws InterruptedException {
    var store = Program.find("nix-store");
    if (store.isEmpty()) {
      return Optional.empty();
    }
    try {
      var said = new Program(store.get(), Map.of()).run("--version");
      var version = VERSION.matcher(said);
      if (!version.find()) {
        return Optional.empty();
      }
      var major = Integer.parseInt(version.group(1));
      var minor = Integer.parseInt(version.group(2));
      return major > 2 || (major == 2 && minor >= 4)
          ? Optional.of(
              new NixInstallation(store.get(), said.substring(said.indexOf(')') + 1).strip()))
          : Optional.empty();
    } catch (IOException e) {
      // A Nix that cannot tell its version will not do the rest.
      return Optional.empty();
    }
  }
}
