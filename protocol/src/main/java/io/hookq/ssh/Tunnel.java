package io.hookq.ssh;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.sshd.common.future.CloseFuture;
import org.apache.sshd.common.io.AbstractIoWriteFuture;
import org.apache.sshd.common.io.IoHandler;
import org.apache.sshd.common.io.IoService;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.io.IoWriteFuture;
import org.apache.sshd.common.util.Readable;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.closeable.AbstractCloseable;
import org.jspecify.annotations.Nullable;

/**
 * What MINA takes for a network connection: a channel of another SSH session. No port is opened on
 * this machine, as MINA's own port forwarding would.
 *
 * <p>Thread-safe. One virtual thread reads and one writes; both end with it. What is queued for the
 * writer is bounded by whoever writes ({@link ChannelStdin}).
 */
final class Tunnel extends AbstractCloseable implements IoSession {
  private static final AtomicLong IDS = new AtomicLong();
  private static final int READ_SIZE = 32 * 1024;

  private final long id = IDS.incrementAndGet();
  private final TunnelChannel channel;
  private final ChannelStdin out;
  private final IoHandler handler;
  private final IoService service;
  private final SocketAddress remote;
  private final Map<Object, Object> attributes = new ConcurrentHashMap<>();
  private final BlockingQueue<Write> writes = new LinkedBlockingQueue<>();
  private volatile @Nullable Thread writer;

  /** The channel must be open. */
  Tunnel(TunnelChannel channel, SshEndpoint target, IoHandler handler, IoService service) {
    this.channel = channel;
    this.out = Objects.requireNonNull(channel.stdin());
    this.handler = handler;
    this.service = service;
    this.remote = InetSocketAddress.createUnresolved(target.host(), target.port());
  }

  /** One packet on its way, and the end of the way. */
  private static final class Write extends AbstractIoWriteFuture {
    private final @Nullable Buffer packet;

    Write(@Nullable Buffer packet) {
      super("tunnel", null);
      this.packet = packet;
    }

    void done() {
      setValue(true);
    }

    void failed(Throwable cause) {
      setValue(cause);
    }
  }

  /** To be called once, when the handler knows of this. */
  void start() {
    writer = Thread.ofVirtual().name("hookq-ssh-tunnel-out").start(this::write);
    Thread.ofVirtual().name("hookq-ssh-tunnel-in").start(this::read);
  }

  private void read() {
    byte[] block = new byte[READ_SIZE];
    try {
      InputStream in = channel.stdout();
      for (int n; (n = in.read(block)) >= 0; ) {
        handler.messageReceived(this, Readable.readable(ByteBuffer.wrap(block, 0, n)));
      }
      close(true);
    } catch (Exception e) {
      // MINA's handler is declared to throw anything; whatever it is ends the connection.
      broken(e);
    }
  }

  private void write() {
    Write next = null;
    try {
      while (true) {
        next = writes.take();
        if (next.packet == null) {
          out.close();
        } else {
          out.write(next.packet.array(), next.packet.rpos(), next.packet.available());
          if (writes.isEmpty()) {
            out.flush();
          }
        }
        next.done();
      }
    } catch (InterruptedException | InterruptedIOException e) {
      // Closed meanwhile: the one who closed answers the rest.
      fail(next, e);
    } catch (IOException e) {
      fail(next, e);
      broken(e);
    }
  }

  private static void fail(@Nullable Write write, Exception cause) {
    if (write != null) {
      write.failed(cause);
    }
  }

  private void broken(Exception cause) {
    if (!isClosing()) {
      try {
        handler.exceptionCaught(this, cause);
      } catch (Exception e) {
        cause.addSuppressed(e);
      }
    }
    close(true);
  }

  // ── As MINA wants it ───────────────────────────────────────────────────────────────────────

  @Override
  public IoWriteFuture writeBuffer(Buffer buffer) {
    var write = new Write(buffer);
    if (isClosing()) {
      write.failed(channel.broken(null));
      return write;
    }
    writes.add(write);
    if (isClosed()) {
      failAll();
    }
    return write;
  }

  private void failAll() {
    for (Write left; (left = writes.poll()) != null; ) {
      left.failed(channel.broken(null));
    }
  }

  @Override
  protected void doCloseImmediately() {
    channel.closeHere();
    Thread running = writer;
    if (running != null) {
      running.interrupt();
    }
    super.doCloseImmediately();
    failAll();
    try {
      handler.sessionClosed(this);
    } catch (Exception e) {
      log.debug("closing a tunnel", e);
    }
  }

  @Override
  protected CloseFuture doCloseGracefully() {
    shutdownOutputStream();
    return closeFuture;
  }

  @Override
  public void shutdownOutputStream() {
    writes.add(new Write(null));
  }

  @Override
  public void suspendRead() {
    // The channel's window bounds what arrives; MINA asks this of forwarded ports only.
    throw new UnsupportedOperationException("a tunnel is read all the time");
  }

  @Override
  public void resumeRead() {
    throw new UnsupportedOperationException("a tunnel is read all the time");
  }

  @Override
  public long getId() {
    return id;
  }

  @Override
  public @Nullable Object getAttribute(Object key) {
    return attributes.get(key);
  }

  @Override
  public @Nullable Object setAttribute(Object key, Object value) {
    return attributes.put(key, value);
  }

  @Override
  public @Nullable Object setAttributeIfAbsent(Object key, Object value) {
    return attributes.putIfAbsent(key, value);
  }

  @Override
  public @Nullable Object removeAttribute(Object key) {
    return attributes.remove(key);
  }

  @Override
  public SocketAddress getRemoteAddress() {
    return remote;
  }

  @Override
  public SocketAddress getLocalAddress() {
    return remote;
  }

  @Override
  public @Nullable SocketAddress getAcceptanceAddress() {
    return null;
  }

  @Override
  public IoService getService() {
    return service;
  }
}
