package io.hookq.store;

import java.util.OptionalInt;

/**
 * How the far end of a connection ended: its last words and its exit status, as far as known.
 *
 * <p>The serve protocol has no error reply. A peer that refuses something closes its output and
 * exits, and the reason is on its stderr only; so a broken connection is explained by this.
 *
 * @param stderrTail the last lines of the peer's stderr, empty if it said nothing
 * @param exitStatus the peer's exit status, if it has exited and the carrier tells
 */
public record PeerEnd(String stderrTail, OptionalInt exitStatus) {
  private static final PeerEnd NONE = new PeerEnd("", OptionalInt.empty());

  /** Nothing is known. As a method reference this is the {@link Source} of a bare stream. */
  public static PeerEnd none() {
    return NONE;
  }

  /** {@code message}, and behind it the exit status and the peer's words where there are any. */
  String explain(String message) {
    var text = new StringBuilder(message);
    if (exitStatus.isPresent()) {
      text.append(" (exit status ").append(exitStatus.getAsInt()).append(')');
    }
    var words = stderrTail.strip();
    if (!words.isEmpty()) {
      text.append(": ").append(words);
    }
    return text.toString();
  }

  /** Where a connection asks why it ended: a child process, a remote command, or nobody. */
  @FunctionalInterface
  public interface Source {
    /**
     * How the peer ended. May wait a moment, two seconds at most, for an exit status that is on its
     * way; called after the connection broke.
     */
    PeerEnd peerEnd();
  }
}
