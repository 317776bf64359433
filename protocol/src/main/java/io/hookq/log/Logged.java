package io.hookq.log;

import org.jspecify.annotations.Nullable;

/**
 * A value for a log line, spelt out only if the line is written; see the package for its grammar.
 * Immutable if what it stands for is.
 */
public final class Logged {
  private final Object value;
  private final boolean quoted;

  private Logged(Object value, boolean quoted) {
    this.value = value;
    this.quoted = quoted;
  }

  /** In quotes: what somebody says, such as an error's message; {@code null} is {@code "null"}. */
  public static Logged text(@Nullable Object text) {
    return new Logged(String.valueOf(text), true);
  }

  /** In quotes where it needs them: a file, a name. */
  public static Logged name(Object name) {
    return new Logged(name, false);
  }

  @Override
  public String toString() {
    var text = value.toString();
    return !quoted && isBare(text) ? text : quote(text);
  }

  private static boolean isBare(String text) {
    return !text.isEmpty()
        && text.chars()
            .noneMatch(c ->
                Character.isWhitespace(c) || isControl(c) || c == '"' || c == '=' || c == '\\');
  }

  private static boolean isControl(int c) {
    return Character.isISOControl(c) || c == '\u2028' || c == '\u2029';
  }

  private static String quote(String text) {
    var line = new StringBuilder(text.length() + 2).append('"');
    for (var i = 0; i < text.length(); i++) {
      var c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> line.append('\\').append(c);
        case '\n' -> line.append("\\n");
        case '\r' -> line.append("\\r");
        case '\t' -> line.append("\\t");
        default -> {
          if (isControl(c)) {
            line.append("\\u%04x".formatted((int) c));
          } else {
            line.append(c);
          }
        }
      }
    }
    return line.append('"').toString();
  }
}
