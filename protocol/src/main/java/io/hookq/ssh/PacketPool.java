package io.hookq.ssh;

import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.sshd.common.util.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * The packets in which one session sends its channels' data: a fixed number, used again and again,
 * whatever the number of channels.
 *
 * <p>MINA queues what is written to it without any bound, so this is what bounds a session's
 * memory: who writes waits here for the socket. New packets instead would outlive a young heap
 * while they queue, and fill the old one with hundreds of megabytes an upload. Thread-safe; those
 * who wait are served in turn, or a busy channel would starve the others.
 */
final class PacketPool {
  /** A megabyte in packets of the usual size; more does not keep a socket busier. */
  static final int SIZE = 32;

  private final ReentrantLock lock = new ReentrantLock(true);
  private final Condition changed = lock.newCondition();

  // Guarded by the lock.
  private final ArrayDeque<Buffer> free = new ArrayDeque<>();
  private int made;

  /**
   * One that is free, whatever it holds; {@code maker} makes the first ones. Waits for the socket.
   *
   * @param gone whether it is wanted no more; to be asked again it takes a {@link #wake}
   * @return null if it is wanted no more
   */
  @Nullable Buffer take(Supplier<Buffer> maker, BooleanSupplier gone) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (!gone.getAsBoolean()) {
        if (!free.isEmpty()) {
          // The last one: it may still be in the processor's cache.
          return free.removeLast();
        }
        if (made < SIZE) {
          var fresh = maker.get();
          made++;
          return fresh;
        }
        changed.await();
      }
      // Whoever was told of a free one and wants none tells the next.
      changed.signal();
      return null;
    } finally {
      lock.unlock();
    }
  }

  /** Takes back one that is through the socket, or will never be. */
  void giveBack(Buffer packet) {
    lock.lock();
    try {
      free.addLast(packet);
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Has everybody who waits look again whether he is gone. */
  void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** How many there are by now. */
  int made() {
    lock.lock();
    try {
      return made;
    } finally {
      lock.unlock();
    }
  }
}
