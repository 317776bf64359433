package io.hookq.daemon.transport;

import io.hookq.daemon.config.DestinationConfig;
import io.hookq.serve.ServeConnection;
import io.hookq.worker.WorkerConnection;
import java.util.regex.Pattern;

/** What a far side may speak, and which of Nix's programs speaks it there. */
enum FarProtocol {
  /** What {@code ssh://} stores speak. */
  SERVE("nix-store", "--serve --write"),

  /** What {@code ssh-ng://} stores speak. */
  WORKER("nix-daemon", "--stdio");

  /** A single word, up to the last part of it, which is one of the two programs. */
  private static final Pattern FOLDER_OF_EITHER =
      Pattern.compile("(?<folder>([^\\s'\"]*/)?)nix-(store|daemon)");

  private final String program;
  private final String arguments;

  FarProtocol(String program, String arguments) {
    this.program = program;
    this.arguments = arguments;
  }

  /** What a conversation begins with. */
  byte[] greeting() {
    return switch (this) {
      case SERVE -> ServeConnection.greeting();
      case WORKER -> WorkerConnection.greeting();
    };
  }

  /** What the far side's shell is to run. */
  String command(DestinationConfig config) {
    var given =
        switch (config.uri().scheme()) {
          case SSH, SSH_NG -> config.remoteProgram();
          case SSH_AUTO -> config.remoteProgram().map(this::sibling);
        };
    // As Nix has it: the program may be several words, the store is one, whatever is in it.
    return given.orElse(program)
        + " "
        + arguments
        + config.remoteStore().map(store -> " --store " + quoted(store)).orElse("");
  }

  /** A command that prints what keeps {@code path} there; not part of either protocol. */
  static String queryRoots(DestinationConfig config, String path) {
    return config.remoteProgram().map(SERVE::sibling).orElse(SERVE.program)
        + " --query --roots "
        + quoted(path)
        + config.remoteStore().map(store -> " --store " + quoted(store)).orElse("");
  }

  /** Where one of Nix's two programs lies the other does; any other program is run for both. */
  private String sibling(String given) {
    var match = FOLDER_OF_EITHER.matcher(given);
    return match.matches() ? match.group("folder") + program : given;
  }

  private static String quoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }
}
