package io.hookq.daemon.cli;

import io.hookq.daemon.config.HostKeyChecking;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code hookq check-config}: whether the daemon would take the config; starts nothing. */
@Command(
    name = "check-config",
    description = "Says what is wrong with a config file; opens no key, host or socket.")
final class CheckConfigCommand implements Callable<Integer> {
  private final Console console;
  private final HookqCommand hookq;

  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      description = "The file; without it the one that the daemon would read.")
  private @Nullable Path file;

  CheckConfigCommand(Console console, HookqCommand hookq) {
    this.console = console;
    this.hookq = hookq;
  }

  @Override
  public Integer call() throws CommandFailedException {
    var checked = file == null ? hookq.configFile() : console.workingDirectory().resolve(file);
    var config = hookq.loadConfig(checked);
    for (var destination : config.destinations().values()) {
      if (destination.hostKey().isPresent()
          && destination.hostKeyChecking() == HostKeyChecking.ACCEPT_NEW) {
        console.say(
            "destinations.%s.host-key-checking: \"accept-new\" does nothing beside host-key"
                .formatted(destination.name()));
        console.hint("only the key in host-key is taken; leave out one of the two");
      }
    }
    console
        .out()
        .println(checked + ": fine, to " + String.join(", ", config.destinations().keySet()));
    return ExitStatus.FINE;
  }
}
