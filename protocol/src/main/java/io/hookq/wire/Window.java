package io.hookq.wire;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What is asked and not answered yet, in order, and how the connection broke once it did.
 *
 * <p>Here the writer, the reader and whoever closes the connection meet; every method is
 * thread-safe. The writer waits where too much is unanswered. A failure is final, the first one
 * wins, and wakes everybody.
 */
public final class Window<E extends Window.Exchange> {
  private static final int MAX_EXCHANGES = 4096;
  private static final long MAX_WEIGHT = 64 << 20;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<E> unanswered = new ArrayDeque<>();
  private long weight;
  private long answered;
  private boolean writing;
  private boolean ended;
  private @Nullable IOException failure;

  /** A request that was written, or is being written, and is not answered. */
  public interface Exchange {
    /** The share of the window that this takes, in bytes; no more than a quarter of it. */
    long weight();
  }

  /**
   * Marks the beginning of a request, so that nobody closes in an orderly way inside of it.
   *
   * @throws IOException the failure, if the connection broke before
   */
  public void beginWriting() throws IOException {
    lock.lock();
    try {
      throwFailure();
      writing = true;
    } finally {
      lock.unlock();
    }
  }

  /** Marks the end of a request, whole or not. */
  public void endWriting() {
    lock.lock();
    try {
      writing = false;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Whether {@code exchange} may go out now. */
  public boolean hasRoomFor(E exchange) {
    lock.lock();
    try {
      return fits(exchange);
    } finally {
      lock.unlock();
    }
  }

  private boolean fits(E exchange) {
    return unanswered.size() < MAX_EXCHANGES && weight + exchange.weight() <= MAX_WEIGHT;
  }

  /** Waits until there is room for {@code exchange} and takes it in, before it is written. */
  public void add(E exchange) throws IOException {
    lock.lock();
    try {
      await(() -> fits(exchange));
      unanswered.add(exchange);
      weight += exchange.weight();
    } finally {
      lock.unlock();
    }
  }

  /** The exchange that the next answer belongs to. */
  public Optional<E> first() {
    lock.lock();
    try {
      return Optional.ofNullable(unanswered.peek());
    } finally {
      lock.unlock();
    }
  }

  /** Takes out the first exchange: its answer has been read and handed on. */
  public void removeFirst() {
    lock.lock();
    try {
      weight -= unanswered.remove().weight();
      answered++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** How many exchanges were answered. */
  public long answered() {
    lock.lock();
    try {
      return answered;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until everything is answered. */
  public void awaitEmpty() throws IOException {
    lock.lock();
    try {
      await(unanswered::isEmpty);
    } finally {
      lock.unlock();
    }
  }

  /** Whether nothing has ended the connection. */
  public boolean isWhole() {
    lock.lock();
    try {
      return failure == null;
    } finally {
      lock.unlock();
    }
  }

  /** Ends the connection by {@code e}, unless something else has already; returns what has. */
  public IOException fail(IOException e) {
    lock.lock();
    try {
      if (failure == null) {
        failure = e;
      } else if (!failure.equals(e)) {
        failure.addSuppressed(e);
      }
      changed.signalAll();
      return failure;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends the connection by {@code e}, and says whether it was at rest and whole until then: nothing
   * unanswered, nobody writing.
   */
  public boolean endByChoice(IOException e) {
    lock.lock();
    try {
      var atRest = failure == null && unanswered.isEmpty() && !writing;
      if (failure == null) {
        failure = e;
      }
      changed.signalAll();
      return atRest;
    } finally {
      lock.unlock();
    }
  }

  /** The reader has gone: nothing will be answered any more. */
  public void readerEnded() {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until the reader has gone, for {@code limit} at most. */
  public void awaitReaderEnd(Duration limit) {
    lock.lock();
    try {
      var nanos = limit.toNanos();
      while (!ended && nanos > 0) {
        nanos = changed.awaitNanos(nanos);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  /** The failure; waits for it, {@code limit} at most. */
  public Optional<IOException> awaitFailure(Duration limit) {
    lock.lock();
    try {
      var nanos = limit.toNanos();
      while (failure == null && nanos > 0) {
        nanos = changed.awaitNanos(nanos);
      }
      return Optional.ofNullable(failure);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.ofNullable(failure);
    } finally {
      lock.unlock();
    }
  }

  private void await(Wish wish) throws IOException {
    try {
      throwFailure();
      while (!wish.isTrue()) {
        changed.await();
        throwFailure();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      var interrupted = new InterruptedIOException("interrupted while waiting for the peer");
      interrupted.initCause(e);
      throw interrupted;
    }
  }

  private void throwFailure() throws IOException {
    if (failure != null) {
      throw failure;
    }
  }

  private interface Wish {
    boolean isTrue();
  }
}
