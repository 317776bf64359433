package io.hookq.store;

import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The peer gave up in the middle of a conversation, or said that it could not do what was asked.
 *
 * <p>The message carries the peer's own words and its exit status.
 */
public final class PeerException extends IOException {
  private final Optional<StorePath> suspect;
  private final PeerEnd end;

  /**
   * Says what was going on, and what is known of the peer's end.
   *
   * @param suspect the store path that the peer was most likely busy with: the first unanswered one
   */
  public PeerException(
      String message, Optional<StorePath> suspect, PeerEnd end, @Nullable Throwable cause) {
    super(end.explain(message), cause);
    this.suspect = suspect;
    this.end = end;
  }

  /** Says what was going on, and what is known of the peer's end. */
  public PeerException(String message, Optional<StorePath> suspect, PeerEnd end) {
    this(message, suspect, end, null);
  }

  /** The store path that the peer was most likely busy with: the first unanswered one. */
  public Optional<StorePath> suspect() {
    return suspect;
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
