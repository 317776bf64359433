package io.hookq.daemon.cli;

import io.hookq.daemon.control.RetryRequest;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hookq retry}: failed and gone jobs again. */
@Command(
    name = "retry",
    description = "Queues failed and gone jobs afresh.",
    footer =
        "%nA PATH may be a store path, a link to one such as ./result, or the beginning of its"
            + " hash.")
final class RetryCommand implements ShortCommand {
  private final Console console;
  private final HookqCommand hookq;

  @Parameters(paramLabel = "PATH", arity = "0..*", description = "Only jobs for these paths.")
  private List<String> arguments = List.of();

  @Option(names = "--all", description = "All failed and gone jobs.")
  private boolean all;

  @Option(names = "--to", paramLabel = "NAME", description = "Only jobs for this destination.")
  private @Nullable String destination;

  RetryCommand(Console console, HookqCommand hookq) {
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
    return JobChoice.of(console, hookq, arguments, all, "retry")
        .forEach(
            (daemon, paths) -> daemon.call(new RetryRequest(paths, to), JobChoice.TIMEOUT).jobs(),
            jobs -> "queued " + jobs,
            "no failed or gone job");
  }
}
