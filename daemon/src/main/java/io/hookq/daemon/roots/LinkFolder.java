package io.hookq.daemon.roots;

import io.hookq.store.InvalidStorePathException;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A folder of symlinks into the store, each named by the base name of what it points to.
 *
 * <p>Thread-safe: each link is written under a temporary name and renamed into place.
 */
final class LinkFolder {
  private static final String TEMPORARY = ".tmp";

  /** Before the base name in the links of the hook. */
  private static final String OF_HOOK = "spool-";

  /** The hook's links under way; it needs them for a moment only. */
  private static final String TEMPORARY_OF_HOOK = ".tmp-";

  private static final Duration ABANDONED = Duration.ofMinutes(1);

  private static final AtomicLong COUNTER = new AtomicLong();

  private final Path folder;
  private final StoreDir storeDir;

  LinkFolder(Path folder, StoreDir storeDir) {
    this.folder = folder;
    this.storeDir = storeDir;
  }

  Path link(StorePath path) {
    return folder.resolve(path.baseName());
  }

  /** Whether the link was missing or pointed elsewhere. */
  boolean put(StorePath path) throws IOException {
    var link = link(path);
    var target = Path.of(storeDir.print(path));
    if (target(link).filter(target::equals).isPresent()) {
      return false;
    }
    var temporary =
        folder.resolve(
            ".%d-%d%s"
                .formatted(ProcessHandle.current().pid(), COUNTER.incrementAndGet(), TEMPORARY));
    Files.createSymbolicLink(temporary, target);
    try {
      Files.move(temporary, link, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      try {
        Files.deleteIfExists(temporary);
      } catch (IOException f) {
        e.addSuppressed(f);
      }
      throw e;
    }
    return true;
  }

  private static Optional<Path> target(Path link) throws IOException {
    try {
      return Optional.of(Files.readSymbolicLink(link));
    } catch (NoSuchFileException | NotLinkException e) {
      return Optional.empty();
    }
  }

  void delete(StorePath path) throws IOException {
    Files.deleteIfExists(link(path));
  }

  /** Deletes the link that the hook made while no daemon answered. */
  void deleteOfHook(StorePath path) throws IOException {
    Files.deleteIfExists(folder.resolve(OF_HOOK + path.baseName()));
  }

  /** The paths that have a link; temporary ones that somebody left behind are deleted. */
  Set<StorePath> list() throws IOException {
    var paths = new HashSet<StorePath>();
    var ours = "." + ProcessHandle.current().pid() + "-";
    try (var entries = Files.newDirectoryStream(folder)) {
      for (var entry : entries) {
        var name = String.valueOf(entry.getFileName());
        if ((name.startsWith(".") && name.endsWith(TEMPORARY) && !name.startsWith(ours))
            || (name.startsWith(TEMPORARY_OF_HOOK) && isAbandoned(entry))) {
          Files.deleteIfExists(entry);
        } else if (Files.isSymbolicLink(entry)) {
          parsed(name).ifPresent(paths::add);
        }
      }
    }
    return paths;
  }

  /** The hook lives for a second. */
  private static boolean isAbandoned(Path entry) throws IOException {
    try {
      return Files.getLastModifiedTime(entry, LinkOption.NOFOLLOW_LINKS)
          .toInstant()
          .isBefore(Instant.now().minus(ABANDONED));
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** The paths that the hook made links for. */
  Set<StorePath> listOfHook() throws IOException {
    var paths = new HashSet<StorePath>();
    try (var entries = Files.newDirectoryStream(folder, OF_HOOK + "*")) {
      for (var entry : entries) {
        if (Files.isSymbolicLink(entry)) {
          parsed(String.valueOf(entry.getFileName()).substring(OF_HOOK.length()))
              .ifPresent(paths::add);
        }
      }
    }
    return paths;
  }

  /** What is named otherwise is not ours. */
  private static Optional<StorePath> parsed(String name) {
    try {
      return Optional.of(new StorePath(name));
    } catch (InvalidStorePathException e) {
      return Optional.empty();
    }
  }

  boolean isWritable() {
    return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS) && Files.isWritable(folder);
  }
}
