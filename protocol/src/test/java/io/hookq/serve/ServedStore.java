package io.hookq.serve;

import io.hookq.peers.MemoryPipe;
import io.hookq.store.PeerEnd;
import io.hookq.store.StoreDir;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A {@link ServeServer} on a thread of its own, reached through pipes in memory. */
public final class ServedStore implements PeerEnd.Source {
  private static final int CAPACITY = 64 * 1024;

  private final MemoryPipe toServer = new MemoryPipe(CAPACITY);
  private final MemoryPipe toClient = new MemoryPipe(CAPACITY);
  private final ByteArrayOutputStream stderr = new ByteArrayOutputStream();
  private final CompletableFuture<Integer> exitStatus = new CompletableFuture<>();

  private ServedStore() {}

  /** Serves {@code store} to one client. */
  public static ServedStore start(ServeStore store) {
    return start(new ServeServer(StoreDir.DEFAULT, store));
  }

  static ServedStore start(ServeServer server) {
    var served = new ServedStore();
    Thread.ofVirtual().name("serve-server").start(() -> served.run(server));
    return served;
  }

  private void run(ServeServer server) {
    try {
      exitStatus.complete(server.serve(toServer.input(), toClient.output(), stderr));
    } finally {
      closeQuietly(toServer.input());
      closeQuietly(toClient.output());
    }
  }

  private static void closeQuietly(AutoCloseable stream) {
    try {
      stream.close();
    } catch (Exception e) {
      throw new AssertionError("closing a pipe in memory cannot fail", e);
    }
  }

  /** What the server says. */
  public InputStream stdout() {
    return toClient.input();
  }

  /** What the server is told. */
  public OutputStream stdin() {
    return toServer.output();
  }

  @Override
  public PeerEnd peerEnd() {
    try {
      var status = exitStatus.get(20, TimeUnit.SECONDS);
      return new PeerEnd(stderr.toString(StandardCharsets.UTF_8), OptionalInt.of(status));
    } catch (TimeoutException e) {
      return PeerEnd.none();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
