package io.hookq.daemon.cli;

import io.hookq.daemon.control.ControlClient;
import io.hookq.daemon.control.VersionRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Which jobs {@code retry} and {@code drop} are about: those of some paths, or all. Immutable. */
final class JobChoice {
  /** For very many jobs on a busy machine. */
  static final Duration TIMEOUT = Duration.ofMinutes(2);

  private final Console console;
  private final ControlClient daemon;
  private final List<String> paths;

  private JobChoice(Console console, ControlClient daemon, List<String> paths) {
    this.console = console;
    this.daemon = daemon;
    this.paths = paths;
  }

  /**
   * Reads the arguments.
   *
   * @throws CommandFailedException unless there is either a path or {@code --all}
   */
  static JobChoice of(
      Console console, HookqCommand hookq, List<String> arguments, boolean all, String command)
      throws CommandFailedException, IOException {
    if (all && !arguments.isEmpty()) {
      throw CommandFailedException.usage("either paths or --all, not both");
    }
    if (!all && arguments.isEmpty()) {
      throw CommandFailedException.usage("nothing to " + command, "name store paths, or say --all");
    }
    var daemon = hookq.daemon();
    var paths = new ArrayList<String>();
    if (!all) {
      var storeDir = daemon.call(new VersionRequest(), TIMEOUT).storeDir();
      for (var argument : arguments) {
        paths.add(PathArgument.name(storeDir, console.workingDirectory(), argument));
      }
    }
    return new JobChoice(console, daemon, List.copyOf(paths));
  }

  /**
   * Does it, and says how many jobs that were.
   *
   * @param said of so many jobs
   * @param nothing what was not found
   */
  int forEach(Change change, Function<String, String> said, String nothing)
      throws CommandFailedException, IOException {
    var jobs = 0;
    if (paths.isEmpty()) {
      jobs = change.apply(daemon, paths);
    }
    for (var some : PathArgument.requests(paths)) {
      jobs += change.apply(daemon, some);
    }
    if (jobs == 0 && !paths.isEmpty()) {
      throw CommandFailedException.failed(
          nothing + (paths.size() == 1 ? " for " + paths.getFirst() : " for any of these paths"),
          "hookq why PATH tells what became of it");
    }
    console.out().println(said.apply(jobs + (jobs == 1 ? " job" : " jobs")));
    return ExitStatus.FINE;
  }

  /** What is done; says to how many jobs. */
  interface Change {
    int apply(ControlClient daemon, List<String> paths) throws IOException;
  }
}
