package io.hookq.daemon.receive;

import java.util.regex.Pattern;

/**
 * The name under which what one key pushed is kept.
 *
 * @param text 1 to 64 letters, digits, dots, underscores and dashes, the first of them no dot
 */
public record KeyName(String text) implements Comparable<KeyName> {
  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}");

  /**
   * Checks the form: the name is a folder's.
   *
   * @throws IllegalArgumentException if it is not that
   */
  public KeyName {
    if (!FORM.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "a key's name has 1 to 64 letters, digits, '.', '_', '-', and begins with no dot: '"
              + text
              + "'");
    }
  }

  @Override
  public int compareTo(KeyName other) {
    return text.compareTo(other.text);
  }

  @Override
  public String toString() {
    return text;
  }
}
