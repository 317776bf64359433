package io.hookq.ssh;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One line of an {@code ssh_config} that says something. Immutable.
 *
 * <pre>
 * line    := keyword ( blanks | [ blanks ] "=" [ blanks ] ) word *( blanks word ) [ comment ]
 * word    := characters, of which parts can stand in single or double quotes; a backslash before a
 *            quote, a backslash or (outside quotes) a blank takes it literally
 * comment := "#" to the end of the line, at the start of a word
 * </pre>
 *
 * @param keyword in lower case
 * @param rest what follows the keyword, as it stands there
 * @param words the rest, cut up
 */
record SshConfigLine(Path file, int number, String keyword, String rest, List<String> words) {
  SshConfigLine {
    words = List.copyOf(words);
  }

  /**
   * Reads a line; empty if it is blank or a comment.
   *
   * @throws SshConfigException if it is neither and no such line
   */
  static Optional<SshConfigLine> parse(Path file, int number, String text)
      throws SshConfigException {
    String line = text.replace('\f', ' ').strip();
    if (line.isEmpty() || line.startsWith("#")) {
      return Optional.empty();
    }
    int end = 0;
    while (end < line.length() && !isBlank(line.charAt(end)) && line.charAt(end) != '=') {
      end++;
    }
    String keyword = line.substring(0, end).toLowerCase(Locale.ROOT);
    String rest = line.substring(end).stripLeading();
    if (rest.startsWith("=")) {
      rest = rest.substring(1).stripLeading();
    }
    List<String> words = split(rest);
    if (keyword.isEmpty() || words == null || words.isEmpty()) {
      throw new SshConfigException(
          "%s:%d: %s"
              .formatted(
                  file,
                  number,
                  words == null
                      ? "a quote is not closed"
                      : "a value is missing after \"" + keyword + '"'),
          null,
          null);
    }
    return Optional.of(new SshConfigLine(file, number, keyword, rest, words));
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
  }

  private static @Nullable List<String> split(String text) {
    var words = new ArrayList<String>();
    int at = 0;
    while (at < text.length()) {
      if (isBlank(text.charAt(at))) {
        at++;
        continue;
      }
      if (text.charAt(at) == '#') {
        break;
      }
      var word = new StringBuilder();
      char quote = 0;
      for (; at < text.length(); at++) {
        char c = text.charAt(at);
        if (c == '\\' && at + 1 < text.length() && isEscaped(text.charAt(at + 1), quote)) {
          word.append(text.charAt(++at));
        } else if (quote == 0 && isBlank(c)) {
          break;
        } else if (quote == 0 && (c == '"' || c == '\'')) {
          quote = c;
        } else if (quote != 0 && c == quote) {
          quote = 0;
        } else {
          word.append(c);
        }
      }
      if (quote != 0) {
        return null;
      }
      words.add(word.toString());
    }
    return words;
  }

  private static boolean isEscaped(char c, char quote) {
    return c == '\'' || c == '"' || c == '\\' || (quote == 0 && c == ' ');
  }

  String where() {
    return file + ":" + number;
  }

  /** The one value. */
  String value() throws SshConfigException {
    if (words.size() > 1) {
      throw failure("more than one value: " + rest);
    }
    return words.getFirst();
  }

  SshConfigException failure(String what) {
    return failure(what, null);
  }

  SshConfigException failure(String what, @Nullable String hint) {
    return new SshConfigException(where() + ": " + keyword + ": " + what, hint, null);
  }
}
