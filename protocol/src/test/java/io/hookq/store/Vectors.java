package io.hookq.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/** Files made by real Nix versions, in {@code src/test/resources/vectors}. */
public final class Vectors {
  private Vectors() {}

  /** The file {@code name}, such as {@code nar/nested.nar}. */
  public static byte[] bytes(String name) {
    try (var in = Vectors.class.getResourceAsStream("/vectors/" + name)) {
      if (in == null) {
        throw new AssertionError("no vector " + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The rows of the table {@code name} below its head, by column. */
  public static Stream<List<String>> table(String name) {
    return new String(bytes(name), StandardCharsets.UTF_8)
        .lines()
        .skip(1)
        .map(line -> List.of(line.split("\t", -1)));
  }
}
