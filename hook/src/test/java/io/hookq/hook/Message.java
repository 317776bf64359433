package io.hookq.hook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The line that the hook sends or spools, as an independent parser reads it. */
record Message(List<String> paths, Optional<String> drv) {
  static final JsonMapper STRICT =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .build();

  /** Reads exactly one line, its end included, and checks all that the protocol says of it. */
  static Message parse(byte[] line) {
    assertThat(line.length).isLessThanOrEqualTo(1 << 20);
    var text = utf8(line);
    assertThat(text).endsWith("\n");
    assertThat(text.indexOf('\n')).as("one line").isEqualTo(text.length() - 1);
    JsonNode json;
    try {
      json = STRICT.readTree(text);
    } catch (IOException e) {
      throw new AssertionError("not JSON: " + text, e);
    }
    assertThat(json.path("op").asText()).isEqualTo("enqueue");
    assertThat(json.path("source").asText()).isEqualTo("hook");
    assertThat(json.path("paths").isArray()).isTrue();
    var known = new ArrayList<String>(List.of("op", "drv", "paths", "source"));
    json.fieldNames().forEachRemaining(name -> assertThat(known).contains(name));

    var paths = new ArrayList<String>();
    for (var path : json.path("paths")) {
      assertThat(path.isTextual()).isTrue();
      paths.add(path.asText());
    }
    return new Message(
        paths, json.has("drv") ? Optional.of(json.get("drv").asText()) : Optional.empty());
  }

  private static String utf8(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new UncheckedIOException("not UTF-8", e);
    }
  }
}
