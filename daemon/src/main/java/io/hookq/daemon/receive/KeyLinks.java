package io.hookq.daemon.receive;

import io.hookq.store.InvalidStorePathException;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The GC roots of one key: a folder of links into the store, each named by the base name of what it
 * points to, its time of change the time it was last needed.
 *
 * <p>Thread-safe, and safe against other processes that do the same in the same folder.
 */
final class KeyLinks {
  private static final String GONE = ".gone";
  private static final Pattern ASIDE = Pattern.compile("\\.(.+)\\.[0-9]+\\.gone");

  private final Path folder;
  private final StoreDir storeDir;
  private final Announcement announcement;

  /** How a new link gets known to Nix. */
  @FunctionalInterface
  interface Announcement {
    /** For links right below Nix's own folder of them, which need no word. */
    Announcement NONE = _ -> {};

    /** Tells Nix of {@code link}, which is there. */
    void announce(Path link) throws IOException;
  }

  /** The links in {@code folder}, which exists. */
  KeyLinks(Path folder, StoreDir storeDir, Announcement announcement) {
    this.folder = folder;
    this.storeDir = storeDir;
    this.announcement = announcement;
  }

  /**
   * Keeps {@code path} from now on; when this returns the root is in force, as soon as the path is
   * valid.
   *
   * @return whether it was not kept before
   */
  boolean keep(StorePath path, Instant now) throws IOException {
    var link = link(path);
    while (true) {
      try {
        Files.createSymbolicLink(link, Path.of(storeDir.print(path)));
        setTime(link, now);
        announcement.announce(link);
        return true;
      } catch (FileAlreadyExistsException e) {
        try {
          setTime(link, now);
          // Whoever made it may have been killed before a word was said.
          announcement.announce(link);
          return false;
        } catch (NoSuchFileException f) {
          // Pruned between the two looks; made anew then.
        }
      }
    }
  }

  private static void setTime(Path link, Instant time) throws IOException {
    Files.getFileAttributeView(link, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
        .setTimes(FileTime.from(micros(time)), null, null);
  }

  /** What file systems and their calls agree upon. */
  static Instant micros(Instant time) {
    return time.truncatedTo(ChronoUnit.MICROS);
  }

  private Path link(StorePath path) {
    return folder.resolve(path.baseName());
  }

  /** Everything that is kept, oldest first. */
  List<Kept> list() throws IOException {
    var kept = new ArrayList<Kept>();
    try (var entries = Files.newDirectoryStream(folder)) {
      for (var entry : entries) {
        var path = parsed(String.valueOf(entry.getFileName()));
        if (path.isPresent()) {
          since(entry).ifPresent(time -> kept.add(new Kept(path.get(), time)));
        }
      }
    }
    kept.sort(Kept.BY_AGE);
    return kept;
  }

  /** What is named otherwise is not ours. */
  private static Optional<StorePath> parsed(String name) {
    try {
      return Optional.of(new StorePath(name));
    } catch (InvalidStorePathException e) {
      return Optional.empty();
    }
  }

  private static Optional<Instant> since(Path link) throws IOException {
    try {
      var attributes =
          Files.readAttributes(link, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      return attributes.isSymbolicLink()
          ? Optional.of(micros(attributes.lastModifiedTime().toInstant()))
          : Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /**
   * Lets go of what was kept since that time, unless somebody has come to need it since.
   *
   * @return whether it is let go
   */
  boolean release(Kept kept) throws IOException {
    var link = link(kept.path());
    var aside =
        folder.resolve(
            ".%s.%d%s".formatted(kept.path().baseName(), ProcessHandle.current().pid(), GONE));
    try {
      // Still a root under this name, and out of the way of whoever renews it from here on.
      Files.move(link, aside, StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) {
      return false;
    }
    var now = since(aside);
    // Not only later: clocks are set back.
    if (now.isPresent() && !now.get().equals(kept.since())) {
      putBack(aside, link);
      return false;
    }
    Files.deleteIfExists(aside);
    return true;
  }

  /** Links that a prune had set aside when it was killed. */
  void restore() throws IOException {
    try (var entries = Files.newDirectoryStream(folder, ".*" + GONE)) {
      for (var entry : entries) {
        var aside = ASIDE.matcher(String.valueOf(entry.getFileName()));
        var path = aside.matches() ? parsed(aside.group(1)) : Optional.<StorePath>empty();
        if (path.isPresent()) {
          putBack(entry, link(path.get()));
        }
      }
    }
  }

  private void putBack(Path aside, Path link) throws IOException {
    try {
      Files.move(aside, link, StandardCopyOption.ATOMIC_MOVE);
      // A collector that saw it missing has forgotten it.
      announcement.announce(link);
    } catch (NoSuchFileException e) {
      // Somebody else did it.
    }
  }
}
