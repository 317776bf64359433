package io.hookq.worker;

import java.io.IOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * The Unix socket of a Nix daemon.
 *
 * @param path {@code /nix/var/nix/daemon-socket/socket} nearly everywhere
 */
public record DaemonSocket(Path path) implements DaemonStore.Connector {
  /** For a daemon that is there and has not taken those yet that came before us. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final Duration AGAIN = Duration.ofMillis(10);

  @Override
  public DaemonStore.Streams connect() throws IOException {
    var begun = System.nanoTime();
    while (true) {
      try {
        return connectNow();
      } catch (IOException e) {
        var late = System.nanoTime() - begun > PATIENCE.toNanos();
        if (!isBusy(e) || late || Thread.currentThread().isInterrupted()) {
          throw unreachable(e);
        }
      }
      LockSupport.parkNanos(AGAIN.toNanos());
    }
  }

  private DaemonStore.Streams connectNow() throws IOException {
    var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(path));
    } catch (IOException e) {
      try {
        channel.close();
      } catch (IOException f) {
        e.addSuppressed(f);
      }
      throw e;
    }
    return new DaemonStore.Streams(
        Channels.newInputStream(channel), Channels.newOutputStream(channel), channel);
  }

  /**
   * Whether the queue of a listener is full, for which a virtual thread does not wait in the
   * kernel, as others do. Older Nix daemons have a queue of five.
   *
   * <p>By what it is not, for the words follow the locale: nobody listens is a {@link
   * java.net.ConnectException}, and may not a {@link java.net.BindException}; that there is no such
   * file is of this class too.
   */
  private boolean isBusy(IOException e) {
    return e.getClass() == SocketException.class && Files.exists(path);
  }

  private IOException unreachable(IOException cause) {
    var why = Files.exists(path) ? String.valueOf(cause.getMessage()) : "no such socket";
    return new IOException("cannot reach the Nix daemon at %s: %s".formatted(path, why), cause);
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
