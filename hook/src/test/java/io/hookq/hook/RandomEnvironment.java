package io.hookq.hook;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * OUT_PATHS and DRV_PATH as a hostile or broken caller might set them, with what the hook must make
 * of them by an independent reading of the grammar.
 */
final class RandomEnvironment {
  private static final Pattern BASE_NAME =
      Pattern.compile("[0-9a-df-np-sv-z]{32}-(?!\\.{1,2}(-|$))[0-9a-zA-Z+._?=-]{1,211}");
  private static final String DIGITS = "0123456789abcdfghijklmnpqrsvwxyz";
  private static final String NAME =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-._?=";
  private static final List<String> STORE_DIRS =
      List.of(
          "/nix/store", "/nix/store", "/a", "/tmp/ä\"\\b/ξ", "/nix//store", "/nix/../store", "");
  private static final List<String> SEPARATORS = List.of(" ", "  ", "\n", "\t ", "\r\n");

  private final byte[] outPaths;
  private final Optional<byte[]> drvPath;

  private RandomEnvironment(byte[] outPaths, Optional<byte[]> drvPath) {
    this.outPaths = outPaths;
    this.drvPath = drvPath;
  }

  static RandomEnvironment next(RandomGenerator random) {
    var out = new ByteArrayOutputStream();
    for (var words = random.nextInt(6); words > 0; words--) {
      out.writeBytes(word(random));
      out.writeBytes(pick(random, SEPARATORS).getBytes(StandardCharsets.UTF_8));
    }
    var drv =
        switch (random.nextInt(4)) {
          case 0 -> Optional.<byte[]>empty();
          case 1 -> Optional.of(word(random));
          default -> Optional.of(path(random, ".drv").getBytes(StandardCharsets.UTF_8));
        };
    return new RandomEnvironment(out.toByteArray(), drv);
  }

  private static byte[] word(RandomGenerator random) {
    var bytes = path(random, "").getBytes(StandardCharsets.UTF_8);
    for (var changes = random.nextInt(3); changes > 0; changes--) {
      // Never NUL: an environment cannot hold it.
      bytes[random.nextInt(bytes.length)] = (byte) (1 + random.nextInt(255));
    }
    return bytes;
  }

  private static String path(RandomGenerator random, String end) {
    var path = new StringBuilder(pick(random, STORE_DIRS)).append('/');
    var hash = random.nextInt(20) == 0 ? 31 : 32;
    for (var i = 0; i < hash; i++) {
      path.append(DIGITS.charAt(random.nextInt(DIGITS.length())));
    }
    path.append('-');
    var name = random.nextInt(10) == 0 ? random.nextInt(215) : 1 + random.nextInt(12);
    for (var i = 0; i < name; i++) {
      path.append(NAME.charAt(random.nextInt(NAME.length())));
    }
    return path.append(end).toString();
  }

  private static <T> T pick(RandomGenerator random, List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  /** What the hook must send; empty if there is nothing to send. */
  Optional<Message> expected() {
    var paths = new ArrayList<String>();
    var word = new ByteArrayOutputStream();
    for (var b : outPaths) {
      if (b == ' ' || b == '\t' || b == '\n' || b == '\r') {
        storePath(word.toByteArray()).ifPresent(paths::add);
        word.reset();
      } else {
        word.write(b);
      }
    }
    storePath(word.toByteArray()).ifPresent(paths::add);
    var drv = drvPath.flatMap(RandomEnvironment::storePath).filter(path -> path.endsWith(".drv"));
    return paths.isEmpty() && drv.isEmpty()
        ? Optional.empty()
        : Optional.of(new Message(paths, drv));
  }

  private static Optional<String> storePath(byte[] bytes) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
    var slash = text.lastIndexOf('/');
    if (slash <= 0 || !BASE_NAME.matcher(text.substring(slash + 1)).matches()) {
      return Optional.empty();
    }
    var dir = text.substring(0, slash);
    var plain = dir.startsWith("/") && dir.chars().noneMatch(Character::isISOControl);
    for (var component : dir.substring(1).split("/", -1)) {
      plain &= !component.isEmpty() && !component.equals(".") && !component.equals("..");
    }
    return plain ? Optional.of(text) : Optional.empty();
  }

  /** A line for {@code sh} that sets the variables, byte for byte, in front of a command. */
  byte[] assignment() {
    var line = new ByteArrayOutputStream();
    line.writeBytes(quoted("OUT_PATHS=", outPaths));
    drvPath.ifPresent(drv -> line.writeBytes(quoted("DRV_PATH=", drv)));
    return line.toByteArray();
  }

  private static byte[] quoted(String name, byte[] value) {
    var quoted = new ByteArrayOutputStream();
    quoted.writeBytes((name + "'").getBytes(StandardCharsets.US_ASCII));
    for (var b : value) {
      if (b == '\'') {
        quoted.writeBytes("'\\''".getBytes(StandardCharsets.US_ASCII));
      } else {
        quoted.write(b);
      }
    }
    quoted.writeBytes("' ".getBytes(StandardCharsets.US_ASCII));
    return quoted.toByteArray();
  }
}
