package io.hookq.store;

import java.io.IOException;

/**
 * The bytes of a store object are not what its path info says. Found by the sender before the last
 * bytes went out, so the receiving store did not make the path valid.
 */
public final class NarMismatchException extends IOException {
  private final StorePath path;

  /** Says how {@code path} differs: by size or by hash. */
  public NarMismatchException(StorePath path, String message) {
    super(message);
    this.path = path;
  }

  /** The path whose bytes differ. */
  public StorePath path() {
    return path;
  }
}
