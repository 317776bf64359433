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
  private final boolean spoken;

  private HandshakeException(
      String message, PeerEnd end, @Nullable Throwable cause, boolean spoken) {
    super(end.explain(message), cause);
    this.end = end;
    this.spoken = spoken;
  }

  /** Says what the handshake failed on, and what is known of the peer's end. */
  public HandshakeException(String message, PeerEnd end, @Nullable Throwable cause) {
    this(message, end, cause, false);
  }

  /** The same of a peer that did begin to speak the protocol. */
  public static HandshakeException spoken(String message, PeerEnd end, @Nullable Throwable cause) {
    return new HandshakeException(message, end, cause, true);
  }

  /** Says what the handshake failed on, and what is known of the peer's end. */
  public HandshakeException(String message, PeerEnd end) {
    this(message, end, null);
  }

  /** Whether the peer speaks the protocol, if not as we do; else it is something else. */
  public boolean isSpoken() {
    return spoken;
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
