package io.hookq.wire;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/**
 * The other end of a {@link FramedOutputStream}: the bytes of all frames up to the empty one.
 *
 * <p>Reads through the connection's reader, which nobody else may use until this stream has ended;
 * whoever loses interest calls {@link #drain}, so that the connection stays in step. Not
 * thread-safe. Frames are passed through, never held. {@link #close} does nothing. Throws {@link
 * EOFException} if the connection ends before the empty frame.
 */
public final class FramedInputStream extends InputStream {
  private static final long MAX_FRAME = 0xffff_ffffL;

  private final WireReader reader;
  private long remaining;
  private boolean ended;

  /** Frames from {@code reader}. */
  public FramedInputStream(WireReader reader) {
    this.reader = reader;
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    if (length == 0) {
      return 0;
    }
    if (remaining == 0 && !nextFrame()) {
      return -1;
    }
    var count = reader.read(bytes, offset, (int) Math.min(length, remaining));
    if (count < 0) {
      throw new EOFException(
          "the stream ends at offset %d with %d bytes of a frame missing"
              .formatted(reader.offset(), remaining));
    }
    remaining -= count;
    return count;
  }

  /** Skips everything up to and including the empty frame. */
  public void drain() throws IOException {
    var ignored = new byte[8 * 1024];
    while (read(ignored, 0, ignored.length) >= 0) {
      // What is left interests nobody.
    }
  }

  private boolean nextFrame() throws IOException {
    if (ended) {
      return false;
    }
    var start = reader.offset();
    var length = reader.readLong();
    if (length < 0 || length > MAX_FRAME) {
      throw new WireFormatException(
          start, "a frame of less than 2^32 bytes", Long.toUnsignedString(length));
    }
    remaining = length;
    ended = length == 0;
    return !ended;
  }
}
