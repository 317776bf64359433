package io.hookq.peers;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A TCP line to a loopback port that can be slow, stand still, or be cut: what tests put between a
 * client and a real server to have time to do something in the middle.
 *
 * <p>Thread-safe; one virtual thread a direction.
 */
public final class SlowLine implements AutoCloseable {
  private static final int BUFFER = 16 * 1024;

  private final ServerSocket listener;
  private final int target;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicLong bytesUp = new AtomicLong();
  private final Object gate = new Object();
  private volatile long bytesPerSecond = Long.MAX_VALUE;
  private boolean frozen;
  private boolean answersFrozen;

  private SlowLine(ServerSocket listener, int target) {
    this.listener = listener;
    this.target = target;
  }

  /** Listens on a free loopback port and passes all on to {@code target}, as fast as it can. */
  public static SlowLine to(int target) {
    try {
      var line = new SlowLine(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), target);
      Thread.ofVirtual().start(line::accept);
      return line;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The port to connect to. */
  public int port() {
    return listener.getLocalPort();
  }

  /** Bytes that went from clients to the target so far. */
  public long bytesUp() {
    return bytesUp.get();
  }

  /** From now on lets at most so many bytes a second through, in each direction. */
  public SlowLine limit(long bytesPerSecond) {
    this.bytesPerSecond = bytesPerSecond;
    return this;
  }

  /** Lets nothing through any more, while connections stay open. */
  public void freeze() {
    synchronized (gate) {
      frozen = true;
    }
  }

  /**
   * Lets nothing back to the clients any more, while what they send still goes on at full speed.
   */
  public void freezeAnswers() {
    synchronized (gate) {
      answersFrozen = true;
      bytesPerSecond = Long.MAX_VALUE;
      gate.notifyAll();
    }
  }

  /** Lets all through again, as fast as it can. */
  public void thaw() {
    synchronized (gate) {
      frozen = false;
      answersFrozen = false;
      bytesPerSecond = Long.MAX_VALUE;
      gate.notifyAll();
    }
  }

  /** Breaks all connections there are; new ones are taken. */
  public void cut() {
    sockets.forEach(SlowLine::closeQuietly);
  }

  private void accept() {
    try {
      while (true) {
        var near = listener.accept();
        sockets.add(near);
        try {
          var far = new Socket(InetAddress.getLoopbackAddress(), target);
          sockets.add(far);
          Thread.ofVirtual().start(() -> pass(near, far, false));
          Thread.ofVirtual().start(() -> pass(far, near, true));
        } catch (IOException e) {
          closeQuietly(near);
        }
      }
    } catch (IOException e) {
      // Closed: the line is gone.
    }
  }

  private void pass(Socket from, Socket to, boolean answers) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      var buffer = new byte[BUFFER];
      for (int n; (n = in.read(buffer)) >= 0; ) {
        hold(n, answers);
        out.write(buffer, 0, n);
        if (!answers) {
          bytesUp.addAndGet(n);
        }
      }
    } catch (IOException e) {
      // One end is gone, or we were cut: either way the pair is over.
    } finally {
      sockets.remove(from);
      sockets.remove(to);
    }
  }

  private void hold(int bytes, boolean answers) throws IOException {
    try {
      synchronized (gate) {
        while (frozen || (answers && answersFrozen)) {
          gate.wait();
        }
        var rate = bytesPerSecond;
        if (rate != Long.MAX_VALUE) {
          var until = System.nanoTime() + bytes * TimeUnit.SECONDS.toNanos(1) / rate;
          for (long left; (left = until - System.nanoTime()) > 0 && rate == bytesPerSecond; ) {
            gate.wait(left / 1_000_000, (int) (left % 1_000_000));
          }
        }
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // What cannot be closed is closed.
    }
  }

  /** Breaks all connections and frees the port. */
  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      cut();
    }
  }
}
