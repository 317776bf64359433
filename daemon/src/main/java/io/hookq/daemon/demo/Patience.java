package io.hookq.daemon.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Waits for a process that was just started to be of use. Stateless. */
final class Patience {
  private static final Duration BETWEEN = Duration.ofMillis(10);

  /** A look at whether it is ready. */
  interface Look {
    boolean isReady() throws IOException;
  }

  private Patience() {}

  /**
   * Returns when {@code look} is satisfied.
   *
   * @throws IOException if the process ended, with its log, or took too long
   */
  static void await(Duration limit, Process process, String name, Path log, Look look)
      throws IOException, InterruptedException {
    var deadline = System.nanoTime() + limit.toNanos();
    while (!look.isReady()) {
      if (!process.isAlive()) {
        throw new IOException(name + " ended: " + Files.readString(log).strip());
      }
      if (System.nanoTime() > deadline) {
        throw new IOException(name + " is not ready after " + limit.toSeconds() + " s");
      }
      Thread.sleep(BETWEEN);
    }
  }
}
