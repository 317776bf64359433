package io.hookq.nar;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

/**
 * A tree made up from a seed, the same tree for the same seed: files of all sizes around what is
 * special, executables, links to anywhere, empty files and directories, and odd names.
 */
record RandomTree(long seed) {
  private static final List<String> NAMES =
      List.of(
          "a",
          "b",
          "A",
          "bin",
          "lib",
          "-",
          ".a",
          "...",
          " ",
          "a b",
          "new\nline",
          "tab\t",
          "~",
          "%41",
          "%",
          "?#",
          "ü",
          "é",
          "日本語",
          "😀",
          "｡",
          "ﬀ",
          "x~nix~case~hack~1",
          "quote\"'",
          "back\\slash",
          "n".repeat(255));

  private static final int[] SIZES = {0, 1, 7, 8, 9, 4_096, 8_191, 8_192, 65_536, 262_144, 300_001};

  /** Tells {@code visitor} of the tree. */
  void visit(NarVisitor visitor) throws IOException {
    new Growth(new Random(seed), visitor).node(0);
  }

  private record Growth(Random random, NarVisitor visitor) {
    void node(int depth) throws IOException {
      switch (depth == 0 ? 9 : random.nextInt(depth > 5 ? 7 : 10)) {
        case 0, 1, 2, 3, 4 -> regular();
        case 5, 6 -> visitor.symlink(target());
        default -> directory(depth);
      }
    }

    private void regular() throws IOException {
      var contents =
          new byte
              [random.nextInt(3) == 0 ? SIZES[random.nextInt(SIZES.length)] : random.nextInt(99)];
      random.nextBytes(contents);
      visitor.regular(random.nextInt(3) == 0, contents.length, new ByteArrayInputStream(contents));
    }

    private void directory(int depth) throws IOException {
      var names = new TreeSet<byte[]>(Arrays::compareUnsigned);
      for (var i = random.nextInt(depth == 0 ? 30 : 8); i > 0; i--) {
        names.add(name());
      }
      visitor.directory();
      for (var name : names) {
        visitor.entry(name.clone());
        node(depth + 1);
      }
      visitor.endDirectory();
    }

    private byte[] name() {
      if (random.nextInt(4) > 0 || !Platform.TAKES_ANY_NAME) {
        return NAMES.get(random.nextInt(NAMES.size())).getBytes(StandardCharsets.UTF_8);
      }
      return bytes(1 + random.nextInt(8), '/');
    }

    private byte[] target() {
      if (random.nextInt(4) == 0 && Platform.TAKES_ANY_NAME) {
        return bytes(1 + random.nextInt(20), '/');
      }
      var parts = new ArrayList<>(List.of("..", "/nix/store/x", "dir/", "/", ".", "ü/"));
      parts.addAll(NAMES);
      return parts.get(random.nextInt(parts.size())).getBytes(StandardCharsets.UTF_8);
    }

    /** Any bytes but {@code not}, NUL, and a dot, which might make a name that is not one. */
    private byte[] bytes(int length, char not) {
      var bytes = new byte[length];
      for (var i = 0; i < length; i++) {
        do {
          bytes[i] = (byte) random.nextInt(256);
        } while (bytes[i] == not || bytes[i] == 0 || bytes[i] == '.');
      }
      return bytes;
    }
  }
}
