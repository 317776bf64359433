package io.hookq.ssh;

import org.jspecify.annotations.Nullable;

/**
 * The peer cannot be reached, went away or went silent: the name did not resolve, the connection
 * was refused, reset or timed out, or the session ended. Trying again later may help.
 */
public final class SshUnreachableException extends SshException {
  private static final long serialVersionUID = 1L;

  SshUnreachableException(String message, @Nullable String hint, @Nullable Throwable cause) {
    super(message, hint, cause);
  }
}
