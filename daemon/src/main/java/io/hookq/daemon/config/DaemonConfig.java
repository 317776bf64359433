package io.hookq.daemon.config;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The daemon itself: where it keeps things, who may speak to it, which store it reads.
 *
 * @param stateDir queue, spool and indirect roots; made by the daemon, 0700
 * @param socket where the hook and the commands reach it
 * @param allowGroup the group that owns the socket
 * @param store the store that paths are taken from
 * @param keepDone how long done jobs stay in the history
 * @param keepFailed how long a failed job holds its GC root
 */
public record DaemonConfig(
    Path stateDir,
    Path socket,
    String allowGroup,
    StoreLocation store,
    Duration keepDone,
    Duration keepFailed) {
  /** What an address of a Unix socket holds on macOS and Linux, the NUL at its end not counted. */
  private static final int MAX_SOCKET_BYTES =
      Surroundings.isMac(System.getProperty("os.name")) ? 103 : 107;

  /**
   * Checks that folders are absolute, and that the kernel can bind the socket.
   *
   * @throws OptionException if not
   */
  public DaemonConfig {
    requireAbsolute("daemon.state-dir", stateDir);
    requireAbsolute("daemon.socket", socket);
    requireBindable(socket);
    if (allowGroup.isBlank()) {
      throw new OptionException("daemon.allow-group", "a group's name is not empty");
    }
  }

  /**
   * Checks that the kernel can bind {@code socket}, and connect to it.
   *
   * @throws OptionException if its path is too long for that
   */
  public static void requireBindable(Path socket) {
    var bytes = socket.toString().getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_SOCKET_BYTES) {
      throw new OptionException(
          "daemon.socket",
          "a socket's path has at most %d bytes, this one has %d: %s"
              .formatted(MAX_SOCKET_BYTES, bytes, socket));
    }
  }

  private static void requireAbsolute(String option, Path path) {
    if (!path.isAbsolute()) {
      throw new OptionException(option, "must be absolute or begin with ~/, not '" + path + "'");
    }
  }

  /** The same with another socket, as {@code --socket} and {@code HOOKQ_SOCKET} ask for. */
  public DaemonConfig withSocket(Path other) {
    return new DaemonConfig(stateDir, other, allowGroup, store, keepDone, keepFailed);
  }

  /** Where the queue's database lies. */
  public Path database() {
    return stateDir.resolve("queue.sqlite");
  }

  /** Host keys learnt by {@code accept-new}; always read too. */
  public Path learntKnownHosts() {
    return stateDir.resolve("known_hosts");
  }
}
