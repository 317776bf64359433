package io.hookq.daemon.transport;

import io.hookq.store.StorePath;
import java.util.Optional;

/** Why an upload ended early, by whom it is held against. */
public sealed interface UploadFailure {
  /** What happened, with the peer's own words where it had any. */
  String words();

  /** What the reader could do about it, where we know. */
  default Optional<String> hint() {
    return Optional.empty();
  }

  /** Whose trouble it is, see {@link Trouble#label}. */
  default String label() {
    return switch (this) {
      case Unreachable _ -> "unreachable";
      case Denied _ -> "denied";
      case ServerTrouble _ -> "server";
      case Refused _ -> "refused";
      case SourceCorrupt _, SourceUnreadable _, SourceTrouble _, Interrupted _ -> Trouble.HERE;
    };
  }

  /** Whether it is the trouble of one path, so that others can still be brought there. */
  default boolean isOfPath() {
    return switch (this) {
      case Refused _, SourceCorrupt _, SourceUnreadable _ -> true;
      case Unreachable _, Denied _, ServerTrouble _, SourceTrouble _, Interrupted _ -> false;
    };
  }

  /** Words and hint in one line. */
  default String explained() {
    return explained(words(), hint());
  }

  /** Words and hint in one line. */
  static String explained(String words, Optional<String> hint) {
    return words + hint.map(text -> " (hint: " + text + ")").orElse("");
  }

  /** Nobody there, or the connection broke without a verdict: the destination waits. */
  record Unreachable(String words, Optional<String> hint) implements UploadFailure {}

  /** There, but it or we will not have each other: authentication, host key. It waits. */
  record Denied(String words, Optional<String> hint) implements UploadFailure {}

  /** There, and unable whatever the path: its disk is full, no such program. It waits. */
  record ServerTrouble(String words, Optional<String> hint) implements UploadFailure {}

  /** The peer will not have this path; counts against whatever needs it. */
  record Refused(StorePath path, Refusal kind, String words) implements UploadFailure {
    @Override
    public Optional<String> hint() {
      return kind.hint();
    }
  }

  /** The bytes of this path here are not what was registered for it. */
  record SourceCorrupt(StorePath path, String words) implements UploadFailure {}

  /** This path cannot be read here, perhaps because it is gone. */
  record SourceUnreadable(StorePath path, String words) implements UploadFailure {}

  /** The source store does not answer: everything waits. */
  record SourceTrouble(String words) implements UploadFailure {}

  /** We were told to stop. */
  record Interrupted(String words) implements UploadFailure {}
}
