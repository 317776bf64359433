package io.hookq.store;

/** A text that is not a store path; the message quotes it and says what is wrong. */
public final class InvalidStorePathException extends IllegalArgumentException {
  private static final int QUOTED_CHARACTERS = 300;

  InvalidStorePathException(String text, String why) {
    super("not a store path: '" + shortened(text) + "' (" + why + ")");
  }

  private static String shortened(String text) {
    var printable = text.replaceAll("\\p{Cntrl}", "?");
    return printable.length() <= QUOTED_CHARACTERS
        ? printable
        : printable.substring(0, QUOTED_CHARACTERS) + "…";
  }
}
