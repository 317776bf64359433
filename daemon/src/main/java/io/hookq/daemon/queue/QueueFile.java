package io.hookq.daemon.queue;

import io.hookq.log.Logged;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the queue of a state folder in whatever condition it is: a damaged one is set aside, for
 * whoever wants to look at it, and an empty one takes its place.
 *
 * <p>An empty queue says so by {@link JobQueue#hasReadRoots}: what it held is still rooted. For the
 * daemon that owns the {@link StateLock}.
 */
public final class QueueFile {
  private static final Logger LOG = LoggerFactory.getLogger(QueueFile.class);
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);

  private static final Set<PosixFilePermission> OWNERS =
      PosixFilePermissions.fromString("rw-------");

  private QueueFile() {}

  /**
   * The queue in {@code file}, as it was or begun anew.
   *
   * @throws IOException if it cannot be opened for another reason than damage, or not be set aside
   */
  public static JobQueue open(Path file, InstantSource clock) throws IOException {
    makePrivate(file);
    try {
      return readable(file, clock);
    } catch (QueueCorruptException e) {
      var aside = setAside(file, clock.instant());
      LOG.error(
          "the queue is set aside and begun anew: file={} error={}",
          Logged.name(aside),
          Logged.text(e.getMessage()));
      makePrivate(file);
      return JobQueue.open(file, clock);
    }
  }

  /**
   * Mode 0600 for the queue, which tells what is built here, in whatever folder it lies; SQLite
   * gives its companions the mode of the database.
   */
  private static void makePrivate(Path file) throws IOException {
    if (!Files.exists(file)) {
      Files.createFile(file, PosixFilePermissions.asFileAttribute(OWNERS));
    }
    for (var name : new String[] {"", "-wal", "-shm"}) {
      var part = Path.of(file + name);
      if (Files.exists(part) && !Files.getPosixFilePermissions(part).equals(OWNERS)) {
        Files.setPosixFilePermissions(part, OWNERS);
      }
    }
  }

  /** SQLite's own check looks at pages, not at what paths should look like. */
  private static JobQueue readable(Path file, InstantSource clock) throws QueueException {
    var queue = JobQueue.open(file, clock);
    try {
      queue.unfinishedPaths();
      return queue;
    } catch (QueueException e) {
      throw closing(queue, e);
    } catch (IllegalArgumentException e) {
      throw closing(queue, new QueueCorruptException(file, e));
    }
  }

  private static QueueException closing(JobQueue queue, QueueException e) {
    try {
      queue.close();
    } catch (QueueException f) {
      e.addSuppressed(f);
    }
    return e;
  }

  /**
   * Puts a damaged queue that nobody has open out of the way; says under what name.
   *
   * <p>The database first: should we die in between, there is none, and SQLite discards a log
   * without one; the other way round it would be believed without its last commits.
   */
  public static Path setAside(Path file, Instant now) throws IOException {
    var aside = Path.of(file + ".corrupt-" + TIME.format(now));
    Files.move(file, aside, StandardCopyOption.ATOMIC_MOVE);
    for (var companion : new String[] {"-wal", "-shm"}) {
      if (Files.exists(Path.of(file + companion))) {
        Files.move(
            Path.of(file + companion), Path.of(aside + companion), StandardCopyOption.ATOMIC_MOVE);
      }
    }
    return aside;
  }
}
