package io.hookq.store;

import java.util.Base64;
import java.util.HexFormat;

/**
 * The SHA-256 of a store object's NAR.
 *
 * <p>Nix spells one hash in several ways: {@code AddToStoreNar} sends bare base 16, path infos,
 * fingerprints and narinfo files carry {@code sha256:} and Nix32. {@link #parse} reads all of them.
 *
 * @param base16 64 lower-case hexadecimal digits
 */
public record NarHash(String base16) {
  private static final int BYTES = 32;
  private static final int BASE64_LENGTH = 44;
  private static final int QUOTED_CHARACTERS = 100;
  private static final String PREFIX = "sha256:";
  private static final String SRI_PREFIX = "sha256-";

  /**
   * Checks the digits.
   *
   * @throws IllegalArgumentException if there are not 64 lower-case hexadecimal digits
   */
  public NarHash {
    if (base16.length() != BYTES * 2 || !base16.equals(HexFormat.of().formatHex(hex(base16)))) {
      throw notAHash(base16);
    }
  }

  /** The hash whose bytes are {@code digest}. */
  public static NarHash of(byte[] digest) {
    return new NarHash(HexFormat.of().formatHex(digest));
  }

  /**
   * Reads any spelling: base 16, Nix32 or base 64, bare or after {@code sha256:}, or SRI. As in Nix
   * the length tells the bases apart.
   *
   * @throws IllegalArgumentException for anything else, another algorithm included
   */
  public static NarHash parse(String text) {
    if (text.startsWith(SRI_PREFIX)) {
      return of(base64(text, text.substring(SRI_PREFIX.length())));
    }
    var digits = text.startsWith(PREFIX) ? text.substring(PREFIX.length()) : text;
    if (digits.length() == BYTES * 2) {
      return of(hex(digits));
    }
    if (digits.length() == Nix32.encodedLength(BYTES)) {
      return of(Nix32.decode(digits, BYTES));
    }
    if (digits.length() == BASE64_LENGTH) {
      return of(base64(text, digits));
    }
    throw notAHash(text);
  }

  private static byte[] hex(String digits) {
    try {
      return HexFormat.of().parseHex(digits);
    } catch (IllegalArgumentException e) {
      throw notAHash(digits);
    }
  }

  private static byte[] base64(String text, String digits) {
    // The length is checked because Java, unlike Nix, reads base 64 without padding too.
    if (digits.length() != BASE64_LENGTH) {
      throw notAHash(text);
    }
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(digits);
    } catch (IllegalArgumentException e) {
      throw notAHash(text);
    }
    if (bytes.length != BYTES) {
      throw notAHash(text);
    }
    return bytes;
  }

  private static IllegalArgumentException notAHash(String text) {
    var quoted =
        text.length() <= QUOTED_CHARACTERS ? text : text.substring(0, QUOTED_CHARACTERS) + "…";
    return new IllegalArgumentException(
        "not a SHA-256 hash: '" + quoted.replaceAll("\\p{Cntrl}", "?") + "'");
  }

  /**
   * {@code sha256:} and 52 Nix32 digits, the form of path infos, fingerprints and narinfo files.
   */
  public String prefixedNix32() {
    return PREFIX + Nix32.encode(HexFormat.of().parseHex(base16));
  }

  @Override
  public String toString() {
    return prefixedNix32();
  }
}
