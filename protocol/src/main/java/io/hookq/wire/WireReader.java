package io.hookq.wire;

import io.hookq.store.InvalidStorePathException;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Reads integers, strings, lists and store paths as Nix writes them.
 *
 * <p>Reads ahead into a buffer of 64 KiB, so it must be the only reader of its stream. Not
 * thread-safe. Does not close the stream. All methods throw {@link EOFException} where the stream
 * ends too early and {@link WireFormatException} where its bytes are not allowed; after either, and
 * after any other {@link IOException}, the position is undefined and the reader must not be used
 * again.
 *
 * <p>No length is believed: it must keep to the bound that the caller names, and memory is taken as
 * the bytes arrive.
 */
public final class WireReader {
  private static final int BUFFER_SIZE = 64 * 1024;

  /** Up to this length a string is allocated at once; a longer one grows with what arrives. */
  private static final int TRUSTED_LENGTH = 64 * 1024;

  /** More elements than any store has paths; each costs its sender at least 8 bytes. */
  private static final int MAX_PATHS = 1 << 24;

  private static final int TRUSTED_COUNT = 1024;
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER_SIZE];
  private int position;
  private int limit;

  /** Bytes of the stream that lie before the buffer's first byte. */
  private long bufferOffset;

  /** A reader at offset 0 of {@code in}. */
  public WireReader(InputStream in) {
    this.in = in;
  }

  /** Bytes handed out so far. */
  public long offset() {
    return bufferOffset + position;
  }

  /**
   * Whether the stream has ended. Blocks until the next byte or the end is there; consumes nothing.
   */
  public boolean atEnd() throws IOException {
    return position == limit && !fill();
  }

  /** The next integer, all 64 bits of it; one of 2^63 or more comes out negative. */
  public long readLong() throws IOException {
    if (limit - position >= Long.BYTES) {
      var value = (long) LONG.get(buffer, position);
      position += Long.BYTES;
      return value;
    }
    // Only here, where the buffer runs out inside the integer, is a copy needed.
    var bytes = new byte[Long.BYTES];
    readFully(bytes, 0, bytes.length);
    return (long) LONG.get(bytes, 0);
  }

  /** The next integer, a size or a time: refused from 2^63 on. */
  public long readSize() throws IOException {
    var start = offset();
    var value = readLong();
    if (value < 0) {
      throw new WireFormatException(start, "an integer below 2^63", Long.toUnsignedString(value));
    }
    return value;
  }

  /** The next integer, refused from 2^31 on. */
  public int readInt() throws IOException {
    return (int) readBounded(Integer.MAX_VALUE, "an integer below 2^31");
  }

  /** The next integer as a truth value: false is 0, anything else is true, as in Nix. */
  public boolean readBool() throws IOException {
    return readLong() != 0;
  }

  /**
   * The next string as raw bytes.
   *
   * @param max the longest that is allowed
   */
  public byte[] readBytes(int max) throws IOException {
    var length = readLength(max);
    var bytes = length <= TRUSTED_LENGTH ? new byte[length] : new byte[TRUSTED_LENGTH];
    readFully(bytes, 0, bytes.length);
    while (bytes.length < length) {
      var read = bytes.length;
      // Twice what has arrived: a peer that lies about the length pays for half of what it costs
      // us.
      bytes = Arrays.copyOf(bytes, (int) Math.min(length, read * 2L));
      readFully(bytes, read, bytes.length - read);
    }
    skipPadding(length);
    return bytes;
  }

  /**
   * The next string as text, taken as UTF-8; malformed bytes are replaced, never refused.
   *
   * @param max the most bytes that are allowed
   */
  public String readString(int max) throws IOException {
    if (limit - position >= Long.BYTES) {
      var length = (long) LONG.get(buffer, position);
      if (length >= 0 && length <= Math.min(max, limit - position - Long.BYTES)) {
        var text = new String(buffer, position + Long.BYTES, (int) length, StandardCharsets.UTF_8);
        position += Long.BYTES + (int) length;
        skipPadding(length);
        return text;
      }
    }
    return new String(readBytes(max), StandardCharsets.UTF_8);
  }

  /**
   * The next list of strings.
   *
   * @param maxCount the most elements that are allowed
   * @param maxLength the most bytes that are allowed in one of them
   */
  public List<String> readStrings(int maxCount, int maxLength) throws IOException {
    var count = readCount(maxCount);
    var strings = new ArrayList<String>(Math.min(count, TRUSTED_COUNT));
    for (var i = 0; i < count; i++) {
      strings.add(readString(maxLength));
    }
    return strings;
  }

  /** The next string, a full store path. */
  public StorePath readStorePath(StoreDir dir) throws IOException {
    var start = offset();
    return toStorePath(dir, readString(maxPathLength(dir)), start);
  }

  /** The next string, a full store path or empty. */
  public Optional<StorePath> readOptionalStorePath(StoreDir dir) throws IOException {
    var start = offset();
    var text = readString(maxPathLength(dir));
    return text.isEmpty() ? Optional.empty() : Optional.of(toStorePath(dir, text, start));
  }

  /** The next list of full store paths, in the order in which they come. */
  public List<StorePath> readStorePaths(StoreDir dir) throws IOException {
    var count = readCount(MAX_PATHS);
    var paths = new ArrayList<StorePath>(Math.min(count, TRUSTED_COUNT));
    for (var i = 0; i < count; i++) {
      paths.add(readStorePath(dir));
    }
    return paths;
  }

  /**
   * The next {@code length} bytes, as they are: neither a length before them nor padding behind.
   */
  public void readFully(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    var done = 0;
    while (done < length) {
      var read = read(bytes, offset + done, length - done);
      if (read < 0) {
        throw endOfStream(length - done);
      }
      done += read;
    }
  }

  /** The zero bytes behind a string of {@code length} bytes. */
  public void skipPadding(long length) throws IOException {
    var padding = (int) (-length & 7);
    var start = offset();
    for (var i = 0; i < padding; i++) {
      if (position == limit && !fill()) {
        throw endOfStream(padding - i);
      }
      var found = buffer[position++];
      if (found != 0) {
        throw new WireFormatException(start + i, "zero padding", "0x%02x".formatted(found & 0xff));
      }
    }
  }

  /**
   * The next {@code length} bytes as a stream, which must be read before this reader is used again.
   *
   * <p>It ends after {@code length} bytes and throws {@link EOFException} if there are fewer.
   * Closing it does nothing.
   */
  public InputStream limited(long length) {
    if (length < 0) {
      throw new IllegalArgumentException("length " + length);
    }
    return new LimitedStream(length);
  }

  /** As {@link InputStream#read(byte[], int, int)}, through the buffer. */
  int read(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (position == limit) {
      if (length >= BUFFER_SIZE) {
        return readAround(bytes, offset, length);
      }
      if (!fill()) {
        return -1;
      }
    }
    var count = Math.min(length, limit - position);
    System.arraycopy(buffer, position, bytes, offset, count);
    position += count;
    return count;
  }

  /** A read as large as the buffer gains nothing from it. */
  private int readAround(byte[] bytes, int offset, int length) throws IOException {
    var count = in.read(bytes, offset, length);
    if (count > 0) {
      bufferOffset += count;
    }
    return count;
  }

  private boolean fill() throws IOException {
    bufferOffset += position;
    position = 0;
    limit = 0;
    var count = in.read(buffer, 0, BUFFER_SIZE);
    if (count <= 0) {
      return false;
    }
    limit = count;
    return true;
  }

  private int readLength(int max) throws IOException {
    return (int) readBounded(max, "a string of at most " + max + " bytes");
  }

  private int readCount(int max) throws IOException {
    return (int) readBounded(max, "a list of at most " + max + " elements");
  }

  private long readBounded(long max, String expected) throws IOException {
    var start = offset();
    var value = readLong();
    if (value < 0 || value > max) {
      throw new WireFormatException(start, expected, Long.toUnsignedString(value));
    }
    return value;
  }

  private static int maxPathLength(StoreDir dir) {
    // What follows the directory: slash, hash part, dash, name.
    return dir.path().length() * 4 + 1 + StorePath.HASH_PART_LENGTH + 1 + StorePath.MAX_NAME_LENGTH;
  }

  private static StorePath toStorePath(StoreDir dir, String text, long start)
      throws WireFormatException {
    try {
      return dir.parse(text);
    } catch (InvalidStorePathException e) {
      var failure = new WireFormatException(start, "a path in " + dir.path(), "'" + text + "'");
      failure.initCause(e);
      throw failure;
    }
  }

  private EOFException endOfStream(long missing) {
    return new EOFException(
        "the stream ends at offset %d where %d more bytes were expected"
            .formatted(offset(), missing));
  }

  private final class LimitedStream extends InputStream {
    private long remaining;

    LimitedStream(long length) {
      remaining = length;
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
      if (remaining == 0) {
        return -1;
      }
      var count = WireReader.this.read(bytes, offset, (int) Math.min(length, remaining));
      if (count < 0) {
        throw endOfStream(remaining);
      }
      remaining -= count;
      return count;
    }

    @Override
    public long skip(long count) throws IOException {
      var skipped = 0L;
      while (skipped < count && remaining > 0) {
        if (position == limit && !fill()) {
          throw endOfStream(remaining);
        }
        var step = (int) Math.min(limit - position, Math.min(count - skipped, remaining));
        position += step;
        remaining -= step;
        skipped += step;
      }
      return skipped;
    }

    @Override
    public int available() {
      return (int) Math.min(remaining, limit - position);
    }
  }
}
