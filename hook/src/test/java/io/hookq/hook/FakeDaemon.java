package io.hookq.hook;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A daemon as the hook meets it, good or bad: listens on a Unix socket and treats every connection
 * as it was told to. One virtual thread a connection; {@link #close} ends them all.
 */
final class FakeDaemon implements Closeable {
  /** What is done with one connection, which is closed afterwards. */
  interface Manner {
    void meet(Visit visit) throws IOException, InterruptedException;
  }

  private final ServerSocketChannel server;
  private final Manner manner;
  private final List<byte[]> lines = new CopyOnWriteArrayList<>();
  private final CountDownLatch closing = new CountDownLatch(1);

  private FakeDaemon(ServerSocketChannel server, Manner manner) {
    this.server = server;
    this.manner = manner;
  }

  static FakeDaemon listen(Path socket, Manner manner) throws IOException {
    var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket), 128);
    var daemon = new FakeDaemon(server, manner);
    Thread.ofVirtual().start(daemon::accept);
    return daemon;
  }

  /** Reads the line, then answers with these bytes. */
  static Manner answering(String answer) {
    return answering(answer.getBytes(StandardCharsets.UTF_8));
  }

  static Manner answering(byte[] answer) {
    return visit -> {
      visit.readLine();
      visit.write(answer);
    };
  }

  static Manner acking() {
    return answering("{\"ok\": true, \"jobs\": 1}\n");
  }

  /** The lines that came in so far, each with its end. */
  List<byte[]> lines() {
    return lines;
  }

  @Override
  public void close() throws IOException {
    closing.countDown();
    server.close();
  }

  private void accept() {
    try {
      while (true) {
        var channel = server.accept();
        Thread.ofVirtual().start(() -> meet(channel));
      }
    } catch (IOException e) {
      if (server.isOpen()) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void meet(SocketChannel channel) {
    try (channel) {
      manner.meet(new Visit(channel));
    } catch (IOException e) {
      // The hook has its own time limit and may be gone by now.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One connection, as a {@link Manner} sees it. */
  final class Visit {
    private final SocketChannel channel;

    private Visit(SocketChannel channel) {
      this.channel = channel;
    }

    void readLine() throws IOException {
      var line = new ByteArrayOutputStream();
      var buffer = ByteBuffer.allocate(64 * 1024);
      while (channel.read(buffer) >= 0) {
        line.write(buffer.array(), 0, buffer.position());
        if (buffer.position() > 0 && buffer.get(buffer.position() - 1) == '\n') {
          lines.add(line.toByteArray());
          return;
        }
        buffer.clear();
      }
    }

    void write(byte[] bytes) throws IOException {
      var buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    }

    /** Holds the connection open, saying nothing, until the daemon is closed. */
    void stayUntilClosed() throws InterruptedException {
      closing.await();
    }

    /** Waits, but not beyond the daemon's end; false once it is closed. */
    boolean pause(long milliseconds) throws InterruptedException {
      return !closing.await(milliseconds, TimeUnit.MILLISECONDS);
    }
  }
}
