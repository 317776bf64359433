package io.hookq.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.docs.Operations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class OperationsTest {
  private static final Pattern HELD =
      Pattern.compile("Operations\\.says\\(\\s*\"((?:[^\"\\\\]|\\\\.)*)\"\\s*\\)");

  @Test
  void every_message_that_is_explained_is_one_that_a_test_makes_a_program_say() throws IOException {
    var held = new TreeSet<String>();
    for (var tests : List.of("src/test/java", "../protocol/src/test/java")) {
      try (var files = Files.walk(Path.of(tests))) {
        for (var file : files.filter(path -> path.toString().endsWith("Test.java")).toList()) {
          HELD.matcher(Files.readString(file))
              .results()
              .forEach(call -> held.add(call.group(1).replace("\\\"", "\"")));
        }
      }
    }
    assertThat(held).containsExactlyInAnyOrderElementsOf(Operations.messages());
    assertThat(held).hasSizeGreaterThan(50);
  }
}
