package io.hookq.nar;

import io.hookq.wire.WireWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes a NAR while it is told what the NAR contains.
 *
 * <p>Trusts its caller: names must ascend, calls must be nested as {@link NarVisitor} says.
 * Collects up to 64 KiB, and hands the rest on when the root node ends; neither flushes nor closes
 * the stream. Not thread-safe, good for one NAR. After an {@link IOException} part of the NAR is
 * written and nothing more can be.
 */
public final class NarWriter implements NarVisitor {
  private static final int INITIAL_BUFFER_SIZE = 8 * 1024;

  /** Larger ones gain no speed, and do not fit where the collector keeps what is young. */
  private static final int BUFFER_SIZE = 64 * 1024;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final byte[] MAGIC = tokens("nix-archive-1");
  private static final byte[] REGULAR = tokens("(", "type", "regular", "contents");
  private static final byte[] EXECUTABLE =
      tokens("(", "type", "regular", "executable", "", "contents");
  private static final byte[] SYMLINK = tokens("(", "type", "symlink", "target");
  private static final byte[] DIRECTORY = tokens("(", "type", "directory");
  private static final byte[] ENTRY = tokens("entry", "(", "name");
  private static final byte[] NODE = tokens("node");
  private static final byte[] END = tokens(")");

  private final OutputStream out;
  // Small to begin with: most NARs are, and a fresh large one for each of them would be felt.
  private byte[] buffer = new byte[INITIAL_BUFFER_SIZE];
  private int position;
  private int openDirectories;

  /** Begins a NAR on {@code out}. */
  public NarWriter(OutputStream out) {
    this.out = out;
    System.arraycopy(MAGIC, 0, buffer, 0, MAGIC.length);
    position = MAGIC.length;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IOException also if {@code contents} does not hold exactly {@code size} bytes
   */
  @Override
  public void regular(boolean executable, long size, InputStream contents) throws IOException {
    write(executable ? EXECUTABLE : REGULAR);
    writeLength(size);
    for (var remaining = size; remaining > 0; ) {
      // Straight into the buffer, behind the tokens: many small files leave in one write. Room for
      // one byte more than there should be lets a file show in the same call that it has grown.
      makeRoom((int) Math.min(remaining, BUFFER_SIZE - 1) + 1);
      var count = contents.read(buffer, position, buffer.length - position);
      if (count < 0 || count > remaining) {
        throw new IOException(
            "contents of %d bytes are %s".formatted(size, count < 0 ? "shorter" : "longer"));
      }
      position += count;
      remaining -= count;
    }
    writePadding(size);
    endNode();
  }

  @Override
  public void symlink(byte[] target) throws IOException {
    write(SYMLINK);
    writeString(target);
    endNode();
  }

  @Override
  public void directory() throws IOException {
    write(DIRECTORY);
    openDirectories++;
  }

  @Override
  public void entry(byte[] name) throws IOException {
    write(ENTRY);
    writeString(name);
    write(NODE);
  }

  @Override
  public void endDirectory() throws IOException {
    openDirectories--;
    endNode();
  }

  private void endNode() throws IOException {
    write(END);
    if (openDirectories > 0) {
      // The node was an entry's, and the entry ends with it.
      write(END);
    } else {
      drain();
    }
  }

  private void writeString(byte[] bytes) throws IOException {
    writeLength(bytes.length);
    write(bytes);
    writePadding(bytes.length);
  }

  private void writeLength(long length) throws IOException {
    makeRoom(Long.BYTES);
    LONG.set(buffer, position, length);
    position += Long.BYTES;
  }

  private void writePadding(long length) throws IOException {
    makeRoom(Long.BYTES);
    LONG.set(buffer, position, 0L);
    position += (int) (-length & 7);
  }

  /** Tokens, names and targets, all of which are shorter than the buffer. */
  private void write(byte[] bytes) throws IOException {
    makeRoom(bytes.length);
    System.arraycopy(bytes, 0, buffer, position, bytes.length);
    position += bytes.length;
  }

  /** Grows the buffer while it may, then empties it. */
  private void makeRoom(int wanted) throws IOException {
    while (buffer.length < BUFFER_SIZE && buffer.length - position < wanted) {
      buffer = Arrays.copyOf(buffer, buffer.length * 2);
    }
    if (buffer.length - position < wanted) {
      drain();
    }
  }

  private void drain() throws IOException {
    var length = position;
    position = 0;
    out.write(buffer, 0, length);
  }

  private static byte[] tokens(String... words) {
    var bytes = new ByteArrayOutputStream();
    var wire = new WireWriter(bytes);
    try {
      for (var word : words) {
        wire.writeBytes(word.getBytes(StandardCharsets.US_ASCII));
      }
      wire.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot happen: memory does not fail", e);
    }
    return bytes.toByteArray();
  }
}
