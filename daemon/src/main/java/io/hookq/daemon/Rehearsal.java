package io.hookq.daemon;

import io.hookq.daemon.control.ChangeBell;
import io.hookq.daemon.control.ControlClient;
import io.hookq.daemon.control.ControlDesk;
import io.hookq.daemon.control.ControlServer;
import io.hookq.daemon.control.EnqueueRequest;
import io.hookq.daemon.intake.Intake;
import io.hookq.daemon.intake.Order;
import io.hookq.daemon.queue.JobQueue;
import io.hookq.daemon.roots.DirectRoots;
import io.hookq.log.Logged;
import io.hookq.store.SourceStore;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A hook's call from end to end before there is a socket for the first real one, which would
 * otherwise wait for a fresh JVM to load all that it takes, nearly as long as the hook waits.
 *
 * <p>On a stage of its own: a socket, a queue and a folder of roots below the state folder, all
 * gone afterwards. Nothing of the daemon's is touched, and no failure here is the daemon's.
 */
final class Rehearsal {
  private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);
  private static final StorePath NOTHING = new StorePath("0".repeat(32) + "-rehearsal");
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private Rehearsal() {}

  /** Plays it; {@code source} is asked for nothing but its folder. */
  static void play(Path stateDir, SourceStore source) {
    var stage = stateDir.resolve(".rehearsal");
    try {
      strike(stage);
      Files.createDirectory(
          stage,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      try {
        playOn(stage, source);
      } finally {
        strike(stage);
      }
    } catch (IOException e) {
      LOG.debug("the first request will be slow: error={}", Logged.text(e));
    }
  }

  private static void playOn(Path stage, SourceStore source) throws IOException {
    var socket = stage.resolve("s");
    var group = Files.readAttributes(stage, PosixFileAttributes.class).group().getName();
    var roots =
        DirectRoots.in(stage.resolve("roots"), source.storeDir())
            .orElseThrow(() -> new IOException("cannot write to " + stage));
    try (var queue = JobQueue.open(stage.resolve("queue.sqlite"), InstantSource.system());
        var desk =
            desk(source, Intake.rehearsing(source, roots, queue, List.of("nowhere")), queue);
        var _ = ControlServer.listen(socket, group, desk)) {
      var request =
          new EnqueueRequest(
              List.of(source.storeDir().print(NOTHING)),
              Optional.empty(),
              Order.HOOK,
              Optional.empty());
      new ControlClient(socket).call(request, TIMEOUT);
    }
  }

  private static ControlDesk desk(SourceStore source, Intake intake, JobQueue queue) {
    return new ControlDesk(
        source,
        List.of(),
        intake,
        queue,
        () -> 0,
        () -> {
          throw new IOException("nobody asks");
        },
        Instant.now(),
        new ChangeBell());
  }

  /** Also what a daemon left that died on it. */
  private static void strike(Path stage) throws IOException {
    if (!Files.isDirectory(stage)) {
      return;
    }
    try (var files = Files.walk(stage)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}
