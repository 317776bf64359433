package io.hookq.daemon.control;

import io.hookq.log.Logged;
import java.io.Closeable;
import java.io.IOException;
import java.net.BindException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A listening Unix socket in the file system, at no moment open to more than it should be: bound in
 * a folder that only we may enter, given its mode and its group, then renamed to where it belongs.
 *
 * <p>Closing it takes the file away, if it is still ours.
 */
final class SocketFile implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(SocketFile.class);
  private static final int BACKLOG = 512;

  /** What an address holds on macOS; on Linux 4 bytes more. */
  private static final int MAX_BYTES = 103;

  private static final int MAX_BYTES_LINUX = 107;

  private final Path path;
  private final Object key;
  private final ServerSocketChannel channel;

  private SocketFile(Path path, Object key, ServerSocketChannel channel) {
    this.path = path;
    this.key = key;
    this.channel = channel;
  }

  /**
   * Listens at {@code path}; a socket there that nobody answers at is replaced. Missing folders are
   * made.
   *
   * @param group gets the socket, if there is such a group and we may give it away; otherwise that
   *     is said in the log and only our own user and root can connect
   * @throws IOException if somebody answers there, something else lies there, or the path is too
   *     long for a socket
   */
  static SocketFile listen(Path path, String group) throws IOException {
    var folder = Objects.requireNonNull(path.toAbsolutePath().getParent(), "a socket has a folder");
    requireBindable(path);
    requireFree(path);
    Files.createDirectories(folder);
    var workshop = folder.resolve(".b" + ProcessHandle.current().pid());
    var bound = workshop.resolve("s");
    // One of the same number may have been killed in it: in a container all have the same.
    if (Files.isDirectory(workshop, LinkOption.NOFOLLOW_LINKS)) {
      Files.deleteIfExists(bound);
      Files.delete(workshop);
    }
    try {
      Files.createDirectory(
          workshop,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } catch (AccessDeniedException e) {
      throw new IOException("no permission to make a socket in " + folder, e);
    } catch (IOException e) {
      throw new IOException("cannot make a socket in " + folder, e);
    }
    var channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.bind(UnixDomainSocketAddress.of(bound), BACKLOG);
      Files.setPosixFilePermissions(bound, PosixFilePermissions.fromString("rw-rw----"));
      giveTo(group, bound);
      var key = key(bound);
      Files.move(bound, path, StandardCopyOption.ATOMIC_MOVE);
      Files.delete(workshop);
      return new SocketFile(path, key, channel);
    } catch (IOException e) {
      try (channel) {
        Files.deleteIfExists(bound);
        Files.deleteIfExists(workshop);
      } catch (IOException f) {
        e.addSuppressed(f);
      }
      throw e;
    }
  }

  private static void requireBindable(Path path) throws IOException {
    var max = System.getProperty("os.name").startsWith("Linux") ? MAX_BYTES_LINUX : MAX_BYTES;
    var bytes = path.toString().getBytes(StandardCharsets.UTF_8).length;
    if (bytes > max) {
      throw new IOException(
          "a socket's path has at most %d bytes, this one has %d: %s".formatted(max, bytes, path));
    }
  }

  private static void requireFree(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    var attributes =
        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!attributes.isOther()) {
      throw new IOException("not a socket, and in the way of one: " + path);
    }
    if (answers(path)) {
      throw new BindException("another daemon listens on " + path);
    }
  }

  private static boolean answers(Path path) {
    try (var _ = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static void giveTo(String group, Path socket) throws IOException {
    try {
      var principal =
          socket.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByGroupName(group);
      Files.getFileAttributeView(socket, PosixFileAttributeView.class).setGroup(principal);
    } catch (UserPrincipalNotFoundException e) {
      LOG.warn(
          "no such group, so only root and the daemon's user may connect: group={}",
          Logged.name(group));
    } catch (java.nio.file.FileSystemException e) {
      LOG.warn(
          "the socket cannot be given to the group: group={} error={}",
          Logged.name(group),
          Logged.text(e.getReason()));
    }
  }

  private static Object key(Path path) throws IOException {
    var attributes =
        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    return Objects.requireNonNull(attributes.fileKey(), "POSIX files have inodes");
  }

  ServerSocketChannel channel() {
    return channel;
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && key(path).equals(key)) {
        Files.delete(path);
      }
    }
  }
}
