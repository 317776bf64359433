package io.hookq.daemon.demo;

import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The hook's executable and where it finds the daemon.
 *
 * @param hook the executable
 * @param socket the daemon's
 * @param spool where the hook leaves what the daemon does not take
 * @param gcRoots where it makes its own roots then
 */
record HookCall(Path hook, Path socket, Path spool, Path gcRoots) {
  /** Nobody's build waits here, and a machine may be busy: as long as the hook ever waits. */
  private static final Duration PATIENCE = Duration.ofMillis(750);

  /** What Nix must hand on to it, since nix.conf takes no arguments. */
  Map<String, String> environment() {
    return Map.of(
        "HOOKQ_SOCKET", socket.toString(),
        "HOOKQ_SPOOL", spool.toString(),
        "HOOKQ_GCROOTS", gcRoots.toString());
  }

  /**
   * Runs the hook as Nix does after a build.
   *
   * @return how long it took, the start of a process included
   * @throws IOException if it says anything, which means trouble
   */
  Duration run(Collection<StorePath> outputs) throws IOException, InterruptedException {
    var environment = new TreeMap<>(environment());
    environment.put(
        "OUT_PATHS",
        outputs.stream().map(StoreDir.DEFAULT::print).collect(Collectors.joining(" ")));
    var program = new Program(hook, environment);
    var start = System.nanoTime();
    var process =
        program
            .command("--timeout", Long.toString(PATIENCE.toMillis()))
            .redirectErrorStream(true)
            .start();
    try {
      process.getOutputStream().close();
      var status = process.waitFor();
      var took = Duration.ofNanos(System.nanoTime() - start);
      var said =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (status != 0 || !said.isEmpty()) {
        throw new IOException("the hook says: " + said + " (exit status " + status + ")");
      }
      return took;
    } finally {
      Program.stop(process);
    }
  }
}
