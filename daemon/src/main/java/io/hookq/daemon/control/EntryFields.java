package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a {@link ListRequest.Entry} as they come. For one entry, and not thread-safe.
 *
 * <p>What is missing or of another type is an {@link IllegalArgumentException} that names it.
 */
final class EntryFields {
  private static final int TO_THE_SECOND = "2026-01-31T12:00:00Z".length();
  private static final int TO_THE_MILLISECOND = "2026-01-31T12:00:00.123Z".length();

  private @Nullable Long id;
  private @Nullable Long attempts;
  private @Nullable String path;
  private @Nullable String destination;
  private @Nullable String state;
  private @Nullable String reason;
  private @Nullable Instant notBefore;
  private @Nullable Instant enqueuedAt;
  private @Nullable Instant updatedAt;
  private boolean orphaned;

  /** The field {@code name}, at whose value the parser stands; another than ours is passed over. */
  void take(String name, JsonParser parser) throws IOException {
    switch (name) {
      case "id" -> id = number(name, parser);
      case "attempts" -> attempts = number(name, parser);
      case "path" -> path = text(name, parser);
      // The same few words in each of very many.
      case "destination" -> destination = interned(text(name, parser));
      case "state" -> state = interned(text(name, parser));
      case "reason" -> reason = text(name, parser);
      case "notBefore" -> notBefore = time(name, parser);
      case "enqueuedAt" -> enqueuedAt = time(name, parser);
      case "updatedAt" -> updatedAt = time(name, parser);
      case "orphaned" -> orphaned = flag(name, parser);
      default -> parser.skipChildren();
    }
  }

  ListRequest.Entry entry() {
    return new ListRequest.Entry(
        required("id", id),
        required("path", path),
        required("destination", destination),
        required("state", state),
        Math.toIntExact(required("attempts", attempts)),
        Optional.ofNullable(notBefore),
        Optional.ofNullable(reason),
        required("enqueuedAt", enqueuedAt),
        required("updatedAt", updatedAt),
        orphaned);
  }

  private static <T> T required(String name, @Nullable T value) {
    if (value == null) {
      throw new IllegalArgumentException("\"" + name + "\" is missing");
    }
    return value;
  }

  private static @Nullable String interned(@Nullable String text) {
    return text == null ? null : text.intern();
  }

  private static @Nullable Long number(String name, JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case VALUE_NULL -> null;
      case VALUE_NUMBER_INT -> parser.getLongValue();
      default -> throw new IllegalArgumentException("\"" + name + "\" is not a whole number");
    };
  }

  /** Absent counts as no. */
  private static boolean flag(String name, JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case VALUE_NULL, VALUE_FALSE -> false;
      case VALUE_TRUE -> true;
      default -> throw new IllegalArgumentException("\"" + name + "\" is neither true nor false");
    };
  }

  private static @Nullable String text(String name, JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case VALUE_NULL -> null;
      case VALUE_STRING -> parser.getText();
      default -> throw new IllegalArgumentException("\"" + name + "\" is not a string");
    };
  }

  private static @Nullable Instant time(String name, JsonParser parser) throws IOException {
    var text = text(name, parser);
    try {
      return text == null ? null : time(text);
    } catch (DateTimeException | NumberFormatException e) {
      throw new IllegalArgumentException(
          "\"" + name + "\" is not a time such as 2026-01-31T12:00:00Z", e);
    }
  }

  /** The general way takes longer than all the rest of an entry. */
  private static Instant time(String text) {
    if (!isAsWritten(text)) {
      return Instant.parse(text);
    }
    var date = LocalDate.of(number(text, 0, 4), number(text, 5, 7), number(text, 8, 10));
    var millis = text.length() == TO_THE_MILLISECOND ? number(text, 20, 23) : 0;
    var time =
        LocalTime.of(
            number(text, 11, 13), number(text, 14, 16), number(text, 17, 19), millis * 1_000_000);
    return date.atTime(time).toInstant(ZoneOffset.UTC);
  }

  /** As the daemon writes nearly all of them. */
  private static boolean isAsWritten(String text) {
    return (text.length() == TO_THE_SECOND
            || (text.length() == TO_THE_MILLISECOND && text.charAt(19) == '.'))
        && text.endsWith("Z")
        && text.charAt(4) == '-'
        && text.charAt(7) == '-'
        && text.charAt(10) == 'T'
        && text.charAt(13) == ':'
        && text.charAt(16) == ':';
  }

  private static int number(String text, int begin, int end) {
    return Integer.parseInt(text, begin, end, 10);
  }
}
