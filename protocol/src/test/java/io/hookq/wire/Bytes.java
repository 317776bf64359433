package io.hookq.wire;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.util.HexFormat;

/** Wire bytes of tests: written down, made by a writer, and handed out slowly. */
final class Bytes {
  private Bytes() {}

  /** Bytes from hexadecimal digits; blanks and line ends are for the eye. */
  static byte[] hex(String digits) {
    return HexFormat.of().parseHex(digits.replaceAll("\\s", ""));
  }

  /** What {@code writing} writes. */
  static byte[] written(Writing writing) throws IOException {
    var bytes = new ByteArrayOutputStream();
    var writer = new WireWriter(bytes);
    writing.to(writer);
    writer.flush();
    return bytes.toByteArray();
  }

  static WireReader reader(byte... bytes) {
    return new WireReader(new ByteArrayInputStream(bytes));
  }

  /** A stream that gives at most {@code step} bytes at once, as a network does. */
  static InputStream trickle(byte[] bytes, int step) {
    return new FilterInputStream(new ByteArrayInputStream(bytes)) {
      @Override
      public int read(byte[] into, int offset, int length) throws IOException {
        return super.read(into, offset, Math.min(length, step));
      }
    };
  }

  /** Bytes that the calling thread has allocated so far. */
  static long allocated() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getCurrentThreadAllocatedBytes();
  }

  /** Something that writes. */
  @FunctionalInterface
  interface Writing {
    void to(WireWriter writer) throws IOException;
  }

  /** Something that reads. */
  @FunctionalInterface
  interface Reading<T> {
    T from(WireReader reader) throws IOException;
  }
}
