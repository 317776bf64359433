package io.hookq.peers;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * A pipe of bounded capacity inside this JVM, with the manners of a socket: what is written waits
 * to be read, a full pipe blocks its writer, and closing either end wakes whoever is blocked in it.
 *
 * <p>Any threads may hold its ends. Closing the output leaves what was written to be read; after
 * the input is closed, writing fails like a broken pipe.
 */
public final class MemoryPipe {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final byte[] ring;
  private int start;
  private int count;
  private boolean inputClosed;
  private boolean outputClosed;

  /** A pipe that holds {@code capacity} bytes. */
  public MemoryPipe(int capacity) {
    ring = new byte[capacity];
  }

  /** The end to read from. */
  public InputStream input() {
    return new Input();
  }

  /** The end to write to. */
  public OutputStream output() {
    return new Output();
  }

  private void awaitUntil(BooleanSupplier wish) throws IOException {
    try {
      while (!wish.getAsBoolean()) {
        changed.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private final class Input extends InputStream {
    @Override
    public int read() throws IOException {
      var one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      lock.lock();
      try {
        awaitUntil(() -> count > 0 || outputClosed || inputClosed);
        if (inputClosed) {
          throw new IOException("closed");
        }
        if (count == 0) {
          return -1;
        }
        var read = Math.min(Math.min(length, count), ring.length - start);
        System.arraycopy(ring, start, bytes, offset, read);
        start = (start + read) % ring.length;
        count -= read;
        changed.signalAll();
        return read;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public int available() {
      lock.lock();
      try {
        return count;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void close() {
      lock.lock();
      try {
        inputClosed = true;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private final class Output extends OutputStream {
    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      lock.lock();
      try {
        for (var done = 0; done < length; ) {
          awaitUntil(() -> count < ring.length || inputClosed || outputClosed);
          if (inputClosed || outputClosed) {
            throw new IOException("Broken pipe");
          }
          var end = (start + count) % ring.length;
          var room = Math.min(ring.length - count, ring.length - end);
          var written = Math.min(room, length - done);
          System.arraycopy(bytes, offset + done, ring, end, written);
          count += written;
          done += written;
          changed.signalAll();
        }
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void close() {
      lock.lock();
      try {
        outputClosed = true;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }
}
