package io.hookq.ssh;

import org.jspecify.annotations.Nullable;

/**
 * The server takes no further command on this session, which itself is well: the commands that run
 * go on. A new session may be let in, and this one may take a command when another has ended.
 */
public final class SshChannelRefusedException extends SshException {
  private static final long serialVersionUID = 1L;

  SshChannelRefusedException(String message, @Nullable String hint, @Nullable Throwable cause) {
    super(message, hint, cause);
  }
}
