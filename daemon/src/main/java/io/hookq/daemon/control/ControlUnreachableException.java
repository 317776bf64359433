package io.hookq.daemon.control;

import java.io.IOException;

/** No daemon answered on the socket: none is there, we may not speak to it, or it is silent. */
public final class ControlUnreachableException extends IOException {
  private final boolean denied;

  private ControlUnreachableException(String message, boolean denied, Throwable cause) {
    super(message, cause);
    this.denied = denied;
  }

  /** Says which socket and why. */
  ControlUnreachableException(String message, Throwable cause) {
    this(message, false, cause);
  }

  /** We may not speak to it. */
  static ControlUnreachableException denied(String message, Throwable cause) {
    return new ControlUnreachableException(message, true, cause);
  }

  /** Whether it is the file system that keeps us out. */
  public boolean isDenied() {
    return denied;
  }
}
