package io.hookq.daemon.cli;

import io.hookq.daemon.control.ControlClient;
import io.hookq.daemon.control.ControlRefusedException;
import io.hookq.daemon.control.EnqueueRequest;
import io.hookq.daemon.control.ListRequest;
import io.hookq.daemon.control.VersionRequest;
import io.hookq.daemon.control.WaitRequest;
import io.hookq.store.StoreDir;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hookq push}: enqueues by hand what the hook did not. */
@Command(
    name = "push",
    description = "Enqueues store paths with their closures.",
    footer = "%nExample: nix-store -qR ./result | hookq push --wait -")
final class PushCommand implements ShortCommand {
  /** The daemon makes a GC root for each path and commits before it answers. */
  private static final Duration TIMEOUT = Duration.ofMinutes(2);

  private final Console console;
  private final HookqCommand hookq;

  @Parameters(
      paramLabel = "PATH",
      arity = "0..*",
      description = "Store paths, files in them, or links to them such as ./result; - reads stdin.")
  private List<String> arguments = List.of();

  @Option(
      names = "--stdin",
      description = "Read paths from stdin, one a line; each is queued as it comes.")
  private boolean stdin;

  @Option(names = "--to", paramLabel = "NAME", description = "Only to this destination.")
  private @Nullable String destination;

  @Option(names = "--wait", description = "Return when they are there: 1 if one did not arrive.")
  private boolean wait;

  @Option(
      names = "--outputs-of",
      paramLabel = "DRV",
      description = "The outputs of this derivation.")
  private @Nullable String derivation;

  private @Nullable StoreDir storeDir;

  /** What the daemon has taken, full store paths. */
  private final LinkedHashSet<String> queued = new LinkedHashSet<>();

  /** Of paths, without the outputs of a derivation. */
  private int paths;

  private int jobs;
  private boolean saidUnchecked;
  private int status = ExitStatus.FINE;

  PushCommand(Console console, HookqCommand hookq) {
    this.console = console;
    this.hookq = hookq;
  }

  @Override
  public void fill(String field, Object value) {
    switch (field) {
      case "arguments" -> arguments = List.of((String[]) value);
      case "stdin" -> stdin = (boolean) value;
      case "destination" -> destination = (String) value;
      case "wait" -> wait = (boolean) value;
      case "derivation" -> derivation = (String) value;
      default -> throw new IllegalArgumentException(field);
    }
  }

  @Override
  public Integer call() throws CommandFailedException, IOException {
    var named = new LinkedHashSet<String>();
    for (var argument : arguments) {
      if (!argument.equals("-")) {
        named.add(follow(argument));
      }
    }
    if (named.isEmpty() && derivation == null && !readsStdin()) {
      throw CommandFailedException.usage(
          "nothing to push", "name store paths, or pipe them into hookq push -");
    }
    var daemon = hookq.daemon();
    for (var some : PathArgument.requests(List.copyOf(named))) {
      enqueue(daemon, some);
    }
    if (readsStdin()) {
      enqueueLines(daemon);
    }
    if (paths > 0) {
      console.out().println("queued " + count(paths, "path") + target());
    }
    if (derivation != null) {
      enqueueOutputs(daemon, follow(derivation));
    }
    // Somebody may read this to know what is on its way, long before it has arrived.
    console.out().flush();
    return wait && !queued.isEmpty() ? Math.max(status, await(daemon)) : status;
  }

  private boolean readsStdin() {
    return stdin || arguments.contains("-");
  }

  private String follow(String argument) throws CommandFailedException, IOException {
    return PathArgument.path(storeDir(), console.workingDirectory(), argument);
  }

  /** The daemon's; asked for once there is something to push. */
  private StoreDir storeDir() throws CommandFailedException, IOException {
    if (storeDir == null) {
      storeDir = hookq.daemon().call(new VersionRequest(), TIMEOUT).storeDir();
    }
    return storeDir;
  }

  private void enqueue(ControlClient daemon, List<String> some) throws IOException {
    var reply = call(daemon, new EnqueueRequest(some, Optional.empty(), "push", to()));
    queued.addAll(some);
    paths += some.size();
    jobs += reply.jobs();
  }

  /** Each as it comes. What is wrong with one is said, and is no reason to lose the others. */
  private void enqueueLines(ControlClient daemon) throws CommandFailedException, IOException {
    var lines = LineBatches.of(console.in(), PathArgument.PATHS_PER_REQUEST);
    for (var batch = lines.next(); !batch.isEmpty(); batch = lines.next()) {
      var some = new LinkedHashSet<String>();
      for (var line : batch) {
        try {
          some.add(follow(line));
        } catch (CommandFailedException e) {
          console.say(Console.messageOf(e));
          status = Math.max(status, e.exitStatus());
        }
      }
      some.removeAll(queued);
      if (!some.isEmpty()) {
        enqueueValid(daemon, List.copyOf(some));
      }
    }
  }

  private void enqueueValid(ControlClient daemon, List<String> some) throws IOException {
    try {
      enqueue(daemon, some);
    } catch (ControlRefusedException e) {
      if (!e.refusalClass().equals("not-valid")) {
        throw e;
      }
      if (some.size() == 1) {
        console.say(Console.messageOf(e));
        status = Math.max(status, ExitStatus.FAILED);
        return;
      }
      // The daemon takes all or nothing: halves until the culprit stands alone.
      var half = some.size() / 2;
      enqueueValid(daemon, some.subList(0, half));
      enqueueValid(daemon, some.subList(half, some.size()));
    }
  }

  private void enqueueOutputs(ControlClient daemon, String drv) throws IOException {
    var request = new EnqueueRequest(List.of(), Optional.of(drv), "push", to());
    var reply = call(daemon, request);
    queued.addAll(reply.outputs());
    console.out().println("queued the outputs of " + drv + " (" + count(reply.jobs(), "job") + ")");
  }

  private EnqueueRequest.Reply call(ControlClient daemon, EnqueueRequest request)
      throws IOException {
    var reply = daemon.call(request, TIMEOUT);
    if (reply.unchecked() && !saidUnchecked) {
      saidUnchecked = true;
      console.say("queued unchecked, because the Nix daemon could not be asked");
      console.hint("a path that is not valid will be listed as gone");
    }
    return reply;
  }

  private Optional<String> to() {
    return Optional.ofNullable(destination);
  }

  private String target() {
    if (destination != null) {
      return " for " + destination;
    }
    return jobs > paths ? " for " + count(jobs / paths, "destination") : "";
  }

  private static String count(int count, String noun) {
    return count + " " + noun + (count == 1 ? "" : "s");
  }

  /** A named path was queued afresh, so any failure of it counts, whenever it was first wanted. */
  private int await(ControlClient daemon) throws CommandFailedException, IOException {
    var requests =
        PathArgument.requests(List.copyOf(queued)).stream()
            .map(some -> new WaitRequest(some, to(), Optional.of(Instant.EPOCH), Optional.empty()))
            .toList();
    var verdict = WaitCommand.await(console, daemon, requests);
    sayLeftOut(daemon);
    return verdict;
  }

  /** What the user's own rules keep back has not failed, but he may wonder. */
  private void sayLeftOut(ControlClient daemon) throws IOException {
    var skipped = daemon.call(new ListRequest(Optional.of("skipped"), to()), TIMEOUT).jobs();
    for (var job : skipped) {
      if (queued.contains(job.path())) {
        console.say(
            "left out by the filter of %s: %s: %s"
                .formatted(job.destination(), job.path(), job.reason().orElse("no reason")));
      }
    }
  }
}
