package io.hookq.store;

import java.io.IOException;

/**
 * A secret key file cannot be used. The message names the file and the reason, and nothing of what
 * the file says.
 */
public final class SecretKeyException extends IOException {
  /** Says what is wrong with which file. */
  public SecretKeyException(String message) {
    super(message);
  }
}
