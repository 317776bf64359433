package io.hookq.nar;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Files made by real Nix versions, in {@code src/test/resources/vectors}. */
final class Vectors {
  private Vectors() {}

  private static Path folder(String name) {
    try {
      return Path.of(
          Objects.requireNonNull(Vectors.class.getResource("/vectors/" + name), name).toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  static byte[] bytes(String name) {
    try {
      return Files.readAllBytes(folder(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The rows of a table below its head, by column. */
  static Stream<List<String>> table(String name) {
    return new String(bytes(name), StandardCharsets.UTF_8)
        .lines()
        .skip(1)
        .map(line -> List.of(line.split("\t", -1)));
  }
}
