package io.hookq.daemon.cli;

import io.hookq.daemon.control.CheckRequest;
import io.hookq.daemon.control.VersionRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hookq check}: asks the destinations whether they have some paths. */
@Command(
    name = "check",
    description = "Asks the destinations whether they have these paths.",
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:all are there",
      "1:one is missing, or a destination could not be asked",
      "2:usage or config",
      "3:daemon not reachable"
    })
final class CheckCommand implements ShortCommand {
  /** Longer than the daemon gives a destination. */
  private static final Duration TIMEOUT = Duration.ofMinutes(2);

  private final Console console;
  private final HookqCommand hookq;

  @Parameters(
      paramLabel = "PATH",
      arity = "1..*",
      description = "Store paths, files in them, or links to them such as ./result.")
  private List<String> arguments = List.of();

  @Option(names = "--to", paramLabel = "NAME", description = "Only this destination.")
  private @Nullable String destination;

  @Option(names = "--closure", description = "Also all that they refer to.")
  private boolean closure;

  @Option(names = "--json", description = "One JSON document; see docs/status-json.md.")
  private boolean json;

  CheckCommand(Console console, HookqCommand hookq) {
    this.console = console;
    this.hookq = hookq;
  }

  @Override
  public void fill(String field, Object value) {
    switch (field) {
      case "arguments" -> arguments = List.of((String[]) value);
      case "destination" -> destination = (String) value;
      case "closure" -> closure = (boolean) value;
      case "json" -> json = (boolean) value;
      default -> throw new IllegalArgumentException(field);
    }
  }

  @Override
  public Integer call() throws CommandFailedException, IOException {
    var daemon = hookq.daemon();
    var storeDir = daemon.call(new VersionRequest(), HookqCommand.TIMEOUT).storeDir();
    var paths = new LinkedHashSet<String>();
    for (var argument : arguments) {
      paths.add(PathArgument.path(storeDir, console.workingDirectory(), argument));
    }
    var replies = new ArrayList<CheckRequest.Reply>();
    for (var some : PathArgument.requests(List.copyOf(paths))) {
      var request = new CheckRequest(some, closure, Optional.ofNullable(destination));
      replies.add(daemon.call(request, TIMEOUT));
    }
    var reply = merged(replies);
    if (json) {
      Document.print(console.out(), reply::encode);
    }
    var fine = true;
    for (var answer : reply.destinations()) {
      fine &= isFine(answer);
    }
    return fine ? ExitStatus.FINE : ExitStatus.FAILED;
  }

  /** What several requests came to; closures may overlap. */
  private static CheckRequest.Reply merged(List<CheckRequest.Reply> replies) {
    if (replies.size() == 1) {
      return replies.getFirst();
    }
    var answers = new LinkedHashMap<String, CheckRequest.Answer>();
    for (var reply : replies) {
      for (var answer : reply.destinations()) {
        answers.merge(answer.name(), answer, CheckCommand::merged);
      }
    }
    return new CheckRequest.Reply(List.copyOf(answers.values()));
  }

  private static CheckRequest.Answer merged(CheckRequest.Answer one, CheckRequest.Answer other) {
    var missing = new LinkedHashSet<>(one.missing());
    missing.addAll(other.missing());
    return new CheckRequest.Answer(
        one.name(),
        one.asked() + other.asked(),
        List.copyOf(missing),
        one.error().or(other::error));
  }

  /** Says how it stands, unless in JSON. */
  private boolean isFine(CheckRequest.Answer answer) {
    if (answer.error().isPresent()) {
      console.say("%s cannot be asked: %s".formatted(answer.name(), answer.error().get()));
      return false;
    }
    if (!json) {
      for (var path : answer.missing()) {
        console.out().println("%s lacks %s".formatted(answer.name(), path));
      }
      if (answer.missing().isEmpty()) {
        console
            .out()
            .println(
                answer.asked() == 1
                    ? answer.name() + " has it"
                    : "%s has all %d paths".formatted(answer.name(), answer.asked()));
      }
    }
    return answer.missing().isEmpty();
  }
}
