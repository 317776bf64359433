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

  /** 8 MiB of what was sent before: several store paths, and what a small server can spare. */
  static final int WINDOW_LOG = 23;

  private final OutputStream out;
  private final Pace pace;
  private final ZstdCompressCtx zstd = new ZstdCompressCtx();
  private final ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
  private final ByteBuffer packed =
      ByteBuffer.allocateDirect((int) Zstd.compressBound(CHUNK) + 1024);
  private final byte[] piece = new byte[Integer.BYTES + Math.max(CHUNK, packed.capacity())];
  private int level;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile boolean closed;

  private ZstdOutput(OutputStream out, Pace pace) {
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
    pace.passed(size, packedAt - start, System.nanoTime() - packedAt);
  }

  private int plain() {
    var size = chunk.remaining();
    header(size);
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
      zstd.setLevel(level).setLong(WINDOW_LOG);
    }
    while (!zstd.compressDirectByteBufferStream(packed, chunk, EndDirective.FLUSH)) {
      // The room is that of the worst case, so this comes to an end.
    }
    packed.flip();
    var size = packed.remaining();
    header(size | COMPRESSED);
    packed.get(piece, Integer.BYTES, size);
    return Integer.BYTES + size;
  }

  private void header(int value) {
    ByteBuffer.wrap(piece).order(ByteOrder.LITTLE_ENDIAN).putInt(value);
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
