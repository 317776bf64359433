package io.hookq.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A folder of one test that can delete itself, Nix stores in it included: their directories are
 * read-only, over which JUnit's own temporary folder stumbles.
 *
 * <p>Lies in {@code TMPDIR} where that is set, else in {@code /dev/shm} where there is room (stores
 * are made and thrown away much faster in memory), else in Java's own place. Paths are kept short,
 * for the sake of Unix sockets.
 */
public final class TempFolder implements AutoCloseable {
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");
  private static final long ROOM = 4L << 30;

  private final Path path;

  private TempFolder(Path path) {
    this.path = path;
  }

  /** Makes an empty folder that only this user can enter. */
  public static TempFolder create() {
    try {
      return new TempFolder(Files.createTempDirectory(parent(), "hq").toRealPath());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path parent() throws IOException {
    var chosen = System.getenv("TMPDIR");
    if (chosen != null && !chosen.isEmpty()) {
      return Path.of(chosen);
    }
    if (Files.isWritable(SHARED_MEMORY)
        && Files.getFileStore(SHARED_MEMORY).getUsableSpace() > ROOM) {
      return SHARED_MEMORY;
    }
    return Path.of(System.getProperty("java.io.tmpdir"));
  }

  /** Absolute, without symlinks. */
  public Path path() {
    return path;
  }

  /** {@code name} below this folder, not made. */
  public Path resolve(String name) {
    return path.resolve(name);
  }

  /** A new empty folder below this one. */
  public Path folder(String name) {
    try {
      return Files.createDirectories(path.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Deletes everything, read-only directories too. */
  @Override
  public void close() {
    // A program that is just ending may put something there behind our back; then once more.
    Awaitility.await("deletion of " + path)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(20))
        .ignoreException(DirectoryNotEmptyException.class)
        .until(() -> {
          delete(path);
          return true;
        });
  }

  /** Deletes {@code tree} and all below it, read-only directories too; follows no link. */
  public static void delete(Path tree) throws IOException {
    if (!Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        tree,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
              throws IOException {
            if (!Files.isWritable(directory)) {
              Files.setPosixFilePermissions(
                  directory, PosixFilePermissions.fromString("rwx------"));
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
              throw e;
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e)
              throws IOException {
            if (e != null) {
              throw e;
            }
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
