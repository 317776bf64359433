package io.hookq.daemon.transport;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a peer has against a path, read from its words: they differ between versions of Nix, so a
 * few stable pieces must do.
 */
public enum Refusal {
  /** Nobody it trusts has signed the path. */
  MISSING_SIGNATURE(
      "on the server, make the SSH user one of trusted-users; or have the paths signed here"
          + " (signing-keys) and list the public key in the server's trusted-public-keys"),

  /** Nothing may be added at all. */
  NOT_ALLOWED("the server's forced command must run nix-store --serve --write"),

  /** The bytes are not what the path info says. */
  HASH_MISMATCH(null),

  /** A path that it refers to is not valid there, perhaps collected a moment ago. */
  INVALID_REFERENCE(null),

  /** Anything else. */
  OTHER(null);

  private final Optional<String> hint;

  Refusal(@Nullable String hint) {
    this.hint = Optional.ofNullable(hint);
  }

  /** Which one these words of a peer mean. */
  static Refusal of(String words) {
    if (words.contains("signature") && words.contains("lacks a")) {
      return MISSING_SIGNATURE;
    }
    if (words.contains("not allowed")) {
      return NOT_ALLOWED;
    }
    if (words.contains("hash mismatch")) {
      return HASH_MISMATCH;
    }
    if (words.contains("is not valid")) {
      return INVALID_REFERENCE;
    }
    return OTHER;
  }

  /** Whether every path would meet it, so that it is the destination's trouble in truth. */
  boolean mayBeTheDestinations() {
    return this == MISSING_SIGNATURE || this == NOT_ALLOWED;
  }

  /** What to set on the server. */
  Optional<String> hint() {
    return hint;
  }
}
