package io.hookq.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Tables made by real Nix versions, in {@code src/test/resources/vectors}. */
final class Vectors {
  private Vectors() {}

  /** The rows of a table below its head, by column. */
  static Stream<List<String>> table(String name) {
    try (var in = Objects.requireNonNull(Vectors.class.getResourceAsStream("/vectors/" + name))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .skip(1)
          .map(line -> List.of(line.split("\t", -1)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
