package io.hookq.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.Closeable;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class DaemonSocketTest {
  @TempDir private Path folder;

  @Test
  void a_daemon_with_a_full_queue_of_peers_is_waited_for() throws Exception {
    var path = folder.resolve("s");
    try (var listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listening.bind(UnixDomainSocketAddress.of(path), 1);
      var before = new ArrayDeque<SocketChannel>();
      fill(path, before);
      var connected = new CompletableFuture<Closeable>();
      var thread = Thread.ofVirtual().start(() -> connect(path, connected));
      Awaitility.await("tries again or has given up")
          .until(() -> thread.getState() == Thread.State.TIMED_WAITING || connected.isDone());
      assertThat(connected).isNotDone();

      for (var peer : before) {
        listening.accept().close();
        peer.close();
      }

      connected.get(60, TimeUnit.SECONDS).close();
    }
  }

  private static void connect(Path path, CompletableFuture<Closeable> connected) {
    try {
      connected.complete(new DaemonSocket(path).connect().close());
    } catch (IOException e) {
      connected.completeExceptionally(e);
    }
  }

  /** Not blocking, so that the kernel says when no more fit. */
  private static void fill(Path path, ArrayDeque<SocketChannel> peers) throws IOException {
    while (true) {
      var peer = SocketChannel.open(StandardProtocolFamily.UNIX);
      try {
        peer.configureBlocking(false);
        peer.connect(UnixDomainSocketAddress.of(path));
        peers.add(peer);
      } catch (IOException e) {
        peer.close();
        return;
      }
    }
  }
}
