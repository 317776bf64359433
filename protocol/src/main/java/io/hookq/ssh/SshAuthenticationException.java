package io.hookq.ssh;

import org.jspecify.annotations.Nullable;

/**
 * The server does not let us in, or there is no key to offer: every key that was offered is in the
 * message with its type, fingerprint and file. Trying again helps only after someone changed
 * something.
 */
public final class SshAuthenticationException extends SshException {
  private static final long serialVersionUID = 1L;

  private final boolean metServer;

  private SshAuthenticationException(
      String message, @Nullable String hint, @Nullable Throwable cause, boolean metServer) {
    super(message, hint, cause);
    this.metServer = metServer;
  }

  /** There is no key to offer, so that nobody was asked. */
  SshAuthenticationException(String message, @Nullable String hint, @Nullable Throwable cause) {
    this(message, hint, cause, false);
  }

  /** The server, which has shown the right host key, says no. */
  static SshAuthenticationException denied(
      String message, @Nullable String hint, @Nullable Throwable cause) {
    return new SshAuthenticationException(message, hint, cause, true);
  }

  /** Whether the server was asked, and has shown a host key that is believed. */
  public boolean hasMetServer() {
    return metServer;
  }
}
