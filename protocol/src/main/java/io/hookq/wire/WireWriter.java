package io.hookq.wire;

import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Objects;
import java.util.Optional;

/**
 * Writes integers, strings, lists and store paths as Nix reads them.
 *
 * <p>Collects up to 64 KiB; nothing needs to have arrived before {@link #flush}. Not thread-safe.
 * Does not close the stream. After an {@link IOException} the stream ends somewhere inside an item
 * and the writer must not be used again.
 */
public final class WireWriter {
  private static final int BUFFER_SIZE = 64 * 1024;
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final OutputStream out;
  private final byte[] buffer = new byte[BUFFER_SIZE];
  private final OutputStream bytes = new ByteStream();
  private int position;

  /** A writer onto {@code out}. */
  public WireWriter(OutputStream out) {
    this.out = out;
  }

  /** An integer, 64 bits as they are. */
  public void writeLong(long value) throws IOException {
    reserve(Long.BYTES);
    LONG.set(buffer, position, value);
    position += Long.BYTES;
  }

  /** A truth value: 0 or 1. */
  public void writeBool(boolean value) throws IOException {
    writeLong(value ? 1 : 0);
  }

  /** A string of raw bytes: length, bytes, padding. */
  public void writeBytes(byte[] value) throws IOException {
    writeLong(value.length);
    write(value, 0, value.length);
    writePadding(value.length);
  }

  /** A string of text, as UTF-8. */
  public void writeString(String value) throws IOException {
    writeBytes(value.getBytes(StandardCharsets.UTF_8));
  }

  /** A list of strings, in the order given. */
  public void writeStrings(Collection<String> values) throws IOException {
    writeLong(values.size());
    for (var value : values) {
      writeString(value);
    }
  }

  /** A full store path. */
  public void writeStorePath(StoreDir dir, StorePath path) throws IOException {
    writeString(dir.print(path));
  }

  /** A full store path, or the empty string. */
  public void writeOptionalStorePath(StoreDir dir, Optional<StorePath> path) throws IOException {
    writeString(path.map(dir::print).orElse(""));
  }

  /** A set of full store paths, sorted as Nix sorts them. */
  public void writeStorePaths(StoreDir dir, Collection<StorePath> paths) throws IOException {
    writeLong(paths.size());
    for (var path : paths.stream().sorted().toList()) {
      writeStorePath(dir, path);
    }
  }

  /** The zero bytes behind a string of {@code length} bytes. */
  public void writePadding(long length) throws IOException {
    var padding = (int) (-length & 7);
    reserve(Long.BYTES);
    LONG.set(buffer, position, 0L);
    position += padding;
  }

  /**
   * Bytes as they are, behind what was written so far: a NAR, or the contents of a string whose
   * length has been written. Flushing it is {@link #flush}; closing it does nothing.
   */
  public OutputStream bytes() {
    return bytes;
  }

  /** Hands everything on and flushes the stream. */
  public void flush() throws IOException {
    drain();
    out.flush();
  }

  private void write(byte[] source, int offset, int length) throws IOException {
    if (length > BUFFER_SIZE - position) {
      drain();
      if (length >= BUFFER_SIZE) {
        // A write as large as the buffer gains nothing from it.
        out.write(source, offset, length);
        return;
      }
    }
    System.arraycopy(source, offset, buffer, position, length);
    position += length;
  }

  private void reserve(int length) throws IOException {
    if (BUFFER_SIZE - position < length) {
      drain();
    }
  }

  private void drain() throws IOException {
    if (position > 0) {
      var length = position;
      position = 0;
      out.write(buffer, 0, length);
    }
  }

  private final class ByteStream extends OutputStream {
    @Override
    public void write(int b) throws IOException {
      reserve(1);
      buffer[position++] = (byte) b;
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, source.length);
      WireWriter.this.write(source, offset, length);
    }

    @Override
    public void flush() throws IOException {
      WireWriter.this.flush();
    }
  }
}
