package io.hookq.store;

import java.io.IOException;

/** A store object could not be read on this side: not the fault of whoever was to receive it. */
public final class SourceReadException extends IOException {
  /** Says what could not be read and why. */
  public SourceReadException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Says what could not be read and why. */
  public SourceReadException(String message) {
    super(message);
  }
}
