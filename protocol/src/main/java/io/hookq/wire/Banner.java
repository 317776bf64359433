package io.hookq.wire;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** What a peer says that does not greet as a protocol has it: a shell's or a login's words. */
public final class Banner {
  private static final int MAX_SIZE = 4 * 1024;

  private Banner() {}

  /**
   * The banner as one printable line. Closes the write side, so that whoever is there stops waiting
   * for us, and reads the rest, a few KiB at most. Whoever wants that bounded in time closes the
   * connection. Never throws: what was read tells enough.
   *
   * @param first what was read of it already
   */
  public static String beginningWith(byte[] first, WireReader in, Closeable writeSide) {
    var text = new ByteArrayOutputStream();
    text.writeBytes(first);
    try {
      writeSide.close();
      while (text.size() < MAX_SIZE && !in.atEnd()) {
        text.write(in.limited(1).read());
      }
    } catch (IOException e) {
      // What was read until here tells enough.
    }
    return text.toString(StandardCharsets.UTF_8).strip().replaceAll("\\p{Cntrl}+", " ");
  }
}
