package io.hookq.ssh;

import org.jspecify.annotations.Nullable;

/**
 * The server does not let us in, or there is no key to offer: every key that was offered is in the
 * message with its type, fingerprint and file. Trying again helps only after someone changed
 * something.
 */
public final class SshAuthenticationException extends SshException {
  private static final long serialVersionUID = 1L;

  SshAuthenticationException(String message, @Nullable String hint, @Nullable Throwable cause) {
    super(message, hint, cause);
  }
}
