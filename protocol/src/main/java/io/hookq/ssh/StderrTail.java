package io.hookq.ssh;

import java.nio.charset.StandardCharsets;

/** The last bytes of a stream of any length. Thread-safe; never blocks for long. */
final class StderrTail {
  static final int SIZE = 8 * 1024;

  private final byte[] ring = new byte[SIZE];
  private long count;

  synchronized void append(byte[] data, int offset, int length) {
    int skipped = Math.max(0, length - SIZE);
    for (int i = offset + skipped; i < offset + length; ) {
      int at = (int) ((count + i - offset) % SIZE);
      int n = Math.min(SIZE - at, offset + length - i);
      System.arraycopy(data, i, ring, at, n);
      i += n;
    }
    count += length;
  }

  /** What is there, as UTF-8; cut at the front to whole lines where something was dropped. */
  synchronized String text() {
    int n = (int) Math.min(count, SIZE);
    byte[] tail = new byte[n];
    for (int i = 0; i < n; i++) {
      tail[i] = ring[(int) ((count - n + i) % SIZE)];
    }
    String text = new String(tail, StandardCharsets.UTF_8);
    int newline = text.indexOf('\n');
    boolean cut = count > SIZE && newline >= 0 && newline < text.length() - 1;
    return cut ? text.substring(newline + 1) : text;
  }
}
