package io.hookq.store;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

/**
 * A signature of a path info, {@code <key name>:<base 64>}.
 *
 * <p>Nix up to 2.33 stores any text as a signature; from 2.34 on a malformed one ends the whole
 * connection. So what {@link #parse} does not take must not be sent.
 *
 * @param keyName everything before the first colon
 * @param base64 the signature's bytes in base 64; 64 bytes for Ed25519
 */
public record Signature(String keyName, String base64) implements Comparable<Signature> {
  /**
   * Checks what Nix 2.34 checks.
   *
   * @throws IllegalArgumentException without a name, or without valid, non-empty base 64
   */
  public Signature {
    if (keyName.isEmpty() || keyName.indexOf(':') >= 0) {
      throw new IllegalArgumentException("not the name of a key: '" + keyName + "'");
    }
    if (Base64.getDecoder().decode(base64).length == 0) {
      throw new IllegalArgumentException("an empty signature by " + keyName);
    }
  }

  /** Reads a signature, empty where the text has no name or no valid, non-empty base 64. */
  public static Optional<Signature> parse(String text) {
    var colon = text.indexOf(':');
    if (colon < 0) {
      return Optional.empty();
    }
    try {
      return Optional.of(new Signature(text.substring(0, colon), text.substring(colon + 1)));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** By bytes, as Nix sorts: a key's name need not be ASCII. */
  @Override
  public int compareTo(Signature other) {
    return Arrays.compareUnsigned(
        toString().getBytes(StandardCharsets.UTF_8),
        other.toString().getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public String toString() {
    return keyName + ":" + base64;
  }
}
