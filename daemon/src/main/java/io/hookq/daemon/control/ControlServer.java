package io.hookq.daemon.control;

import io.hookq.daemon.intake.RefusalClass;
import io.hookq.log.Logged;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The listening end: takes connections, one virtual thread each, and gives what they ask to a
 * {@link ControlHandler}.
 *
 * <p>No peer can hold up another: a slow one has its own thread and a deadline, a loud one its
 * share of the memory for long lines, and one too many is turned away at once with class {@code
 * retry}. Closing it stops all of that; a request that is being handled is finished by its handler,
 * but its answer is lost, which every peer must be ready for.
 */
public final class ControlServer implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
  private static final int MAX_CONNECTIONS = 512;
  private static final int LONG_LINES = 8;
  private static final Duration SWEEP = Duration.ofSeconds(1);

  /** What to do when there is no file descriptor left, before another try. */
  private static final Duration ACCEPT_AGAIN = Duration.ofMillis(100);

  private final ServerSocketChannel listening;
  private final Closeable owned;
  private final ControlHandler handler;
  private final BuildUsers buildUsers;
  private final Deadlines deadlines;
  private final Semaphore admitted = new Semaphore(MAX_CONNECTIONS);
  private final Semaphore longLines = new Semaphore(LONG_LINES);
  private final Set<ControlConnection> connections = ConcurrentHashMap.newKeySet();
  private final CountDownLatch closing = new CountDownLatch(1);

  private ControlServer(
      ServerSocketChannel listening,
      Closeable owned,
      ControlHandler handler,
      BuildUsers buildUsers,
      Deadlines deadlines) {
    this.listening = listening;
    this.owned = owned;
    this.handler = handler;
    this.buildUsers = buildUsers;
    this.deadlines = deadlines;
  }

  /**
   * Listens on {@code socket}, which belongs to {@code group} where there is one.
   *
   * @throws IOException if another daemon answers there, or it cannot be bound
   */
  public static ControlServer listen(Path socket, String group, ControlHandler handler)
      throws IOException {
    return listen(socket, group, handler, BuildUsers.in(Path.of("/etc/group")), Deadlines.GENEROUS);
  }

  static ControlServer listen(
      Path socket, String group, ControlHandler handler, BuildUsers buildUsers, Deadlines deadlines)
      throws IOException {
    var file = SocketFile.listen(socket, group);
    var server = new ControlServer(file.channel(), file, handler, buildUsers, deadlines);
    server.start();
    return server;
  }

  /**
   * Takes connections from a socket that the service manager made and owns: mode, group and file
   * are its business. It stays open after {@link #close}, for closing it would take descriptors 0
   * to 2 along and the last log lines with them; the end of the process closes it.
   */
  public static ControlServer inherit(ServerSocketChannel inherited, ControlHandler handler)
      throws IOException {
    var server =
        new ControlServer(
            inherited, () -> {}, handler, BuildUsers.in(Path.of("/etc/group")), Deadlines.GENEROUS);
    server.start();
    return server;
  }

  private void start() {
    Thread.ofPlatform().daemon().name("control").start(this::acceptAll);
    Thread.ofVirtual().name("control-deadlines").start(this::sweep);
  }

  private boolean isClosing() {
    return closing.getCount() == 0;
  }

  private void acceptAll() {
    while (!isClosing()) {
      try {
        var channel = listening.accept();
        if (isClosing()) {
          channel.close();
        } else if (admitted.tryAcquire()) {
          try {
            serve(channel);
          } catch (RuntimeException | Error e) {
            admitted.release();
            channel.close();
            throw e;
          }
        } else {
          turnAway(channel);
        }
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        LOG.warn("cannot take a connection: error={}", Logged.text(e.getMessage()));
        LockSupport.parkNanos(ACCEPT_AGAIN.toNanos());
      } catch (RuntimeException | Error e) {
        // A bug, or no memory for one more. A daemon that does not listen is none.
        LOG.error("internal error, a connection is lost: error={}", Logged.text(e), e);
        LockSupport.parkNanos(ACCEPT_AGAIN.toNanos());
      }
    }
  }

  private void serve(SocketChannel channel) {
    var connection = new ControlConnection(channel, handler, buildUsers, deadlines, longLines);
    connections.add(connection);
    try {
      Thread.ofVirtual()
          .name("control-connection")
          .start(() -> {
            try {
              connection.run();
            } finally {
              connections.remove(connection);
              admitted.release();
            }
          });
    } catch (RuntimeException | Error e) {
      connections.remove(connection);
      throw e;
    }
    if (isClosing()) {
      connection.cut();
    }
  }

  private static void turnAway(SocketChannel channel) throws IOException {
    LOG.warn("too many connections: limit={}", MAX_CONNECTIONS);
    try (channel) {
      channel.configureBlocking(false);
      ControlConnection.refuse(channel, RefusalClass.RETRY, "too many connections");
    }
  }

  /** How many peers wait for their turn to send a long line. */
  int linesWaiting() {
    return longLines.getQueueLength();
  }

  private void sweep() {
    try {
      while (!closing.await(SWEEP.toMillis(), TimeUnit.MILLISECONDS)) {
        var now = System.nanoTime();
        connections.forEach(connection -> connection.cutIfLate(now));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Stops listening and cuts every connection. May be called more than once. */
  @Override
  public void close() throws IOException {
    closing.countDown();
    try {
      owned.close();
    } finally {
      connections.forEach(ControlConnection::cut);
    }
  }

  /**
   * How long a peer may take.
   *
   * @param line from the first byte of a request to its last
   * @param reply to take what it asked for; also between two entries of a list
   * @param idle between two requests
   * @param heartbeat how often a waiting peer is told that we are here
   */
  record Deadlines(Duration line, Duration reply, Duration idle, Duration heartbeat) {
    static final Deadlines GENEROUS =
        new Deadlines(
            Duration.ofSeconds(30),
            Duration.ofSeconds(60),
            Duration.ofMinutes(10),
            Duration.ofSeconds(30));
  }
}
