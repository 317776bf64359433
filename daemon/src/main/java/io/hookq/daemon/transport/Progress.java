package io.hookq.daemon.transport;

import io.hookq.store.NarSource;
import io.hookq.store.PathInfo;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * How far the batch in hand is, and what was sent since the start. Thread-safe: senders count, the
 * peer's answers are counted by the connections' threads, anyone may look.
 */
final class Progress {
  /** Counted in the writer itself and handed over at this grain, to keep the lock off its path. */
  private static final int GRAIN = 128 << 10;

  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();
  private long planned;
  private long sent;
  private final SortedMap<Integer, Sending> current = new TreeMap<>();
  private Speed speed;
  private long pathsTotal;
  private long bytesTotal;

  Progress(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.speed = new Speed(nanoTime.getAsLong());
  }

  /** A path on its way, and how far it is. */
  record Sending(PathInfo info, long sent) {}

  /**
   * What there is to see.
   *
   * @param etaSeconds empty where nothing is planned or nothing moves
   * @param current by channel
   */
  record View(
      long planned,
      long sent,
      long bytesPerSecond,
      OptionalLong etaSeconds,
      long pathsTotal,
      long bytesTotal,
      List<Sending> current) {}

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
          List.copyOf(current.values()));
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
      current.clear();
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

  /** {@code nar}, counted while it is written to that channel. */
  NarSource counted(int channel, PathInfo info, NarSource nar) {
    return out -> {
      see(channel, new Sending(info, 0));
      var counting = new Counting(channel, info, out);
      try {
        nar.writeTo(counting);
      } finally {
        counting.report();
      }
    };
  }

  /** That channel sends nothing any more. */
  void rest(int channel) {
    lock.lock();
    try {
      current.remove(channel);
    } finally {
      lock.unlock();
    }
  }

  private void see(int channel, Sending sending) {
    lock.lock();
    try {
      current.put(channel, sending);
    } finally {
      lock.unlock();
    }
  }

  private void moved(int channel, Sending sending, long bytes) {
    lock.lock();
    try {
      sent += bytes;
      current.put(channel, sending);
      speed.add(bytes, nanoTime.getAsLong());
    } finally {
      lock.unlock();
    }
  }

  private final class Counting extends OutputStream {
    private final int channel;
    private final PathInfo info;
    private final OutputStream out;
    private long reported;
    private long unreported;

    private Counting(int channel, PathInfo info, OutputStream out) {
      this.channel = channel;
      this.info = info;
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
      reported += unreported;
      moved(channel, new Sending(info, reported), unreported);
      unreported = 0;
    }
  }
}
