package io.hookq.daemon.cli;

import io.hookq.daemon.config.Surroundings;
import io.hookq.daemon.receive.RehearsedSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;

/**
 * {@code hookq receive} once through in both protocols and behind zstd: from this run the JVM
 * learns which classes a session needs, and keeps them in its AOT cache.
 *
 * <p>Everything is in a temporary folder of its own, which is taken away; the answers go to stdout.
 */
final class ReceiveRehearsal {
  private ReceiveRehearsal() {}

  /** Plays it. */
  public static void main(String[] none) throws IOException {
    var folder = Files.createTempDirectory("hookq-rehearsal");
    try {
      play(folder);
    } finally {
      remove(folder);
    }
  }

  private static void play(Path folder) throws IOException {
    Files.createDirectories(folder.resolve("nix/var/nix/gcroots"));
    for (var session : RehearsedSession.values()) {
      session.writeProgram(folder);
      var status = receive(folder, session);
      if (status != ExitStatus.FINE) {
        throw new IllegalStateException(session + " ended with status " + status);
      }
    }
  }

  private static int receive(Path folder, RehearsedSession session) throws IOException {
    var console = Console.ofProcess();
    var surroundings =
        new Surroundings(
            Map.of(ReceiveCommand.ORIGINAL_COMMAND, session.command()),
            folder,
            console.surroundings().mac());
    return Main.run(
        new Console(
            session.client(),
            console.out(),
            console.err(),
            console.style(),
            surroundings,
            folder,
            console.clock()),
        "receive",
        "--name=rehearsal",
        "--keep",
        "90d",
        "--keep-size",
        "200GiB",
        "--store",
        "local?root=" + folder,
        "--path",
        folder.toString());
  }

  private static void remove(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
