package io.hookq.nar;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;

/**
 * Unpacks a NAR to a tree that looks as in a Nix store: modes 0444 and 0555, all times 1.
 *
 * <p>Good for one NAR; not thread-safe. Nothing that exists is overwritten and no link is followed.
 * After an exception part of the tree is there. A link whose target has two slashes in a row is
 * refused: Java would write one.
 */
public final class NarRestore implements NarVisitor {
  private static final FileTime TIME = FileTime.from(Instant.ofEpochSecond(1));
  private static final Set<PosixFilePermission> PLAIN =
      PosixFilePermissions.fromString("r--r--r--");
  private static final Set<PosixFilePermission> EXECUTABLE =
      PosixFilePermissions.fromString("r-xr-xr-x");
  private static final Set<OpenOption> CREATE =
      Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);

  private final Deque<Path> directories = new ArrayDeque<>();
  private Path next;

  /** Unpacks to {@code target}, which must not exist, in a directory that does. */
  public NarRestore(Path target) {
    next = target.toAbsolutePath();
  }

  @Override
  public void regular(boolean executable, long size, InputStream contents) throws IOException {
    try (var out = Channels.newOutputStream(Files.newByteChannel(next, CREATE))) {
      contents.transferTo(out);
    }
    finish(next, executable ? EXECUTABLE : PLAIN);
  }

  @Override
  public void symlink(byte[] target) throws IOException {
    Files.createSymbolicLink(next, RawPath.link(target));
    // The time of a link itself cannot be set from Java; no NAR holds it.
  }

  @Override
  public void directory() throws IOException {
    Files.createDirectory(next);
    directories.push(next);
  }

  @Override
  public void entry(byte[] name) {
    next = RawPath.child(directories.element(), name);
  }

  @Override
  public void endDirectory() throws IOException {
    finish(directories.pop(), EXECUTABLE);
  }

  private static void finish(Path path, Set<PosixFilePermission> permissions) throws IOException {
    Files.setPosixFilePermissions(path, permissions);
    Files.getFileAttributeView(path, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
        .setTimes(TIME, TIME, TIME);
  }
}
