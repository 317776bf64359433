package io.hookq.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Pattern;
import org.assertj.core.api.Condition;

/**
 * The messages that docs/operations.md explains: the code spans that begin the rows of its tables
 * {@code | it says | cause | cure |}.
 *
 * <p>A test that has made a program say one holds it against {@link #says}, with the document's
 * wording as a single literal. That no message is left without such a test is itself tested, by the
 * daemon's {@code OperationsTest}.
 */
public final class Operations {
  private static final Path FILE = Path.of("../docs/operations.md");
  private static final String TABLE = "| it says |";

  /** The first cell's spans as far as only ", " or ", hint " is between them. */
  private static final Pattern MESSAGE = Pattern.compile("\\G(?:\\| |, (?:hint )?)`([^`]+)`");

  /** What stands for something else in a message. */
  private static final Pattern PLACEHOLDER =
      Pattern.compile("…|\\b(?:DIR|FILE|HOST|JUMP|KEYWORD|LINE|M|N|NAME|PATH|TIME|USER)\\b");

  private Operations() {}

  /** Every message, as the document words it. */
  public static Set<String> messages() {
    var messages = new LinkedHashSet<String>();
    var inTable = false;
    for (var line : lines()) {
      if (!line.startsWith("|")) {
        inTable = false;
      } else if (line.startsWith(TABLE)) {
        inTable = true;
      } else if (inTable) {
        MESSAGE.matcher(line).results().forEach(message -> messages.add(message.group(1)));
      }
    }
    return messages;
  }

  private static Iterable<String> lines() {
    try {
      return Files.readAllLines(FILE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Met by a text that says {@code message} somewhere.
   *
   * @throws AssertionError if the document explains no such message
   */
  public static Condition<String> says(String message) {
    if (!messages().contains(message)) {
      throw new AssertionError(FILE + " does not explain: " + message);
    }
    var pattern = new StringBuilder();
    var end = 0;
    for (var gap : PLACEHOLDER.matcher(message).results().toList()) {
      pattern.append(Pattern.quote(message.substring(end, gap.start()))).append(".+");
      end = gap.end();
    }
    pattern.append(Pattern.quote(message.substring(end)));
    var compiled = Pattern.compile(pattern.toString(), Pattern.DOTALL);
    return new Condition<>(
        text -> compiled.matcher(text).find(), "a text that says, as in %s: %s", FILE, message);
  }
}
