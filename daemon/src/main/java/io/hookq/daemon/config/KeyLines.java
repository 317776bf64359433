package io.hookq.daemon.config;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * In which line of a TOML text a key stands. The parser knows places of syntax errors only, so this
 * reads table headers and the starts of lines once more; what it does not understand, such as the
 * inside of an inline table, has the line of what it is in.
 */
final class KeyLines {
  private static final String PART = "(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')";
  private static final String KEY = PART + "(?:\\s*\\.\\s*" + PART + ")*";
  private static final Pattern HEADER = Pattern.compile("\\s*\\[\\[?\\s*(" + KEY + ")\\s*]]?.*");
  private static final Pattern ENTRY = Pattern.compile("\\s*(" + KEY + ")\\s*=.*");
  private static final Pattern ONE_PART = Pattern.compile(PART);

  private final Map<String, Integer> lines = new HashMap<>();
  private Optional<String> repeated = Optional.empty();

  KeyLines(String text) {
    var table = "";
    var number = 0;
    for (var line : text.split("\r?\n", -1)) {
      number++;
      var header = HEADER.matcher(line);
      var entry = ENTRY.matcher(line);
      if (header.matches()) {
        table = plain(header.group(1));
        put(table, number);
        table += ".";
      } else if (entry.matches()) {
        put(table + plain(entry.group(1)), number);
      }
    }
  }

  private void put(String key, int line) {
    if (repeated.isEmpty() && lines.putIfAbsent(key, line) != null) {
      repeated = Optional.of(line + ": " + key + ": given twice, first in line " + lines.get(key));
    }
  }

  /** Where the first key stands that is given twice, and what to say of it. */
  Optional<String> repeated() {
    return repeated;
  }

  private static String plain(String key) {
    var parts = ONE_PART.matcher(key).results().map(part -> unquoted(part.group())).toList();
    return String.join(".", parts);
  }

  private static String unquoted(String part) {
    return part.startsWith("\"") || part.startsWith("'")
        ? part.substring(1, part.length() - 1)
        : part;
  }

  /** The line of {@code key}, or of the nearest table around it; empty where none is known. */
  OptionalInt of(String key) {
    for (var k = key; !k.isEmpty(); k = k.substring(0, Math.max(0, k.lastIndexOf('.')))) {
      var line = lines.get(k);
      if (line != null) {
        return OptionalInt.of(line);
      }
    }
    return OptionalInt.empty();
  }
}
