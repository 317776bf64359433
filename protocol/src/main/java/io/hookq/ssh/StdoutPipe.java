package io.hookq.ssh;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * From the thread that receives packets, which must never wait, to the one that reads the command's
 * output, which may. Holds at most one channel window, since the peer is told that there is room
 * only after something was read.
 *
 * <p>What arrived before the end or the break is still read; then comes the end of the stream, or
 * the exception. MINA's own stream cannot be used: it ends the same way when the session dies, and
 * half a NAR would look whole.
 */
final class StdoutPipe extends InputStream {
  /** Tells the peer that there is room again. */
  @FunctionalInterface
  interface Release {
    void released(int bytes) throws IOException;
  }

  /** Says why the stream broke, as late as possible: the best reason may come after the break. */
  @FunctionalInterface
  interface Reason {
    IOException get();
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<byte[]> chunks = new ArrayDeque<>();
  private final Release release;

  private int headOffset;
  private long buffered;
  private boolean ended;
  private boolean closed;
  private @Nullable Reason broken;

  StdoutPipe(Release release) {
    this.release = release;
  }

  // ── The receiving side ─────────────────────────────────────────────────────────────────────

  void put(byte[] chunk) {
    lock.lock();
    try {
      if (!closed && !ended && broken == null && chunk.length > 0) {
        chunks.add(chunk);
        buffered += chunk.length;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  void end() {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Has no effect after {@link #end}. */
  void fail(Reason reason) {
    lock.lock();
    try {
      if (broken == null) {
        broken = reason;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  // ── The reading side ───────────────────────────────────────────────────────────────────────

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, target.length);
    if (length == 0) {
      return 0;
    }
    int taken = 0;
    lock.lock();
    try {
      while (true) {
        if (closed) {
          throw new IOException("the command was closed");
        }
        if (!chunks.isEmpty()) {
          break;
        }
        if (ended) {
          return -1;
        }
        if (broken != null) {
          throw broken.get();
        }
        changed.await();
      }
      while (taken < length && !chunks.isEmpty()) {
        byte[] head = chunks.getFirst();
        int n = Math.min(length - taken, head.length - headOffset);
        System.arraycopy(head, headOffset, target, offset + taken, n);
        taken += n;
        headOffset += n;
        if (headOffset == head.length) {
          chunks.removeFirst();
          headOffset = 0;
        }
      }
      buffered -= taken;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (InterruptedIOException)
          new InterruptedIOException("interrupted while reading a command's output").initCause(e);
    } finally {
      lock.unlock();
    }
    release.released(taken);
    return taken;
  }

  @Override
  public int available() {
    lock.lock();
    try {
      return (int) Math.min(buffered, Integer.MAX_VALUE);
    } finally {
      lock.unlock();
    }
  }

  /** Drops what was not read; later reads throw. The command goes on until it is closed itself. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      chunks.clear();
      buffered = 0;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
