package io.hookq.daemon.control;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Asks the daemon over its socket; one connection a call.
 *
 * <p>Thread-safe and without state; nothing to close.
 */
public final class ControlClient {
  private static final int IN_BUFFER = 1 << 16;

  private final Path socket;

  /** Speaks to the daemon that listens on {@code socket}. */
  public ControlClient(Path socket) {
    this.socket = socket;
  }

  /**
   * Begins in a thread of its own what the first Unix socket of a JVM waits for: it wants random
   * numbers, and for these the JDK readies its security providers, as long as half of a command.
   * What reading a first answer waits for is done here meanwhile.
   */
  public static void prepare() {
    Thread.ofPlatform().daemon().start(ControlClient::openOnce);
    ControlCodec.prepare();
  }

  private static void openOnce() {
    try (var _ = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return;
    } catch (IOException e) {
      // Whoever calls opens one himself, and is told then.
      return;
    }
  }

  /**
   * Asks and waits for the answer. A {@link WaitRequest} is answered when it is answered: its own
   * timeout comes on top of {@code timeout}, and without one there is no limit.
   *
   * @throws ControlUnreachableException if no daemon answers within {@code timeout}
   * @throws ControlRefusedException if the daemon says no
   * @throws IOException if the answer is not one, or the request is too long for one line
   */
  public <R> R call(ControlRequest<R> request, Duration timeout) throws IOException {
    return exchange(request, timeout, in -> ControlCodec.readReply(in, request));
  }

  /**
   * Asks for a list and gives the answer's jobs as they came: an array in UTF-8, of objects with
   * the fields of {@link ListRequest.Entry}. Throws what {@link #call} throws; where it does, there
   * is not half a list.
   */
  public ByteBuffer listAsJson(ListRequest request, Duration timeout) throws IOException {
    return exchange(request, timeout, ControlCodec::readList);
  }

  private <R> R exchange(ControlRequest<?> request, Duration timeout, ReplyReader<R> reader)
      throws IOException {
    var line = line(request);
    var limit = request.limit(timeout);
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        var _ = new Alarm(channel, limit)) {
      connect(channel);
      send(channel, line);
      // One reply a connection: nothing is lost with what is read too much.
      return reader.read(new BufferedInputStream(Channels.newInputStream(channel), IN_BUFFER));
    } catch (ClosedChannelException e) {
      // Under a read, or between two.
      throw new ControlUnreachableException(
          "no answer within %d ms from %s".formatted(limit.orElseThrow().toMillis(), socket), e);
    } catch (EOFException | SocketException e) {
      // A connection that is closed with something unread in it is reset.
      throw new ControlUnreachableException("hung up without an answer: " + socket, e);
    }
  }

  private static void send(SocketChannel channel, byte[] line) throws IOException {
    try {
      for (var rest = ByteBuffer.wrap(line); rest.hasRemaining(); ) {
        channel.write(rest);
      }
    } catch (ClosedChannelException e) {
      throw e;
    } catch (IOException e) {
      // A broken pipe. Who hung up may have said why before; if not, the read says the same.
      return;
    }
  }

  private interface ReplyReader<R> {
    R read(InputStream in) throws IOException;
  }

  private static byte[] line(ControlRequest<?> request) throws IOException {
    var line = new ByteArrayOutputStream();
    ControlCodec.writeRequest(line, request);
    if (line.size() > LineReader.MAX_LINE) {
      throw new IOException(
          "a request has at most %d bytes, this one has %d; ask in parts"
              .formatted(LineReader.MAX_LINE, line.size()));
    }
    return line.toByteArray();
  }

  private void connect(SocketChannel channel) throws IOException {
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (AsynchronousCloseException e) {
      throw e;
    } catch (BindException e) {
      // What EACCES is to Java, of the socket or of a folder on the way to it.
      throw ControlUnreachableException.denied(unreachable(String.valueOf(e.getMessage())), e);
    } catch (IOException e) {
      var why = Files.exists(socket) ? String.valueOf(e.getMessage()) : "no such socket";
      throw new ControlUnreachableException(unreachable(why), e);
    }
  }

  private String unreachable(String why) {
    return "the daemon is not reachable at %s: %s".formatted(socket, why);
  }

  /** Closes a channel when its time is up, under whoever is blocked on it. */
  private static final class Alarm implements AutoCloseable {
    private final CountDownLatch over = new CountDownLatch(1);

    Alarm(SocketChannel channel, Optional<Duration> limit) {
      // No virtual one: the first of them starts their scheduler, which takes a command longer than
      // the whole exchange.
      limit.ifPresent(time -> Thread.ofPlatform().daemon().start(() -> closeAfter(channel, time)));
    }

    private void closeAfter(SocketChannel channel, Duration time) {
      try (channel) {
        over.await(time.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (IOException e) {
        // Closing is all that was wanted of it.
        return;
      }
    }

    @Override
    public void close() {
      over.countDown();
    }
  }
}
