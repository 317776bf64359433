package io.hookq.zstd;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.hookq.wire.WireFormatException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Reads the pieces of a {@link ZstdOutput}.
 *
 * <p>Reads no further than the piece that it needs. For one reader; {@link #close} may be called by
 * any thread, closes the stream under a reader that is blocked in it, and gives native memory back.
 * Throws {@link EOFException} inside a piece and {@link WireFormatException} for one that is
 * malformed; neither can be read on from.
 */
public final class ZstdInput extends InputStream {
  /** What the worst case of a chunk takes, and the end of the zstd frame before it. */
  private static final int MAX_PIECE = ZstdOutput.CHUNK + 4096;

  private static final int FRAME_MAGIC = 0xfd2f_b528;
  private static final int FRAME_HEADER = 6;

  /** A header without the size, without a dictionary: just the window is in it. */
  private static final int ONLY_WINDOW = 0b1110_0011;

  private final InputStream in;
  private final ZstdDecompressCtx zstd = new ZstdDecompressCtx();
  private final ByteBuffer packed = ByteBuffer.allocateDirect(MAX_PIECE);
  private final ByteBuffer unpacked =
      ByteBuffer.allocateDirect(ZstdOutput.CHUNK + 1); // shows excess
  private final byte[] piece = new byte[MAX_PIECE];
  private final byte[] header = new byte[Integer.BYTES];
  private long offset;

  /** Of a plain piece, which is read from where it comes from. */
  private int plainLeft;

  private boolean frameBegins = true;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile boolean closed;

  /** From {@code in}. */
  public ZstdInput(InputStream in) {
    this.in = in;
    unpacked.limit(0);
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int start, int length) throws IOException {
    Objects.checkFromIndexSize(start, length, bytes.length);
    if (length == 0) {
      return 0;
    }
    lock.lock();
    try {
      if (plainLeft == 0 && !unpacked.hasRemaining() && !nextPiece()) {
        return -1;
      }
      if (plainLeft > 0) {
        return readPlain(bytes, start, length);
      }
      var count = Math.min(length, unpacked.remaining());
      unpacked.get(bytes, start, count);
      return count;
    } finally {
      lock.unlock();
    }
  }

  private int readPlain(byte[] bytes, int start, int length) throws IOException {
    if (closed) {
      throw new IOException("the stream is closed");
    }
    var count = in.read(bytes, start, Math.min(length, plainLeft));
    if (count < 0) {
      throw new EOFException("the stream ends " + plainLeft + " bytes before the end of a piece");
    }
    plainLeft -= count;
    return count;
  }

  private boolean nextPiece() throws IOException {
    if (closed) {
      throw new IOException("the stream is closed");
    }
    var first = in.readNBytes(header, 0, header.length);
    if (first == 0) {
      return false;
    }
    if (first < header.length) {
      throw new EOFException("the stream ends inside the header of a piece");
    }
    var value = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getInt();
    var compressed = (value & ZstdOutput.COMPRESSED) != 0;
    var length = value & ~ZstdOutput.COMPRESSED;
    var max = compressed ? MAX_PIECE : ZstdOutput.CHUNK;
    if (length == 0 || length > max) {
      throw new WireFormatException(offset, "a piece of 1 to " + max + " bytes", "" + length);
    }
    if (compressed) {
      if (in.readNBytes(piece, 0, length) < length) {
        throw new EOFException("the stream ends inside a piece of " + length + " bytes");
      }
      unpacked.clear();
      unpack(length);
    } else {
      plainLeft = length;
    }
    offset += header.length + length;
    return true;
  }

  private void unpack(int length) throws WireFormatException {
    packed.clear().put(piece, 0, length).flip();
    try {
      while (packed.hasRemaining()) {
        if (frameBegins) {
          checkFrame();
        }
        // Stops where a frame ends.
        frameBegins = zstd.decompressDirectByteBufferStream(unpacked, packed);
        if (!unpacked.hasRemaining()) {
          throw malformed("a piece that stands for more than " + ZstdOutput.CHUNK + " bytes");
        }
      }
    } catch (ZstdException e) {
      var failure = malformed(String.valueOf(e.getMessage()));
      failure.initCause(e);
      throw failure;
    }
    unpacked.flip();
    if (!unpacked.hasRemaining()) {
      throw malformed("a piece that stands for nothing");
    }
  }

  /** A frame says itself how much memory it takes to read it. */
  private void checkFrame() throws WireFormatException {
    if (packed.remaining() < FRAME_HEADER) {
      throw malformed("half the header of a zstd frame");
    }
    var start = packed.position();
    var header = packed.slice(start, FRAME_HEADER).order(ByteOrder.LITTLE_ENDIAN);
    var magic = header.getInt();
    var descriptor = header.get();
    var window = header.get() & 0xff;
    if (magic != FRAME_MAGIC || (descriptor & ONLY_WINDOW) != 0) {
      throw malformed("a frame of another kind than ours");
    }
    // RFC 8878: the exponent above 2^10, and eighths of it.
    if (window > (ZstdOutput.WINDOW_LOG - 10) << 3) {
      throw malformed("a frame with a window of more than 16 MiB");
    }
  }

  private WireFormatException malformed(String found) {
    return new WireFormatException(offset, "a zstd stream", found);
  }

  @Override
  public void close() throws IOException {
    try (in) {
      closed = true;
    } finally {
      lock.lock();
      try {
        zstd.close();
      } finally {
        lock.unlock();
      }
    }
  }
}
