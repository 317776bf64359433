package io.hookq.store;

/** A text that is not a derivation; the message says where and what would have been right. */
public final class InvalidDerivationException extends IllegalArgumentException {
  InvalidDerivationException(int offset, String expected, String found) {
    super(
        "not a derivation: at character %d: expected %s, found %s"
            .formatted(offset, expected, found));
  }

  InvalidDerivationException(int offset, String problem) {
    super("not a derivation: at character %d: %s".formatted(offset, problem));
  }
}
