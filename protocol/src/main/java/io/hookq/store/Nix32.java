package io.hookq.store;

import java.util.Arrays;

/**
 * Nix's base 32: digits {@code 0-9 a-z} without {@code e o u t}, the bytes read as one
 * little-endian bit string, its most significant digit first.
 *
 * <p>Source of the format: Nix's {@code base-nix-32.cc}. Stateless.
 */
public final class Nix32 {
  private static final String ALPHABET = "0123456789abcdfghijklmnpqrsvwxyz";
  private static final int BITS = 5;
  private static final byte[] VALUES = values();

  private Nix32() {}

  private static byte[] values() {
    var values = new byte[128];
    Arrays.fill(values, (byte) -1);
    for (var i = 0; i < ALPHABET.length(); i++) {
      values[ALPHABET.charAt(i)] = (byte) i;
    }
    return values;
  }

  /** Whether it is one of the 32 digits. */
  public static boolean isDigit(char c) {
    return c < VALUES.length && VALUES[c] >= 0;
  }

  /** How many digits {@code bytes} bytes take: 16 → 26, 20 → 32, 32 → 52, 64 → 103. */
  public static int encodedLength(int bytes) {
    return bytes == 0 ? 0 : (bytes * 8 - 1) / BITS + 1;
  }

  /** The digits of {@code bytes}. */
  public static String encode(byte[] bytes) {
    var length = encodedLength(bytes.length);
    var digits = new StringBuilder(length);
    for (var k = length - 1; k >= 0; k--) {
      var bit = k * BITS;
      var i = bit / 8;
      var j = bit % 8;
      var low = (bytes[i] & 0xff) >>> j;
      var high = i + 1 < bytes.length ? (bytes[i + 1] & 0xff) << (8 - j) : 0;
      digits.append(ALPHABET.charAt((low | high) & 0x1f));
    }
    return digits.toString();
  }

  /**
   * The {@code length} bytes that {@code text} stands for.
   *
   * @throws IllegalArgumentException for a wrong number of digits, a foreign character, or bits set
   *     past the end
   */
  public static byte[] decode(String text, int length) {
    if (text.length() != encodedLength(length)) {
      throw new IllegalArgumentException(
          "%d Nix32 digits where %d were expected: '%s'"
              .formatted(text.length(), encodedLength(length), text));
    }
    var bytes = new byte[length];
    for (var k = 0; k < text.length(); k++) {
      var c = text.charAt(text.length() - 1 - k);
      if (!isDigit(c)) {
        throw new IllegalArgumentException("not a Nix32 digit: '" + c + "' in '" + text + "'");
      }
      var bit = k * BITS;
      var i = bit / 8;
      var j = bit % 8;
      bytes[i] |= (byte) (VALUES[c] << j);
      var carry = VALUES[c] >>> (8 - j);
      if (i + 1 < length) {
        bytes[i + 1] |= (byte) carry;
      } else if (carry != 0) {
        throw new IllegalArgumentException("bits set past the end of '" + text + "'");
      }
    }
    return bytes;
  }
}
