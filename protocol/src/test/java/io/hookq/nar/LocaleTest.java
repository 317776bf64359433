package io.hookq.nar;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.peers.TempFolder;
import io.hookq.store.Vectors;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * File names in a JVM whose platform encoding is ASCII, as under systemd, or UTF-8: the encoding is
 * fixed when a JVM starts, so each case has one of its own.
 */
final class LocaleTest {
  @ParameterizedTest
  @ValueSource(strings = {"C", "C.UTF-8", "POSIX"})
  void names_and_targets_keep_their_bytes_in_any_locale(String locale)
      throws IOException, InterruptedException, URISyntaxException {
    Assumptions.assumeTrue(Platform.TAKES_ANY_NAME);
    try (var folder = TempFolder.create()) {
      var java = Path.of(System.getProperty("java.home"), "bin", "java");
      var builder =
          new ProcessBuilder(
                  java.toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  place(NarDump.class) + ":" + place(LocaleTest.class),
                  Child.class.getName(),
                  folder.path().toString())
              .redirectErrorStream(true);
      builder.environment().keySet().removeIf(key -> key.startsWith("LC_") || key.equals("LANG"));
      builder.environment().put("LC_ALL", locale);
      var child = builder.start();
      var output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(child.waitFor()).as(output).isZero();
      for (var vector : Child.VECTORS) {
        assertThat(Files.readAllBytes(folder.resolve(vector + ".dump")))
            .as(vector)
            .isEqualTo(Vectors.bytes("nar/" + vector))
            .isEqualTo(NixStoreDump.of(folder.resolve(vector)));
      }
      for (var seed = 0; seed < Child.SEEDS; seed++) {
        var tree = folder.resolve("seed-" + seed);
        var dumped = Files.readAllBytes(folder.resolve("seed-" + seed + ".dump"));
        assertThat(Arrays.equals(dumped, NixStoreDump.of(tree))).as("seed %d", seed).isTrue();
      }
    }
  }

  private static Path place(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  /** What the other JVM does: makes trees with our code, and dumps them with our code. */
  static final class Child {
    static final String[] VECTORS = {
      "non-utf8.nar", "sort-order.nar", "symlink-utf8.nar", "nested.nar"
    };
    static final int SEEDS = 5;

    private Child() {}

    public static void main(String[] arguments) throws IOException {
      var folder = Path.of(arguments[0]);
      for (var vector : VECTORS) {
        NarReader.read(
            new ByteArrayInputStream(Vectors.bytes("nar/" + vector)),
            new NarRestore(folder.resolve(vector)));
        dump(folder.resolve(vector), folder.resolve(vector + ".dump"));
      }
      for (var seed = 0; seed < SEEDS; seed++) {
        var tree = folder.resolve("seed-" + seed);
        new RandomTree(seed).visit(new NarRestore(tree));
        dump(tree, folder.resolve("seed-" + seed + ".dump"));
      }
    }

    private static void dump(Path tree, Path to) throws IOException {
      var nar = new ByteArrayOutputStream();
      new NarDump(tree).writeTo(nar);
      Files.write(to, nar.toByteArray());
    }
  }
}
