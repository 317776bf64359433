package io.hookq.worker;

import io.hookq.wire.WireWriter;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A NAR on its way to a daemon that asks for it part by part, as they did up to 1.22.
 *
 * <p>Written to by one thread, which waits for demands; told of them by the thread that reads. What
 * is not asked for any more is thrown away: a path that is valid already needs no NAR.
 */
final class TunnelledNar extends OutputStream {
  private static final int MAX_PART = 32 * 1024;

  private final WireWriter writer;
  private final byte[] part = new byte[MAX_PART];
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private int length;
  // Guarded by the lock.
  private long wanted;
  private boolean ended;

  TunnelledNar(WireWriter writer) {
    this.writer = writer;
  }

  /** The daemon waits for that much, at most. */
  void demanded(long bytes) {
    lock.lock();
    try {
      wanted = bytes;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The daemon has answered, or is gone: it will ask for nothing any more. */
  void ended() {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int count) throws IOException {
    Objects.checkFromIndexSize(offset, count, bytes.length);
    for (var done = 0; done < count; ) {
      var piece = Math.min(count - done, MAX_PART - length);
      System.arraycopy(bytes, offset + done, part, length, piece);
      length += piece;
      done += piece;
      if (length == MAX_PART) {
        send();
      }
    }
  }

  /** Hands over the rest. */
  void finish() throws IOException {
    send();
  }

  private void send() throws IOException {
    for (var done = 0; done < length; ) {
      var demand = awaitDemand();
      if (demand == 0) {
        break;
      }
      var piece = (int) Math.min(demand, length - done);
      writer.writeLong(piece);
      writer.bytes().write(part, done, piece);
      writer.writePadding(piece);
      writer.flush();
      done += piece;
    }
    length = 0;
  }

  /** Takes the next demand; 0 if there will be none. */
  private long awaitDemand() throws IOException {
    lock.lock();
    try {
      while (wanted == 0 && !ended) {
        changed.await();
      }
      var demand = ended ? 0 : wanted;
      wanted = 0;
      return demand;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      var interrupted = new InterruptedIOException("interrupted while a NAR waits to be asked for");
      interrupted.initCause(e);
      throw interrupted;
    } finally {
      lock.unlock();
    }
  }
}
