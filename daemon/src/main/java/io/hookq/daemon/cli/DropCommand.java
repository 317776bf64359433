package io.hookq.daemon.cli;

import io.hookq.daemon.control.DropRequest;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hookq drop}: jobs away. */
@Command(
    name = "drop",
    description = "Forgets jobs, wherever they stand; what is on the wire is cut off.",
    footer =
        "%nA PATH may be a store path, a link to one such as ./result, or the beginning of its"
            + " hash.")
final class DropCommand implements ShortCommand {
  private final Console console;
  private final HookqCommand hookq;

  @Parameters(paramLabel = "PATH", arity = "0..*", description = "Only jobs for these paths.")
  private List<String> arguments = List.of();

  @Option(
      names = "--all",
      description =
          "All failed and gone jobs; with --to a destination that left the config, all its jobs.")
  private boolean all;

  @Option(names = "--to", paramLabel = "NAME", description = "Only jobs for this destination.")
  private @Nullable String destination;

  DropCommand(Console console, HookqCommand hookq) {
    this.console = console;
    this.hookq = hookq;
  }

  @Override
  public void fill(String field, Object value) {
    switch (field) {
      case "arguments" -> arguments = List.of((String[]) value);
      case "all" -> all = (boolean) value;
      case "destination" -> destination = (String) value;
      default -> throw new IllegalArgumentException(field);
    }
  }

  @Override
  public Integer call() throws CommandFailedException, IOException {
    var to = Optional.ofNullable(destination);
    return JobChoice.of(console, hookq, arguments, all, "drop")
        .forEach(
            (daemon, paths) -> daemon.call(new DropRequest(paths, to), JobChoice.TIMEOUT).jobs(),
            jobs -> "dropped " + jobs,
            "no job");
  }
}
