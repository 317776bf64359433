package io.hookq.daemon.cli;

import io.hookq.daemon.control.ReconcileRequest;
import io.hookq.daemon.status.Figures;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hookq reconcile}: queues what was built here and is missing there. */
@Command(
    name = "reconcile",
    description = "Enqueues every path that was built here and that a destination misses.")
final class ReconcileCommand implements ShortCommand {
  /** Longer than the daemon gives a destination. */
  private static final Duration TIMEOUT = Duration.ofMinutes(10);

  private final Console console;
  private final HookqCommand hookq;

  @Option(names = "--to", paramLabel = "NAME", description = "Only for this destination.")
  private @Nullable String destination;

  @Option(
      names = "--remote-built",
      description = "Also paths with a deriver and no signature, as remote builders leave them.")
  private boolean remoteBuilt;

  @Option(names = "--dry-run", description = "Enqueue nothing; list what is missing.")
  private boolean dryRun;

  @Option(names = "--json", description = "One JSON document; see docs/status-json.md.")
  private boolean json;

  ReconcileCommand(Console console, HookqCommand hookq) {
    this.console = console;
    this.hookq = hookq;
  }

  @Override
  public void fill(String field, Object value) {
    switch (field) {
      case "destination" -> destination = (String) value;
      case "remoteBuilt" -> remoteBuilt = (boolean) value;
      case "dryRun" -> dryRun = (boolean) value;
      case "json" -> json = (boolean) value;
      default -> throw new IllegalArgumentException(field);
    }
  }

  @Override
  public Integer call() throws CommandFailedException, IOException {
    var request = new ReconcileRequest(Optional.ofNullable(destination), remoteBuilt, dryRun);
    var reply = hookq.daemon().call(request, TIMEOUT);
    if (json) {
      Document.print(console.out(), reply::encode);
    }
    var fine = true;
    for (var answer : reply.destinations()) {
      if (answer.error().isPresent()) {
        console.say("%s cannot be asked: %s".formatted(answer.name(), answer.error().get()));
        fine = false;
      } else if (!json) {
        print(answer);
      }
    }
    return fine ? ExitStatus.FINE : ExitStatus.FAILED;
  }

  private void print(ReconcileRequest.Answer answer) {
    for (var path : answer.paths()) {
      console.out().println("%10s  %s".formatted(Figures.bytes(path.narSize()), path.path()));
    }
    var filtered =
        answer.filtered() == 0 ? "" : ", " + Figures.count(answer.filtered()) + " filtered";
    var what =
        answer.missing() == 0
            ? "has all"
            : "misses %s (%s)"
                .formatted(Figures.count(answer.missing()), Figures.bytes(answer.missingBytes()));
    var queued = answer.queued() == 0 ? "" : ", which are queued";
    console
        .out()
        .println(
            "%s %s of %s built here%s%s"
                .formatted(answer.name(), what, Figures.count(answer.built()), filtered, queued));
  }
}
