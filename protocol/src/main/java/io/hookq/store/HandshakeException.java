package io.hookq.store;

import java.io.IOException;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The far end does not speak the protocol, or only a version that we refuse: a wrong magic number,
 * a login banner before it, a program that is not there.
 *
 * <p>The message carries the peer's own words and its exit status.
 */
public final class HandshakeException extends IOException {
  private final PeerEnd end;

  /** Says what the handshake failed on, and what is known of the peer's end. */
  public HandshakeException(String message, PeerEnd end, @Nullable Throwable cause) {
    super(end.explain(message), cause);
    this.end = end;
  }

  /** Says what the handshake failed on, and what is known of the peer's end. */
  public HandshakeException(String message, PeerEnd end) {
    this(message, end, null);
  }

  /** The last lines of the peer's stderr; empty if it said nothing. */
  public String stderrTail() {
    return end.stderrTail();
  }

  /** The peer's exit status, if it is known. */
  public OptionalInt exitStatus() {
    return end.exitStatus();
  }
}
