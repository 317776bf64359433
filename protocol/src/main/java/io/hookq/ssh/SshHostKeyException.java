package io.hookq.ssh;

import org.jspecify.annotations.Nullable;

/**
 * The server's host key is unknown, not the one it should be, or revoked. Nothing was sent to it,
 * our identities neither.
 */
public final class SshHostKeyException extends SshException {
  private static final long serialVersionUID = 1L;

  private final String fingerprint;

  SshHostKeyException(
      String message, String fingerprint, @Nullable String hint, @Nullable Throwable cause) {
    super(message, hint, cause);
    this.fingerprint = fingerprint;
  }

  /** Of the key that the server showed, such as {@code SHA256:…}. */
  public String fingerprint() {
    return fingerprint;
  }
}
