package io.hookq.daemon.control;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/**
 * Cuts what a peer sends into lines, in bounded memory.
 *
 * <p>A line that outgrows {@link #COMMON_LINE} needs one of a few permits that all connections
 * share, and waits for it: a hundred senders of huge lines take no more memory than a few. Not
 * thread-safe. Useless after an exception.
 */
final class LineReader {
  /** The longest line, without its end. */
  static final int MAX_LINE = 1 << 20;

  /** What a line may take without a permit: more than the hook ever sends but for huge builds. */
  static final int COMMON_LINE = 1 << 16;

  private static final int FIRST_BUFFER = 1 << 12;

  private final InputStream in;
  private final Semaphore longLines;
  private byte[] buffer = new byte[FIRST_BUFFER];
  private int start;
  private int end;

  LineReader(InputStream in, Semaphore longLines) {
    this.in = in;
    this.longLines = longLines;
  }

  /**
   * What {@code decode} makes of the next line, its end left away; empty at the end of the stream.
   * After an exception of {@code decode} the reader stands behind that line.
   *
   * @throws LineTooLongException if it is longer than {@link #MAX_LINE}
   * @throws EOFException if the stream ends inside a line
   */
  <T> Optional<T> next(Function<byte[], T> decode) throws IOException {
    var permit = false;
    try {
      var scanned = start;
      while (true) {
        var newline = indexOf(scanned);
        if (newline >= 0) {
          requireShort(newline - start);
          var text = Arrays.copyOfRange(buffer, start, newline);
          start = newline + 1;
          return Optional.of(decode.apply(text));
        }
        var length = end - start;
        requireShort(length);
        if (!permit && length >= COMMON_LINE) {
          longLines.acquireUninterruptibly();
          permit = true;
        }
        makeRoom();
        scanned = start + length;
        var read = in.read(buffer, end, buffer.length - end);
        if (read < 0) {
          if (length > 0) {
            throw new EOFException("the connection ended inside a line");
          }
          return Optional.empty();
        }
        end += read;
      }
    } finally {
      if (permit) {
        shrink();
        longLines.release();
      }
    }
  }

  private static void requireShort(int length) throws LineTooLongException {
    if (length > MAX_LINE) {
      throw new LineTooLongException();
    }
  }

  private int indexOf(int from) {
    for (var i = from; i < end; i++) {
      if (buffer[i] == '\n') {
        return i;
      }
    }
    return -1;
  }

  private void makeRoom() {
    if (start > 0) {
      System.arraycopy(buffer, start, buffer, 0, end - start);
      end -= start;
      start = 0;
    }
    if (end == buffer.length) {
      buffer = Arrays.copyOf(buffer, Math.min(buffer.length * 2, MAX_LINE + FIRST_BUFFER));
    }
  }

  /** What follows a long line in the buffer is kept; the next read makes room for it. */
  private void shrink() {
    var rest = Arrays.copyOfRange(buffer, start, end);
    buffer = Arrays.copyOf(rest, Math.max(rest.length, FIRST_BUFFER));
    start = 0;
    end = rest.length;
  }

  /** A line longer than {@link LineReader#MAX_LINE}. */
  static final class LineTooLongException extends IOException {
    LineTooLongException() {
      super("a line has at most " + MAX_LINE + " bytes");
    }
  }
}
