package io.hookq.daemon.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * One table of the config while it is read: each method takes a key, its type and its default;
 * {@link #end} refuses every key that nobody took. Not thread-safe.
 *
 * <p>Every complaint is an {@link OptionException} with the full key.
 */
final class TomlTable {
  private static final String CREDENTIAL = "credential:";

  private final String prefix;
  private final JsonNode node;
  private final Surroundings surroundings;
  private final Set<String> taken = new LinkedHashSet<>();

  TomlTable(String prefix, JsonNode node, Surroundings surroundings) {
    this.prefix = prefix;
    this.node = node;
    this.surroundings = surroundings;
  }

  /** The full key of {@code key}. */
  String option(String key) {
    return prefix.isEmpty() ? key : prefix + "." + key;
  }

  boolean has(String key) {
    return node.has(key);
  }

  /** The keys that are there, in the file's order. */
  List<String> keys() {
    var keys = new ArrayList<String>();
    node.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  /** The table below {@code key}; an empty one where it is missing. */
  TomlTable table(String key) {
    var value = take(key);
    if (value.isMissingNode()) {
      return new TomlTable(option(key), JsonNodeFactory.instance.objectNode(), surroundings);
    }
    if (!value.isObject()) {
      throw wrongType(key, "a table", value);
    }
    return new TomlTable(option(key), value, surroundings);
  }

  boolean bool(String key, boolean otherwise) {
    var value = take(key);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      throw wrongType(key, "true or false", value);
    }
    return value.booleanValue();
  }

  int number(String key, int otherwise) {
    var value = take(key);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw wrongType(key, "a whole number", value);
    }
    return value.intValue();
  }

  Optional<String> text(String key) {
    var value = take(key);
    if (value.isMissingNode()) {
      return Optional.empty();
    }
    if (!value.isTextual()) {
      throw wrongType(key, "a string", value);
    }
    return Optional.of(checked(key, value.textValue()));
  }

  /** As {@link #text}, where the empty string means that nothing was said. */
  Optional<String> nonEmptyText(String key) {
    return text(key).filter(text -> !text.isEmpty());
  }

  List<String> texts(String key) {
    var value = take(key);
    if (value.isMissingNode()) {
      return List.of();
    }
    if (!value.isArray()) {
      throw wrongType(key, "an array of strings", value);
    }
    var texts = new ArrayList<String>();
    for (var element : value) {
      if (!element.isTextual()) {
        throw wrongType(key, "an array of strings", element);
      }
      texts.add(checked(key, element.textValue()));
    }
    return texts;
  }

  /** {@code form} says in the complaint what {@code parse} takes. */
  <T> Optional<T> parsed(String key, String form, Function<String, Optional<T>> parse) {
    var value = take(key);
    if (value.isMissingNode()) {
      return Optional.empty();
    }
    var result = value.isTextual() ? parse.apply(value.textValue()) : Optional.<T>empty();
    if (result.isEmpty()) {
      throw wrongType(key, form, value);
    }
    return result;
  }

  /** {@code parse} says by an {@link IllegalArgumentException} what is wrong. */
  <T> Optional<T> explained(String key, Function<String, T> parse) {
    var text = text(key);
    try {
      return text.map(parse);
    } catch (IllegalArgumentException e) {
      throw new OptionException(
          option(key), Objects.requireNonNullElse(e.getMessage(), "not understood"), e);
    }
  }

  /** A number, or {@code word}, which like a missing key is empty. */
  OptionalInt numberOr(String key, String word) {
    var value = take(key);
    if (value.isMissingNode() || word.equals(value.textValue())) {
      return OptionalInt.empty();
    }
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw wrongType(key, '"' + word + "\" or a whole number", value);
    }
    return OptionalInt.of(value.intValue());
  }

  Duration duration(String key, Duration otherwise) {
    return parsed(key, Quantity.DURATION_FORM, Quantity::duration).orElse(otherwise);
  }

  /** One of {@code choices} by its label. */
  <T> T choice(String key, List<T> choices, Function<T, String> label, T otherwise) {
    var form =
        choices.stream()
            .map(choice -> '"' + label.apply(choice) + '"')
            .collect(Collectors.joining(" or "));
    return parsed(
            key,
            form,
            text -> choices.stream().filter(choice -> label.apply(choice).equals(text)).findFirst())
        .orElse(otherwise);
  }

  Optional<Path> path(String key) {
    return text(key).map(text -> pathOf(key, text));
  }

  /** A file at {@code text}, which was found at {@code key}. */
  KeyFile keyFile(String key, String text) {
    if (!text.startsWith(CREDENTIAL)) {
      return new KeyFile(text, Optional.of(pathOf(key, text)), false);
    }
    var name = text.substring(CREDENTIAL.length());
    if (name.isEmpty() || name.contains("/") || name.equals(".") || name.equals("..")) {
      throw new OptionException(
          option(key), "a credential's name is a plain file name, not \"" + name + "\"");
    }
    var path = surroundings.credentialsDirectory().map(folder -> folder.resolve(name));
    return new KeyFile(text, path, true);
  }

  private Path pathOf(String key, String text) {
    if (text.startsWith("~/")) {
      return surroundings.home().resolve(text.substring(2)).normalize();
    }
    if (!text.startsWith("/")) {
      throw new OptionException(
          option(key),
          "expected an absolute path or one that begins with ~/, found \"" + text + '"');
    }
    return Path.of(text).normalize();
  }

  private String checked(String key, String text) {
    if (text.chars().anyMatch(Character::isISOControl)) {
      throw new OptionException(option(key), "control characters are not allowed");
    }
    return text;
  }

  /** To be called when all known keys were asked for. */
  void end() {
    for (var key : keys()) {
      if (!taken.contains(key)) {
        throw new OptionException(option(key), "unknown key; " + NearMiss.advice(key, taken));
      }
    }
  }

  private JsonNode take(String key) {
    taken.add(key);
    return node.path(key);
  }

  private OptionException wrongType(String key, String expected, JsonNode found) {
    return new OptionException(option(key), "expected " + expected + ", found " + shown(found));
  }

  private static String shown(JsonNode value) {
    return switch (value.getNodeType()) {
      case STRING -> '"' + value.textValue() + '"';
      case ARRAY -> "an array";
      case OBJECT -> "a table";
      case BOOLEAN, NUMBER, NULL, MISSING, BINARY, POJO -> value.asText();
    };
  }
}
