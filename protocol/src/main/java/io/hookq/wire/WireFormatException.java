package io.hookq.wire;

import java.io.IOException;

/**
 * A peer sent what its protocol does not allow.
 *
 * <p>The stream is not at a boundary any more: whoever reads it closes the connection.
 */
public final class WireFormatException extends IOException {
  private static final int QUOTED_CHARACTERS = 200;

  private final long offset;
  private final String expected;
  private final String found;

  /**
   * Says what stood where something else had to stand.
   *
   * @param offset bytes from the start of the stream to the offending item
   * @param expected what would have been right there
   * @param found what is there; control characters are masked and a long text is cut
   */
  public WireFormatException(long offset, String expected, String found) {
    super(
        "malformed input at offset %d: expected %s, found %s"
            .formatted(offset, expected, printable(found)));
    this.offset = offset;
    this.expected = expected;
    this.found = printable(found);
  }

  private static String printable(String text) {
    var masked = text.replaceAll("\\p{Cntrl}", "?");
    return masked.length() <= QUOTED_CHARACTERS
        ? masked
        : masked.substring(0, QUOTED_CHARACTERS) + "…";
  }

  /** Bytes from the start of the stream to the offending item. */
  public long offset() {
    return offset;
  }

  /** What would have been right there. */
  public String expected() {
    return expected;
  }

  /** What is there. */
  public String found() {
    return found;
  }
}
