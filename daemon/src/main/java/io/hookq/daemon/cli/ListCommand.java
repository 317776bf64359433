package io.hookq.daemon.cli;

import io.hookq.daemon.control.ListRequest;
import java.io.IOException;
import java.nio.channels.Channels;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hookq list}: the jobs. */
@Command(name = "list", description = "Lists the jobs, oldest first.")
final class ListCommand implements ShortCommand {
  /** For a very long list on a busy machine. */
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final Console console;
  private final HookqCommand hookq;

  @Option(
      names = "--state",
      paramLabel = "STATE",
      description = "Only jobs that are queued, uploading, done, failed, gone, or skipped.")
  private @Nullable String state;

  @Option(names = "--to", paramLabel = "NAME", description = "Only jobs for this destination.")
  private @Nullable String destination;

  @Option(names = "--json", description = "One JSON document; see docs/status-json.md.")
  private boolean json;

  ListCommand(Console console, HookqCommand hookq) {
    this.console = console;
    this.hookq = hookq;
  }

  @Override
  public void fill(String field, Object value) {
    switch (field) {
      case "state" -> state = (String) value;
      case "destination" -> destination = (String) value;
      case "json" -> json = (boolean) value;
      default -> throw new IllegalArgumentException(field);
    }
  }

  @Override
  public Integer call() throws CommandFailedException, IOException {
    var request = new ListRequest(Optional.ofNullable(state), Optional.ofNullable(destination));
    var daemon = hookq.daemon();
    if (json) {
      var jobs = daemon.listAsJson(request, TIMEOUT);
      Channels.newChannel(console.out()).write(jobs);
      console.out().print('\n');
      return ExitStatus.FINE;
    }
    var jobs = daemon.call(request, TIMEOUT).jobs();
    if (!jobs.isEmpty()) {
      new JobTable(console.style()).print(jobs, console.clock().instant(), console.out());
    }
    return ExitStatus.FINE;
  }
}
