package io.hookq.wire;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;

/**
 * A stream of unknown length inside a connection: frames of nearly 64 KiB and a last one of none,
 * as the worker protocol sends NARs since 1.23.
 *
 * <p>Writes through the connection's writer, which nobody else may use between the first byte and
 * {@link #finish}. Not thread-safe. {@link #close} does nothing on purpose: a stream that was not
 * finished leaves the connection inside a frame, so that the peer cannot take a part for the whole.
 */
public final class FramedOutputStream extends OutputStream {
  /**
   * Receivers allocate a whole frame, so frames stay small. One frame and the length before it fill
   * the writer's buffer exactly, which keeps both in one write.
   */
  private static final int FRAME_SIZE = 64 * 1024 - Long.BYTES;

  private final WireWriter writer;
  private final byte[] frame = new byte[FRAME_SIZE];
  private int length;
  private boolean finished;

  /** Frames onto {@code writer}. */
  public FramedOutputStream(WireWriter writer) {
    this.writer = writer;
  }

  @Override
  public void write(int b) throws IOException {
    checkOpen();
    if (length == FRAME_SIZE) {
      writeFrame();
    }
    frame[length++] = (byte) b;
  }

  @Override
  public void write(byte[] bytes, int offset, int count) throws IOException {
    Objects.checkFromIndexSize(offset, count, bytes.length);
    checkOpen();
    var done = 0;
    while (done < count) {
      if (length == FRAME_SIZE) {
        writeFrame();
      }
      var part = Math.min(count - done, FRAME_SIZE - length);
      System.arraycopy(bytes, offset + done, frame, length, part);
      length += part;
      done += part;
    }
  }

  /** Sends what has been collected, as a frame of its own, and flushes the connection. */
  @Override
  public void flush() throws IOException {
    writeFrame();
    writer.flush();
  }

  /**
   * Sends the rest and the empty frame that ends the stream; does not flush the connection. Nothing
   * can be written afterwards.
   */
  public void finish() throws IOException {
    checkOpen();
    writeFrame();
    writer.writeLong(0);
    finished = true;
  }

  private void writeFrame() throws IOException {
    // An empty frame would end the stream.
    if (length > 0) {
      writer.writeLong(length);
      writer.bytes().write(frame, 0, length);
      length = 0;
    }
  }

  private void checkOpen() throws IOException {
    if (finished) {
      throw new IOException("the framed stream is finished");
    }
  }
}
