package io.hookq.zstd;

import com.github.luben.zstd.EndDirective;
import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Writes pieces, as hard to compress as the line gives time for.
 *
 * <p>Collects up to 128 KiB; {@link #flush} sends what there is and flushes the stream. For one
 * writer; {@link #close} may be called by any thread: it flushes, unless a writer is at it, closes
 * the stream under a writer that is blocked in it, and gives native memory back. After an {@link
 * IOException} the stream ends inside a piece.
 */
public final class ZstdOutput extends OutputStream {
  static final int CHUNK = 128 * 1024;
  static final int COMPRESSED = 0x8000_0000;

  /** Not worth the compressor's trouble. */
  private static final int TINY = 64;

  /** Not worth a copy: goes on as it is where nothing is compressed. */
  private static final int LARGE = 16 * 1024;

  /** 16 MiB of what was sent before: several store paths, and what a small server can spare. */
  static final int WINDOW_LOG = 24;

  /**
   * Bounds what the highest level adds to that, a hash table of 5 bytes a place, to 5 MiB; with
   * twice as many it makes 1 % less. So a compressor takes at most 23 MiB, its table for long
   * distances included.
   */
  private static final int MAX_HASH_LOG = 20;

  private final OutputStream out;
  private final Pace pace;
  private final ZstdCompressCtx zstd = new ZstdCompressCtx();
  private final ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
  private final ByteBuffer packed =
      ByteBuffer.allocateDirect((int) Zstd.compressBound(CHUNK) + 1024);
  private final byte[] piece = new byte[Integer.BYTES + Math.max(CHUNK, packed.capacity())];
  private final byte[] header = new byte[Integer.BYTES];
  private int level;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile boolean closed;
  private volatile boolean swift;
  private volatile double rate;

  /** Onto {@code out}, at whatever level {@code pace} has come to. */
  ZstdOutput(OutputStream out, Pace pace) {
    this.out = out;
    this.pace = pace;
  }

  /** Onto {@code out}. */
  public static ZstdOutput onto(OutputStream out) {
    return new ZstdOutput(out, new Pace());
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    lock.lock();
    try {
      for (var done = 0; done < length; ) {
        if (length - done >= LARGE && pace.level() == Pace.PLAIN) {
          send();
          done += pass(bytes, offset + done, Math.min(length - done, CHUNK));
          continue;
        }
        var count = Math.min(length - done, chunk.remaining());
        chunk.put(bytes, offset + done, count);
        done += count;
        if (!chunk.hasRemaining()) {
          send();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void flush() throws IOException {
    lock.lock();
    try {
      send();
      out.flush();
    } finally {
      lock.unlock();
    }
  }

  private void send() throws IOException {
    if (closed) {
      throw new IOException("the stream is closed");
    }
    chunk.flip();
    var size = chunk.remaining();
    if (size == 0) {
      chunk.clear();
      return;
    }
    var start = System.nanoTime();
    var length = pace.level() == Pace.PLAIN || size < TINY ? plain() : compressed();
    var packedAt = System.nanoTime();
    out.write(piece, 0, length);
    chunk.clear();
    passed(size, length, packedAt - start, System.nanoTime() - packedAt);
  }

  /** Sends a plain piece without a copy. */
  private int pass(byte[] bytes, int offset, int size) throws IOException {
    if (closed) {
      throw new IOException("the stream is closed");
    }
    var start = System.nanoTime();
    header(header, size);
    out.write(header, 0, header.length);
    out.write(bytes, offset, size);
    passed(size, size, 0, System.nanoTime() - start);
    return size;
  }

  private void passed(int size, int sent, long compressing, long writing) {
    pace.passed(size, sent, compressing, writing);
    swift = pace.isLineSwift();
    rate = pace.rate();
  }

  /**
   * Whether the line is known not to be what everything waits for; false as long as too little went
   * over it to tell. For any thread.
   */
  public boolean isLineSwift() {
    return swift;
  }

  /**
   * Bytes a second that go onto the line, as of late; 0 as long as too little went over it to tell.
   * For any thread.
   */
  public double rate() {
    return rate;
  }

  private int plain() {
    var size = chunk.remaining();
    header(piece, size);
    chunk.get(piece, Integer.BYTES, size);
    return Integer.BYTES + size;
  }

  private int compressed() {
    packed.clear();
    if (pace.level() != level) {
      if (level != 0) {
        zstd.compressDirectByteBufferStream(packed, chunk.slice(0, 0), EndDirective.END);
      }
      level = pace.level();
      // Zero is the level's own. The highest looks a little deeper, for one percent.
      var highest = level == Pace.MAX_LEVEL;
      zstd.setLevel(level)
          .setLong(WINDOW_LOG)
          .setHashLog(highest ? MAX_HASH_LOG : 0)
          .setSearchLog(highest ? 5 : 0)
          .setMinMatch(highest ? 4 : 0);
    }
    while (!zstd.compressDirectByteBufferStream(packed, chunk, EndDirective.FLUSH)) {
      // The room is that of the worst case, so this comes to an end.
    }
    packed.flip();
    var size = packed.remaining();
    header(piece, size | COMPRESSED);
    packed.get(piece, Integer.BYTES, size);
    return Integer.BYTES + size;
  }

  private static void header(byte[] target, int value) {
    ByteBuffer.wrap(target).order(ByteOrder.LITTLE_ENDIAN).putInt(value);
  }

  @Override
  public void close() throws IOException {
    if (!lock.tryLock()) {
      // Somebody is blocked in a write; nothing else ends that.
      closed = true;
      out.close();
      lock.lock();
    }
    try (out) {
      if (!closed) {
        flush();
      }
    } finally {
      closed = true;
      zstd.close();
      lock.unlock();
    }
  }
}
