package io.hookq.daemon.status;

/** How wide text stands on a terminal, which is not how many characters it has. Stateless. */
final class Columns {
  /** Below the first of the marks that stand on another character all are one column wide. */
  private static final int FIRST_ODD = 0x300;

  /** First and last of what terminals give two columns: Unicode's wide, full-width and emoji. */
  private static final int[][] WIDE = {
    {0x1100, 0x115f}, // Hangul Jamo
    {0x2e80, 0x303e}, // CJK radicals, punctuation
    {0x3041, 0xa4cf}, // Kana, CJK ideographs, Yi
    {0xa960, 0xa97c}, // Hangul Jamo
    {0xac00, 0xd7a3}, // Hangul syllables
    {0xf900, 0xfaff}, // CJK compatibility ideographs
    {0xfe30, 0xfe6f}, // CJK compatibility forms
    {0xff00, 0xff60}, // full-width forms
    {0xffe0, 0xffe6},
    {0x1f300, 0x1f64f}, // pictographs, emoticons
    {0x1f680, 0x1f6ff}, // transport
    {0x1f900, 0x1f9ff}, // more pictographs
    {0x1fa70, 0x1faff},
    {0x20000, 0x3fffd}, // more CJK ideographs
  };

  private Columns() {}

  /** How many columns {@code text} takes. */
  static int of(String text) {
    var width = 0;
    for (var i = 0; i < text.length(); ) {
      var character = text.codePointAt(i);
      width += of(character);
      i += Character.charCount(character);
    }
    return width;
  }

  private static int of(int character) {
    if (character < FIRST_ODD) {
      return 1;
    }
    var kind = Character.getType(character);
    if (kind == Character.NON_SPACING_MARK
        || kind == Character.ENCLOSING_MARK
        || kind == Character.FORMAT) {
      return 0;
    }
    for (var range : WIDE) {
      if (character >= range[0] && character <= range[1]) {
        return 2;
      }
    }
    return 1;
  }

  /** As much of the beginning of {@code text} as {@code width} columns hold. */
  static String first(String text, int width) {
    var used = 0;
    for (var i = 0; i < text.length(); ) {
      var character = text.codePointAt(i);
      used += of(character);
      if (used > width) {
        return text.substring(0, i);
      }
      i += Character.charCount(character);
    }
    return text;
  }
}
