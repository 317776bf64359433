package io.hookq.daemon.status;

/**
 * What a peer said, or a file's name, as one line that moves nothing on the terminal but the cursor
 * to the right. Stateless.
 *
 * <p>A server's words come before people's eyes, often root's: an escape in them would be obeyed.
 * So would one of the C1 controls be, which are single characters above ASCII, and marks that have
 * text run from right to left make a line look like another.
 */
public final class PlainLine {
  private static final char UNSHOWN = '?';

  private PlainLine() {}

  /**
   * {@code text} without blanks around it, its further lines behind semicolons, and a question mark
   * for each character that is none to look at.
   */
  public static String of(String text) {
    var line = new StringBuilder(text.length());
    var ended = false;
    for (var i = 0; i < text.length(); i++) {
      var c = text.charAt(i);
      if (isLineEnd(c)) {
        ended = true;
      } else if (Character.isWhitespace(c)) {
        if (!ended && !line.isEmpty()) {
          line.append(' ');
        }
      } else {
        if (ended && !line.isEmpty()) {
          removeBlanks(line);
          line.append("; ");
        }
        ended = false;
        line.append(isShown(c) ? c : UNSHOWN);
      }
    }
    removeBlanks(line);
    return line.toString();
  }

  private static void removeBlanks(StringBuilder line) {
    while (!line.isEmpty() && line.charAt(line.length() - 1) == ' ') {
      line.setLength(line.length() - 1);
    }
  }

  private static boolean isLineEnd(char c) {
    return c == '\n' || c == '\r' || c == '\u2028' || c == '\u2029';
  }

  private static boolean isShown(char c) {
    var direction =
        c == '\u061c' || (c >= '\u200e' && c <= '\u200f') || (c >= '\u202a' && c <= '\u202e');
    return !Character.isISOControl(c) && !direction && !(c >= '\u2066' && c <= '\u2069');
  }
}
