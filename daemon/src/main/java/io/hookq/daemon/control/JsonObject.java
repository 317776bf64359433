package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteFeature;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One JSON object as it came, asked field by field; fields that nobody asks for do not matter.
 *
 * <p>Read without data binding, whose start-up would cost the hook's first call and every command
 * tens of milliseconds. A field of the wrong type is an {@link IllegalArgumentException} that names
 * it. A field that is {@code null} counts as absent.
 */
final class JsonObject {
  static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(64).build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(StreamReadFeature.AUTO_CLOSE_SOURCE)
          .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
          .disable(StreamWriteFeature.AUTO_CLOSE_CONTENT)
          .build();

  /** For what our own daemon wrote, at length: finding a field that comes twice takes its time. */
  static final JsonFactory REPLIES =
      FACTORY.rebuild().disable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private final Map<String, Object> fields;

  private JsonObject(Map<String, Object> fields) {
    this.fields = fields;
  }

  /**
   * Reads a text that is one object and nothing else.
   *
   * @throws IllegalArgumentException if it is not
   */
  static JsonObject parse(String text) {
    try (var parser = FACTORY.createParser(text)) {
      var object = read(parser, JsonObject::object);
      if (parser.nextToken() != null) {
        throw new IllegalArgumentException("not one JSON object: something follows it");
      }
      return object;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage(), e);
    } catch (EOFException e) {
      throw new IllegalArgumentException("not JSON: an empty line", e);
    } catch (IOException e) {
      throw new IllegalStateException("a string cannot fail to be read", e);
    }
  }

  /**
   * Reads the next object of a stream and not a byte more than the parser buffers.
   *
   * @param elements reads each object in an array: an array may be long
   */
  static JsonObject read(InputStream in, ElementReader elements) throws IOException {
    return read(REPLIES.createParser(in), elements);
  }

  /** Reads one object in an array: the parser stands at its first brace, and then at its last. */
  @FunctionalInterface
  interface ElementReader {
    /** What becomes of it. */
    Object read(JsonParser parser) throws IOException;
  }

  /** An object as it is, fields and all. */
  static JsonObject object(JsonParser parser) throws IOException {
    return object(parser, JsonObject::object);
  }

  private static JsonObject read(JsonParser parser, ElementReader elements) throws IOException {
    var token = parser.nextToken();
    if (token == null) {
      throw new EOFException("nothing to read");
    }
    if (token != JsonToken.START_OBJECT) {
      throw new IllegalArgumentException("not a JSON object");
    }
    return object(parser, elements);
  }

  private static JsonObject object(JsonParser parser, ElementReader elements) throws IOException {
    var fields = new LinkedHashMap<String, Object>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      var name = parser.currentName();
      parser.nextToken();
      fields.put(name, value(parser, elements));
    }
    return new JsonObject(fields);
  }

  private static Object value(JsonParser parser, ElementReader elements) throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(parser, elements);
      case START_ARRAY -> array(parser, elements);
      case VALUE_STRING -> parser.getText();
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getDecimalValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> Null.NULL;
      case NOT_AVAILABLE, END_OBJECT, END_ARRAY, FIELD_NAME, VALUE_EMBEDDED_OBJECT ->
          throw new IllegalArgumentException("not JSON: " + parser.currentToken());
    };
  }

  private static List<Object> array(JsonParser parser, ElementReader elements) throws IOException {
    var values = new ArrayList<Object>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      values.add(
          parser.currentToken() == JsonToken.START_OBJECT
              ? elements.read(parser)
              : value(parser, elements));
    }
    return values;
  }

  private enum Null {
    NULL
  }

  boolean bool(String field) {
    return required(field, optional(field, Boolean.class, "true or false"));
  }

  /** An absent one is false. */
  boolean optionalBool(String field) {
    return optional(field, Boolean.class, "true or false").orElse(false);
  }

  /** True, false, or neither. */
  Optional<Boolean> optionalFlag(String field) {
    return optional(field, Boolean.class, "true or false");
  }

  String text(String field) {
    return required(field, optionalText(field));
  }

  Optional<String> optionalText(String field) {
    return optional(field, String.class, "a string");
  }

  /** An absent list is an empty one. */
  List<String> texts(String field) {
    return list(field, String.class, "an array of strings");
  }

  /** An absent list is an empty one; one that is there is not empty, for absent means all. */
  List<String> textsOrAll(String field) {
    var texts = texts(field);
    if (texts.isEmpty() && fields.getOrDefault(field, Null.NULL) != Null.NULL) {
      throw new IllegalArgumentException("\"" + field + "\" is empty; absent it means all");
    }
    return texts;
  }

  /** What became of the objects in an array. */
  <T> List<T> list(String field, Class<T> type, String expected) {
    var elements = new ArrayList<T>();
    var value = fields.getOrDefault(field, Null.NULL);
    if (value == Null.NULL) {
      return elements;
    }
    if (!(value instanceof List<?> values)) {
      throw wrongType(field, expected);
    }
    for (var element : values) {
      if (!type.isInstance(element)) {
        throw wrongType(field, expected);
      }
      elements.add(type.cast(element));
    }
    return elements;
  }

  long number(String field) {
    return required(field, optionalNumber(field).stream().boxed().findFirst());
  }

  OptionalLong optionalNumber(String field) {
    var number = optional(field, BigDecimal.class, "a whole number");
    try {
      return number.isEmpty()
          ? OptionalLong.empty()
          : OptionalLong.of(number.get().longValueExact());
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("\"" + field + "\" is not a whole number", e);
    }
  }

  Instant time(String field) {
    return required(field, optionalTime(field));
  }

  Optional<Instant> optionalTime(String field) {
    try {
      return optionalText(field).map(Instant::parse);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "\"" + field + "\" is not a time such as 2026-01-31T12:00:00Z", e);
    }
  }

  JsonObject object(String field) {
    return required(field, optional(field, JsonObject.class, "an object"));
  }

  Optional<JsonObject> optionalObject(String field) {
    return optional(field, JsonObject.class, "an object");
  }

  private <T> Optional<T> optional(String field, Class<T> type, String expected) {
    var value = fields.getOrDefault(field, Null.NULL);
    if (value == Null.NULL) {
      return Optional.empty();
    }
    if (!type.isInstance(value)) {
      throw wrongType(field, expected);
    }
    return Optional.of(type.cast(value));
  }

  private static <T> T required(String field, Optional<T> value) {
    return value.orElseThrow(() -> new IllegalArgumentException("\"" + field + "\" is missing"));
  }

  private static IllegalArgumentException wrongType(String field, String expected) {
    return new IllegalArgumentException("\"" + field + "\" is not " + expected);
  }

  /** As JSON, on one line. */
  @Override
  public String toString() {
    var text = new StringWriter();
    try (var out = FACTORY.createGenerator(text)) {
      write(out);
    } catch (IOException e) {
      throw new IllegalStateException("a string cannot fail to be written", e);
    }
    return text.toString();
  }

  void write(JsonGenerator out) throws IOException {
    write(out, this);
  }

  private static void write(JsonGenerator out, Object value) throws IOException {
    // No switch: one over types is linked while the program runs, at the cost of every command.
    if (value instanceof JsonObject object) {
      out.writeStartObject();
      for (var field : object.fields.entrySet()) {
        out.writeFieldName(field.getKey());
        write(out, field.getValue());
      }
      out.writeEndObject();
    } else if (value instanceof List<?> list) {
      out.writeStartArray();
      for (var element : list) {
        write(out, element);
      }
      out.writeEndArray();
    } else if (value instanceof String text) {
      out.writeString(text);
    } else if (value instanceof BigDecimal number) {
      out.writeNumber(number);
    } else if (value instanceof Boolean bool) {
      out.writeBoolean(bool);
    } else if (value == Null.NULL) {
      out.writeNull();
    } else {
      throw new IllegalStateException("not JSON: " + value.getClass());
    }
  }
}
