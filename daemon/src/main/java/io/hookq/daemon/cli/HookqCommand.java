package io.hookq.daemon.cli;

import io.hookq.daemon.config.Config;
import io.hookq.daemon.config.ConfigException;
import io.hookq.daemon.config.DaemonConfig;
import io.hookq.daemon.config.OptionException;
import io.hookq.daemon.control.ControlClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** {@code hookq} itself: the options that every command has, and what follows from them. */
@Command(
    name = "hookq",
    synopsisSubcommandLabel = "COMMAND",
    description = "Takes every store path that Nix builds here to a cache server.",
    commandListHeading = "%nCommands:%n",
    optionListHeading = "%nOptions:%n",
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:fine",
      "1:failed, or the answer is no",
      "2:usage or config",
      "3:daemon not reachable",
      "4:timed out"
    })
final class HookqCommand implements Callable<Integer> {
  /** For answers that the daemon has at hand. */
  static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final Console console;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description = "The config file; also HOOKQ_CONFIG.")
  private @Nullable Path config;

  @Option(
      names = "--socket",
      paramLabel = "PATH",
      scope = ScopeType.INHERIT,
      description = "The daemon's socket; also HOOKQ_SOCKET.")
  private @Nullable Path socket;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Say more, with stack traces.")
  private boolean debug;

  HookqCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws CommandFailedException {
    throw CommandFailedException.usage("no command", "hookq --help lists them");
  }

  /** As {@link ShortCommand#fill}. */
  void fill(String field, Object value) {
    switch (field) {
      case "config" -> config = (Path) value;
      case "socket" -> socket = (Path) value;
      case "debug" -> debug = (boolean) value;
      default -> throw new IllegalArgumentException(field);
    }
  }

  Console console() {
    return console;
  }

  boolean debug() {
    return debug;
  }

  /** The config file that counts: {@code --config}, {@code HOOKQ_CONFIG}, or the usual place. */
  Path configFile() {
    return config != null
        ? console.workingDirectory().resolve(config)
        : console.surroundings().configFile();
  }

  /** The config as the daemon would read it here, with the socket that was asked for. */
  Config loadConfig() throws CommandFailedException {
    return withSocket(loadConfig(configFile()));
  }

  /** The config in {@code file}. */
  Config loadConfig(Path file) throws CommandFailedException {
    try {
      return Config.load(file, console.surroundings());
    } catch (ConfigException e) {
      throw CommandFailedException.usage(Console.messageOf(e));
    }
  }

  private Config withSocket(Config loaded) throws CommandFailedException {
    var chosen = chosenSocket();
    try {
      return chosen == null ? loaded : loaded.withSocket(chosen);
    } catch (OptionException e) {
      throw CommandFailedException.usage(Console.messageOf(e));
    }
  }

  private @Nullable Path chosenSocket() {
    return Optional.ofNullable(socket)
        .or(console.surroundings()::socket)
        .map(console.workingDirectory()::resolve)
        .orElse(null);
  }

  /**
   * Speaks to the daemon at {@code --socket}, {@code HOOKQ_SOCKET}, the config's socket, or the
   * usual place.
   */
  ControlClient daemon() throws CommandFailedException {
    var chosen = chosenSocket();
    if (chosen == null) {
      return new ControlClient(configuredSocket());
    }
    try {
      DaemonConfig.requireBindable(chosen);
    } catch (OptionException e) {
      throw CommandFailedException.usage(Console.messageOf(e));
    }
    return new ControlClient(chosen);
  }

  /** The socket that counts where the config cannot be used. */
  Path socketWithoutConfig() {
    var chosen = chosenSocket();
    return chosen == null ? console.surroundings().defaultSocket() : chosen;
  }

  private Path configuredSocket() throws CommandFailedException {
    var file = configFile();
    // A config with a secret in its URI may be closed to whoever asks; the socket need not be.
    var named = config != null || console.surroundings().namesConfig();
    return named || Files.isReadable(file)
        ? loadConfig(file).daemon().socket()
        : console.surroundings().defaultSocket();
  }
}
