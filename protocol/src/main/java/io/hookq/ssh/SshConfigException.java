package io.hookq.ssh;

import org.jspecify.annotations.Nullable;

/**
 * OpenSSH's configuration files cannot be followed: a line makes no sense, or asks for something
 * that is not done here. The message names file and line. Trying again helps only after someone
 * changed something.
 */
public final class SshConfigException extends SshException {
  private static final long serialVersionUID = 1L;

  SshConfigException(String message, @Nullable String hint, @Nullable Throwable cause) {
    super(message, hint, cause);
  }
}
