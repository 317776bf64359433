package io.hookq.daemon.cli;

import io.hookq.daemon.config.NearMiss;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code hookq help}: another way to ask for {@code --help}. */
@Command(name = "help", description = "Says what there is, or what a command does.")
final class HelpCommand implements Callable<Integer> {
  private final CommandLine hookq;

  @Parameters(
      arity = "0..1",
      paramLabel = "COMMAND",
      description = "As COMMAND --help. Default: as hookq --help.")
  private @Nullable String command;

  /** Tells of the commands that {@code hookq} has when it is asked. */
  HelpCommand(CommandLine hookq) {
    this.hookq = hookq;
  }

  @Override
  public Integer call() throws CommandFailedException {
    lineOf(command).usage(hookq.getOut());
    return ExitStatus.FINE;
  }

  private CommandLine lineOf(@Nullable String name) throws CommandFailedException {
    if (name == null) {
      return hookq;
    }
    var commands = hookq.getSubcommands();
    var line = commands.get(name);
    if (line == null) {
      throw CommandFailedException.usage(
          "no such command: '" + name + "'",
          NearMiss.nearest(name, commands.keySet())
              .map(meant -> "did you mean " + meant + "?")
              .orElse("hookq --help says what there is"));
    }
    return line;
  }
}
