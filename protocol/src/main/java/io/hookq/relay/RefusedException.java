package io.hookq.relay;

import java.io.IOException;

/** The client asks for what it may not have; the message names it, for the client to read. */
public final class RefusedException extends IOException {
  /** A refusal with its reason. */
  public RefusedException(String message) {
    super(message);
  }
}
