package io.hookq.ssh;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * There is no SSH session, or there is none any more. The message names the host and carries the
 * peer's own words where it had any.
 */
public abstract sealed class SshException extends IOException
    permits SshUnreachableException,
        SshAuthenticationException,
        SshHostKeyException,
        SshChannelRefusedException,
        SshConfigException {
  private static final long serialVersionUID = 1L;

  private final @Nullable String hint;

  SshException(String message, @Nullable String hint, @Nullable Throwable cause) {
    super(message, cause);
    this.hint = hint;
  }

  /** What the reader could do about it, where we know. */
  public Optional<String> hint() {
    return Optional.ofNullable(hint);
  }
}
