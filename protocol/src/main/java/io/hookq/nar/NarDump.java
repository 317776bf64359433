package io.hookq.nar;

import io.hookq.store.NarSource;
import io.hookq.store.SourceReadException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * The NAR of a tree on disk, byte for byte what {@code nix-store --dump} writes.
 *
 * <p>Immutable and thread-safe; each {@link #writeTo} reads the tree anew and closes what it
 * opened. It takes 64 KiB at most and the names of the directories it is in, whatever the size of
 * the tree. No link is followed. What cannot be read, or cannot be in a NAR, is a {@link
 * SourceReadException} whose cause, where it is {@link AccessDeniedException}, says that only
 * permission is missing.
 */
public final class NarDump implements NarSource {
  private final Path root;
  private final CaseHack caseHack;

  /** The tree at {@code root}, read as Nix does on this platform. */
  public NarDump(Path root) {
    this(root, CaseHack.platformDefault());
  }

  /** The tree at {@code root}, with or without macOS's case hack. */
  public NarDump(Path root, CaseHack caseHack) {
    this.root = root;
    this.caseHack = caseHack;
  }

  /**
   * {@inheritDoc}
   *
   * @throws ClosedByInterruptException if the thread is interrupted
   */
  @Override
  public void writeTo(OutputStream out) throws IOException {
    new Walk(new NarWriter(out), caseHack).node(root, 1);
  }

  /** An entry of a directory under the name that it has in the NAR. */
  private static final class Entry {
    private final byte[] name;
    private final Path path;

    Entry(byte[] name, Path path) {
      this.name = name;
      this.path = path;
    }
  }

  private record Walk(NarWriter nar, CaseHack caseHack) {
    private static final Set<OpenOption> READ =
        Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);

    void node(Path path, int depth) throws IOException {
      if (depth > NarLimits.DEPTH) {
        throw new SourceReadException(
            path + " lies deeper than the " + NarLimits.DEPTH + " levels that Nix allows");
      }
      var attributes = attributes(path);
      if (attributes.isRegularFile()) {
        regular(path, attributes);
      } else if (attributes.isDirectory()) {
        directory(path, depth);
      } else if (attributes.isSymbolicLink()) {
        nar.symlink(target(path));
      } else {
        throw new SourceReadException(path + " is neither a file, a directory nor a symbolic link");
      }
    }

    private void regular(Path path, PosixFileAttributes attributes) throws IOException {
      var executable = attributes.permissions().contains(PosixFilePermission.OWNER_EXECUTE);
      try (var contents = new FileContents(path, open(path), attributes.size())) {
        nar.regular(executable, attributes.size(), contents);
        contents.checkEnd();
      }
    }

    private void directory(Path path, int depth) throws IOException {
      nar.directory();
      for (var entry : entries(path)) {
        nar.entry(entry.name);
        node(entry.path, depth + 1);
      }
      nar.endDirectory();
    }

    private List<Entry> entries(Path directory) throws IOException {
      var entries = new ArrayList<Entry>();
      try (var stream = Files.newDirectoryStream(directory)) {
        for (var path : stream) {
          entries.add(new Entry(caseHack.undo(RawPath.name(path)), path));
        }
      } catch (DirectoryIteratorException e) {
        throw unreadable(directory, Objects.requireNonNull(e.getCause()));
      } catch (IOException e) {
        throw unreadable(directory, e);
      }
      entries.sort((left, right) -> Arrays.compareUnsigned(left.name, right.name));
      checkNames(entries);
      return entries;
    }

    private static void checkNames(List<Entry> sorted) throws SourceReadException {
      for (var i = 0; i < sorted.size(); i++) {
        var entry = sorted.get(i);
        if (entry.name.length > NarLimits.NAME) {
          throw new SourceReadException(
              entry.path + " has a name of more than the " + NarLimits.NAME + " bytes allowed");
        }
        if (i > 0 && Arrays.equals(sorted.get(i - 1).name, entry.name)) {
          // Only the case hack makes two names one.
          throw new SourceReadException(
              "%s and %s are one name without the case hack's suffix"
                  .formatted(sorted.get(i - 1).path, entry.path));
        }
      }
    }

    private static PosixFileAttributes attributes(Path path) throws IOException {
      try {
        return Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      } catch (IOException e) {
        throw unreadable(path, e);
      }
    }

    private static FileChannel open(Path path) throws IOException {
      try {
        return FileChannel.open(path, READ);
      } catch (IOException e) {
        throw unreadable(path, e);
      }
    }

    private static byte[] target(Path link) throws IOException {
      byte[] target;
      try {
        target = RawPath.target(Files.readSymbolicLink(link));
      } catch (IOException e) {
        throw unreadable(link, e);
      }
      if (target.length > NarLimits.TARGET) {
        throw new SourceReadException(
            link + " has a target of more than the " + NarLimits.TARGET + " bytes allowed");
      }
      return target;
    }

    private static IOException unreadable(Path path, IOException cause) {
      return switch (cause) {
        // Not the file's fault: somebody wants this thread to stop.
        case ClosedByInterruptException e -> e;
        case AccessDeniedException e ->
            new SourceReadException("cannot read " + path + ": permission denied", e);
        case NoSuchFileException e ->
            new SourceReadException("cannot read " + path + ": no such file", e);
        case FileSystemException e when e.getReason() != null ->
            new SourceReadException("cannot read " + path + ": " + e.getReason(), e);
        case IOException e -> new SourceReadException("cannot read " + path + ": " + e, e);
      };
    }
  }

  /** A file that must have exactly the size that was announced. */
  private static final class FileContents extends InputStream {
    private final Path path;
    private final FileChannel channel;
    private final long size;
    private long remaining;
    private boolean ended;

    FileContents(Path path, FileChannel channel, long size) {
      this.path = path;
      this.channel = channel;
      this.size = size;
      this.remaining = size;
    }

    @Override
    public int read() throws IOException {
      var one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, bytes.length);
      // One byte more than there should be: it tells of a file that has grown at no further cost.
      var wanted = (int) Math.min(length, remaining + 1);
      var count = readChannel(ByteBuffer.wrap(bytes, offset, wanted));
      if (count < 0) {
        throw new SourceReadException(
            "%s shrank while it was read: %d of %d bytes are missing"
                .formatted(path, remaining, size));
      }
      if (count > remaining) {
        throw grown();
      }
      ended = count == remaining && count < wanted;
      remaining -= count;
      return count;
    }

    /** Fails if there is more than was announced. */
    void checkEnd() throws IOException {
      if (!ended && readChannel(ByteBuffer.allocate(1)) >= 0) {
        throw grown();
      }
    }

    private SourceReadException grown() {
      return new SourceReadException(
          "%s grew while it was read: it had %d bytes".formatted(path, size));
    }

    private int readChannel(ByteBuffer into) throws IOException {
      try {
        return channel.read(into);
      } catch (IOException e) {
        throw Walk.unreadable(path, e);
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
