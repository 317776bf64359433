package io.hookq.daemon.cli;

import io.hookq.daemon.control.ControlClient;
import io.hookq.daemon.control.EnqueueRequest;
import io.hookq.daemon.control.VersionRequest;
import io.hookq.daemon.control.WaitRequest;
import io.hookq.store.StoreDir;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hookq push}: enqueues by hand what the hook did not. */
@Command(
    name = "push",
    description = "Enqueues store paths with their closures.",
    footer = "%nExample: nix-store -qR ./result | hookq push --wait -")
final class PushCommand implements Callable<Integer> {
  /** Of the longest paths that a line of one MiB to the daemon holds. */
  private static final int PATHS_PER_REQUEST = 3_500;

  /** The daemon makes a GC root for each path and commits before it answers. */
  private static final Duration TIMEOUT = Duration.ofMinutes(2);

  private final Console console;
  private final HookqCommand hookq;

  @Parameters(
      paramLabel = "PATH",
      arity = "0..*",
      description = "Store paths, files in them, or links to them such as ./result; - reads stdin.")
  private List<String> arguments = List.of();

  @Option(names = "--stdin", description = "Read paths from stdin, one a line.")
  private boolean stdin;

  @Option(names = "--to", paramLabel = "NAME", description = "Only to this destination.")
  private @Nullable String destination;

  @Option(names = "--wait", description = "Return when they are there: 1 if one failed.")
  private boolean wait;

  @Option(
      names = "--outputs-of",
      paramLabel = "DRV",
      description = "The outputs of this derivation.")
  private @Nullable String derivation;

  private @Nullable StoreDir storeDir;

  PushCommand(Console console, HookqCommand hookq) {
    this.console = console;
    this.hookq = hookq;
  }

  @Override
  public Integer call() throws CommandFailedException, IOException {
    var paths = paths();
    if (paths.isEmpty() && derivation == null) {
      if (readsStdin()) {
        return ExitStatus.FINE;
      }
      throw CommandFailedException.usage(
          "nothing to push", "name store paths, or pipe them into hookq push -");
    }
    var daemon = hookq.daemon();
    var start = console.clock().instant();
    for (var i = 0; i < paths.size(); i += PATHS_PER_REQUEST) {
      enqueue(daemon, paths.subList(i, Math.min(paths.size(), i + PATHS_PER_REQUEST)));
    }
    if (derivation != null) {
      enqueueOutputs(daemon, follow(derivation));
    }
    return wait ? await(daemon, paths, start) : ExitStatus.FINE;
  }

  private boolean readsStdin() {
    return stdin || arguments.contains("-");
  }

  private List<String> paths() throws CommandFailedException, IOException {
    var paths = new LinkedHashSet<String>();
    for (var argument : arguments) {
      if (!argument.equals("-")) {
        paths.add(follow(argument));
      }
    }
    if (readsStdin()) {
      var lines = new BufferedReader(new InputStreamReader(console.in(), StandardCharsets.UTF_8));
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.isBlank()) {
          paths.add(follow(line.strip()));
        }
      }
    }
    return new ArrayList<>(paths);
  }

  private String follow(String argument) throws CommandFailedException, IOException {
    var storeDir = storeDir();
    return storeDir.print(StoreLink.follow(storeDir, console.workingDirectory(), argument));
  }

  /** The daemon's; asked for once there is something to push. */
  private StoreDir storeDir() throws CommandFailedException, IOException {
    if (storeDir == null) {
      storeDir = hookq.daemon().call(new VersionRequest(), TIMEOUT).storeDir();
    }
    return storeDir;
  }

  private void enqueue(ControlClient daemon, List<String> paths) throws IOException {
    var jobs = call(daemon, new EnqueueRequest(paths, Optional.empty(), "push", to())).jobs();
    console
        .out()
        .println("queued " + count(paths.size(), "path") + target(jobs, Math.max(1, paths.size())));
  }

  private void enqueueOutputs(ControlClient daemon, String drv) throws IOException {
    var request = new EnqueueRequest(List.of(), Optional.of(drv), "push", to());
    var jobs = call(daemon, request).jobs();
    console.out().println("queued the outputs of " + drv + " (" + count(jobs, "job") + ")");
  }

  private EnqueueRequest.Reply call(ControlClient daemon, EnqueueRequest request)
      throws IOException {
    var reply = daemon.call(request, TIMEOUT);
    if (reply.unchecked()) {
      console.say("queued unchecked, because the Nix daemon could not be asked");
      console.hint("a path that is not valid will be listed as gone");
    }
    return reply;
  }

  private Optional<String> to() {
    return Optional.ofNullable(destination);
  }

  private String target(int jobs, int paths) {
    if (destination != null) {
      return " for " + destination;
    }
    return jobs > paths ? " for " + count(jobs / paths, "destination") : "";
  }

  private static String count(int count, String noun) {
    return count + " " + noun + (count == 1 ? "" : "s");
  }

  private int await(ControlClient daemon, List<String> paths, Instant start)
      throws CommandFailedException, IOException {
    // A named path was queued afresh, so any failure of it counts, whenever it was first asked for.
    // The outputs of a derivation we do not know by name: then everything is waited for.
    var all = derivation != null || paths.size() > PATHS_PER_REQUEST;
    var request =
        new WaitRequest(
            all ? List.of() : paths,
            to(),
            Optional.of(all ? start : Instant.EPOCH),
            Optional.empty());
    return WaitCommand.await(console, daemon, request);
  }
}
