package io.hookq.daemon.cli;

import io.hookq.daemon.config.Quantity;
import io.hookq.daemon.control.ControlClient;
import io.hookq.daemon.control.ListRequest;
import io.hookq.daemon.control.WaitRequest;
import io.hookq.daemon.status.Figures;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hookq wait}: until nothing is on its way any more. */
@Command(
    name = "wait",
    description =
        "Waits until nothing is spooled, queued or uploading; shows progress on a terminal.",
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:all done",
      "1:a job failed",
      "2:usage or config",
      "3:daemon not reachable",
      "4:timed out"
    })
final class WaitCommand implements ShortCommand {
  /** For the daemon's answer, on top of the time that it is to wait. */
  private static final Duration GRACE = Duration.ofSeconds(10);

  private final Console console;
  private final HookqCommand hookq;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      description = "Give up after so long, such as 10m or 1h30m.")
  private @Nullable String timeout;

  @Option(names = "--to", paramLabel = "NAME", description = "Only for this destination.")
  private @Nullable String destination;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description =
          "A failure counts if its job was enqueued since: 2026-01-31T12:00:00Z, 2026-01-31, or 10m"
              + " for ten minutes ago. Default: the daemon's start.")
  private @Nullable String since;

  WaitCommand(Console console, HookqCommand hookq) {
    this.console = console;
    this.hookq = hookq;
  }

  @Override
  public void fill(String field, Object value) {
    switch (field) {
      case "timeout" -> timeout = (String) value;
      case "destination" -> destination = (String) value;
      case "since" -> since = (String) value;
      default -> throw new IllegalArgumentException(field);
    }
  }

  @Override
  public Integer call() throws CommandFailedException, IOException {
    var request =
        new WaitRequest(
            List.of(),
            Optional.ofNullable(destination),
            since == null ? Optional.empty() : Optional.of(time(since)),
            timeout == null ? Optional.empty() : Optional.of(duration("--timeout", timeout)));
    return await(console, hookq.daemon(), List.of(request));
  }

  /** Waits for one after the other, says what failed, and picks the exit status. */
  static int await(Console console, ControlClient daemon, List<WaitRequest> requests)
      throws CommandFailedException, IOException {
    var failed = new ArrayList<ListRequest.Entry>();
    // Those of one command are all for the same destination.
    var destination = requests.getFirst().destination();
    try (var _ = WaitProgress.start(console, daemon, destination)) {
      for (var request : requests) {
        var reply = daemon.call(request, GRACE);
        if (reply.timedOut()) {
          throw CommandFailedException.timedOut(
              "timed out" + request.timeout().map(time -> " after " + spell(time)).orElse(""));
        }
        failed.addAll(reply.failed());
      }
    }
    for (var job : failed) {
      console.say(
          "%s to %s: %s: %s"
              .formatted(
                  job.state(), job.destination(), job.path(), job.reason().orElse("no reason")));
    }
    return failed.isEmpty() ? ExitStatus.FINE : ExitStatus.FAILED;
  }

  private Instant time(String text) throws CommandFailedException {
    var ago = Quantity.duration(text);
    if (ago.isPresent()) {
      return console.clock().instant().minus(ago.get());
    }
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException e) {
      return localTime(text);
    }
  }

  private static Instant localTime(String text) throws CommandFailedException {
    try {
      return LocalDateTime.parse(text.replace(' ', 'T')).atZone(ZoneId.systemDefault()).toInstant();
    } catch (DateTimeParseException e) {
      return localDay(text);
    }
  }

  private static Instant localDay(String text) throws CommandFailedException {
    try {
      return LocalDate.parse(text).atStartOfDay(ZoneId.systemDefault()).toInstant();
    } catch (DateTimeParseException e) {
      throw CommandFailedException.usage(
          "--since: not a time: '" + text + "'",
          "a time is 2026-01-31T12:00:00Z, '2026-01-31 12:00:00' or 2026-01-31 on the local clock, or"
              + " 10m for ten minutes ago");
    }
  }

  /** Reads {@code 10m}, {@code 1h30m}, {@code 500ms}. */
  static Duration duration(String option, String text) throws CommandFailedException {
    var time = Quantity.duration(text);
    if (time.isEmpty()) {
      throw CommandFailedException.usage(
          option + ": not a length of time: '" + text + "'",
          "a length of time is digits and a unit, ms, s, m, h, d, or w: 90s, 10m, 1h30m");
    }
    return time.get();
  }

  private static String spell(Duration time) {
    return time.toMillis() % 1000 == 0 ? Figures.duration(time) : time.toMillis() + "ms";
  }
}
