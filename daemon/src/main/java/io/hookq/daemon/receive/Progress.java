package io.hookq.daemon.receive;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** When something last passed, and what happens if nothing does for too long. Thread-safe. */
final class Progress {
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile long last = System.nanoTime();

  /** {@code in}, watched. */
  InputStream watch(InputStream in) {
    return new FilterInputStream(in) {
      @Override
      public int read() throws IOException {
        var b = in.read();
        last = System.nanoTime();
        return b;
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        var count = in.read(bytes, offset, length);
        last = System.nanoTime();
        return count;
      }
    };
  }

  /** {@code out}, watched. */
  OutputStream watch(OutputStream out) {
    return new FilterOutputStream(out) {
      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        // Not byte by byte, as the parent does.
        OutputStream target = out;
        target.write(bytes, offset, length);
        last = System.nanoTime();
      }
    };
  }

  /** Calls {@code giveUp} once nothing has passed for {@code stall}, on a thread of its own. */
  void guard(Duration stall, Runnable giveUp) {
    Thread.ofPlatform()
        .daemon()
        .name("receive-stall")
        .start(() -> {
          try {
            for (long left; (left = last + stall.toNanos() - System.nanoTime()) > 0; ) {
              if (over.await(left, TimeUnit.NANOSECONDS)) {
                return;
              }
            }
            giveUp.run();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }

  /** The session has ended by itself. */
  void end() {
    over.countDown();
  }
}
