package io.hookq.zstd;

import com.github.luben.zstd.util.Native;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** How two peers find out that both of them can compress. Stateless; closes nothing. */
public final class ZstdOffer {
  /** What a client writes before its command; a shell takes it for a variable's assignment. */
  public static final String PREFIX = "HOOKQ_WIRE=1:zstd ";

  /** The bytes of a client's greeting, which go out before anything is known. */
  public static final int GREETING_LENGTH = 16;

  private static final byte[] ANSWER = "hookq-wire 1 zstd\n".getBytes(StandardCharsets.US_ASCII);

  private ZstdOffer() {}

  /** Whether zstd's native part runs on this machine. */
  public static boolean isPossible() {
    try {
      Native.load();
      return Native.isLoaded();
    } catch (UnsatisfiedLinkError | ExceptionInInitializerError e) {
      return false;
    }
  }

  /** What the far side made of the offer. */
  public sealed interface Answer {
    /** It compresses. */
    record Compressed() implements Answer {}

    /**
     * It does not.
     *
     * @param said what it said so far and everything behind that
     */
    record Plain(InputStream said) implements Answer {}

    /** It ended without a word. */
    record Ended() implements Answer {}
  }

  /**
   * The client's half: waits for the first words of the far side, which has been greeted.
   *
   * @throws IOException if the carrier breaks
   */
  public static Answer await(InputStream in) throws IOException {
    var said = new ByteArrayOutputStream();
    while (said.size() < ANSWER.length) {
      var b = in.read();
      if (b < 0) {
        break;
      }
      said.write(b);
      // No byte more than is known to be there: what is no answer may be all there is for now.
      if (b != (ANSWER[said.size() - 1] & 0xff)) {
        break;
      }
    }
    if (said.size() == 0) {
      return new Answer.Ended();
    }
    var words = said.toByteArray();
    return Arrays.equals(words, ANSWER)
        ? new Answer.Compressed()
        : new Answer.Plain(new SequenceInputStream(new ByteArrayInputStream(words), in));
  }

  /** The server's half: accepts. */
  public static void accept(OutputStream out) throws IOException {
    out.write(ANSWER);
    out.flush();
  }

  /** The server's half: what the client says, its greeting first and pieces from there on. */
  public static InputStream behindGreeting(InputStream in) {
    return new InputStream() {
      private final ZstdInput pieces = new ZstdInput(in);
      private int left = GREETING_LENGTH;

      @Override
      public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        if (left == 0 || length == 0) {
          return pieces.read(bytes, offset, length);
        }
        var count = in.read(bytes, offset, Math.min(length, left));
        left -= Math.max(count, 0);
        return count;
      }

      @Override
      public void close() throws IOException {
        pieces.close();
      }
    };
  }

  /** The client's half: the greeting is on its way already and is not to be sent again. */
  public static OutputStream withoutGreeting(OutputStream out) {
    return new FilterOutputStream(out) {
      private int left = GREETING_LENGTH;

      @Override
      public void write(int b) throws IOException {
        if (left > 0) {
          left--;
        } else {
          out.write(b);
        }
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        var dropped = Math.min(left, length);
        left -= dropped;
        if (length > dropped) {
          // Not byte by byte, as the parent does.
          OutputStream target = out;
          target.write(bytes, offset + dropped, length - dropped);
        }
      }

      @Override
      public void close() throws IOException {
        // Without the parent's flush: closing sends what is buffered, and may be repeated.
        out.close();
      }
    };
  }
}
