package io.hookq.daemon.control;

import java.io.IOException;

/** No daemon answered on the socket: none is there, we may not speak to it, or it is silent. */
public final class ControlUnreachableException extends IOException {
  /** Says which socket and why. */
  public ControlUnreachableException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Says which socket and why. */
  public ControlUnreachableException(String message) {
    super(message);
  }
}
