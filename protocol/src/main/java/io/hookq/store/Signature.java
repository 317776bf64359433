package io.hookq.store;

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
  /** Reads a signature, empty where the text has no name or no valid, non-empty base 64. */
  public static Optional<Signature> parse(String text) {
    var colon = text.indexOf(':');
    if (colon <= 0) {
      return Optional.empty();
    }
    var digits = text.substring(colon + 1);
    try {
      if (Base64.getDecoder().decode(digits).length == 0) {
        return Optional.empty();
      }
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    return Optional.of(new Signature(text.substring(0, colon), digits));
  }

  @Override
  public int compareTo(Signature other) {
    return toString().compareTo(other.toString());
  }

  @Override
  public String toString() {
    return keyName + ":" + base64;
  }
}
