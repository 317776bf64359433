package io.hookq.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LoggedTest {
  private static final Pattern CALL = Pattern.compile("LOG\\s*\\.\\w+\\(\\s*(\"[^;]*;)");
  private static final Pattern VALUE = Pattern.compile("(\\S*)\\{}(\\S*)");

  /**
   * Keys whose value is a number, a time, an enum's word, a checked name or a store path's name.
   */
  private static final List<String> PLAIN =
      List.of(
          "attempts",
          "channels",
          "destination",
          "destinations",
          "event",
          "files",
          "job",
          "jobs",
          "limit",
          "ms",
          "path",
          "paths",
          "retryAt",
          "trust",
          "version");

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "/var/lib/hookq, /var/lib/hookq",
        "/Users/a/Library/Application Support, `\"/Users/a/Library/Application Support\"`",
        "a=b, `\"a=b\"`",
        "``, `\"\"`"
      })
  void a_name_is_quoted_where_it_needs_it(String name, String line) {
    assertThat(Logged.name(name)).hasToString(line);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "plain",
        "it said: \"no\"",
        "C:\\n is no line end",
        "two\nlines\r\n\tand a tab",
        "error=\"fake\" level=\"x",
        "\u001b[31mred\u0000\u0007\u2028"
      })
  void what_was_said_can_be_read_back(String said) {
    var line = Logged.text(said).toString();
    assertThat(line).matches("\"(?:[^\"\\\\\\p{Cntrl}\u2028\u2029]|\\\\.)*\"");
    assertThat(unquoted(line)).isEqualTo(said);
  }

  private static String unquoted(String line) {
    var text = new StringBuilder();
    for (var i = 1; i < line.length() - 1; i++) {
      var c = line.charAt(i);
      if (c != '\\') {
        text.append(c);
        continue;
      }
      c = line.charAt(++i);
      switch (c) {
        case 'n' -> text.append('\n');
        case 'r' -> text.append('\r');
        case 't' -> text.append('\t');
        case 'u' -> {
          text.append((char) Integer.parseInt(line, i + 1, i + 5, 16));
          i += 4;
        }
        default -> text.append(c);
      }
    }
    return text.toString();
  }

  @Test
  void every_value_in_our_log_lines_is_one_that_can_be_read_back() throws IOException {
    var wrong = new ArrayList<String>();
    var calls = 0;
    for (var sources : List.of("src/main/java", "../daemon/src/main/java")) {
      try (var files = Files.walk(Path.of(sources))) {
        for (var file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
          for (var call : CALL.matcher(Files.readString(file)).results().toList()) {
            calls++;
            wrong.addAll(wrongIn(call.group(1)).stream().map(it -> file + ": " + it).toList());
          }
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(calls).isGreaterThan(50);
  }

  /** What of a call does not follow the grammar: a free value, or one that may hold anything. */
  private static List<String> wrongIn(String call) {
    var words = call.substring(0, call.lastIndexOf('"') + 1);
    var wrong = new ArrayList<String>();
    var free = 0L;
    for (var value : VALUE.matcher(words).results().toList()) {
      var key = value.group(1).replaceFirst("^\"", "");
      if (!key.endsWith("=") || value.group(2).startsWith("\\")) {
        wrong.add(words);
      } else if (!PLAIN.contains(key.substring(0, key.length() - 1))) {
        free++;
      }
    }
    if (Pattern.compile("Logged\\.(?:text|name)\\(").matcher(call).results().count() < free) {
      wrong.add(call);
    }
    return wrong;
  }
}
