package io.hookq.daemon.control;

import java.io.IOException;

/** The daemon said no; the message is its own. */
public final class ControlRefusedException extends IOException {
  private final String refusalClass;

  /** With the daemon's message and class. */
  public ControlRefusedException(String message, String refusalClass) {
    super(message);
    this.refusalClass = refusalClass;
  }

  /** {@code bad-request}, {@code not-valid}, {@code retry}, {@code forbidden}, {@code internal}. */
  public String refusalClass() {
    return refusalClass;
  }
}
