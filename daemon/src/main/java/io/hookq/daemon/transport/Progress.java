package io.hookq.daemon.transport;

import io.hookq.store.NarSource;
import io.hookq.store.PathInfo;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How far the batch in hand is, and what was sent since the start. Thread-safe: the lane counts,
 * the peer's answers are counted by the connection's thread, anyone may look.
 */
final class Progress {
  /** Counted in the writer itself and handed over at this grain, to keep the lock off its path. */
  private static final int GRAIN = 128 << 10;

  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();
  private long planned;
  private long sent;
  private @Nullable PathInfo current;
  private long currentSent;
  private Speed speed;
  private long pathsTotal;
  private long bytesTotal;

  Progress(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.speed = new Speed(nanoTime.getAsLong());
  }

  /**
   * What there is to see.
   *
   * @param etaSeconds empty where nothing is planned or nothing moves
   */
  record View(
      long planned,
      long sent,
      long bytesPerSecond,
      OptionalLong etaSeconds,
      long pathsTotal,
      long bytesTotal,
      Optional<PathInfo> current,
      long currentSent) {}

  View view() {
    lock.lock();
    try {
      var rate = planned > 0 ? speed.bytesPerSecond(nanoTime.getAsLong()) : 0;
      var left = planned - sent;
      return new View(
          planned,
          sent,
          rate,
          rate > 0 ? OptionalLong.of((left + rate - 1) / rate) : OptionalLong.empty(),
          pathsTotal,
          bytesTotal,
          Optional.ofNullable(current),
          currentSent);
    } finally {
      lock.unlock();
    }
  }

  /** A batch of so many bytes begins. */
  void begin(long bytes) {
    lock.lock();
    try {
      planned = bytes;
      sent = 0;
      speed = new Speed(nanoTime.getAsLong());
    } finally {
      lock.unlock();
    }
  }

  /** The batch is over, in whatever way. */
  void end() {
    lock.lock();
    try {
      planned = 0;
      sent = 0;
      current = null;
      currentSent = 0;
    } finally {
      lock.unlock();
    }
  }

  /** The peer has this path now. */
  void added(PathInfo info) {
    lock.lock();
    try {
      pathsTotal++;
      bytesTotal += info.narSize();
    } finally {
      lock.unlock();
    }
  }

  /** {@code nar}, counted while it is written. */
  NarSource counted(PathInfo info, NarSource nar) {
    return out -> {
      start(info);
      var counting = new Counting(out);
      try {
        nar.writeTo(counting);
      } finally {
        counting.report();
      }
    };
  }

  private void start(PathInfo info) {
    lock.lock();
    try {
      current = info;
      currentSent = 0;
    } finally {
      lock.unlock();
    }
  }

  private void moved(long bytes) {
    lock.lock();
    try {
      sent += bytes;
      currentSent += bytes;
      speed.add(bytes, nanoTime.getAsLong());
    } finally {
      lock.unlock();
    }
  }

  private final class Counting extends OutputStream {
    private final OutputStream out;
    private long unreported;

    private Counting(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
      count(1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
      count(length);
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }

    private void count(int bytes) {
      unreported += bytes;
      if (unreported >= GRAIN) {
        report();
      }
    }

    private void report() {
      moved(unreported);
      unreported = 0;
    }
  }
}
