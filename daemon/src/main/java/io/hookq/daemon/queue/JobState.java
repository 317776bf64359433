package io.hookq.daemon.queue;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Where a job stands; how each state is entered and left is said in {@link Transition}. */
public sealed interface JobState {
  /** The labels of all states, in the order in which a job goes through them. */
  List<String> LABELS = List.of("queued", "uploading", "done", "failed", "gone", "skipped");

  /** The word for it in the database, in JSON and on the command line. */
  String label();

  /** Why it is so, where there is a reason. */
  default Optional<String> reason() {
    return Optional.empty();
  }

  /** Whether the path must still be kept from the garbage collector for this job's sake. */
  default boolean needsRoot() {
    return switch (this) {
      case Queued _, Uploading _, Failed _ -> true;
      case Done _, Gone _, Skipped _ -> false;
    };
  }

  /**
   * Waits to be sent.
   *
   * @param notBefore the earliest time for it
   * @param reason why the last try came to nothing; empty before the first
   */
  record Queued(Instant notBefore, Optional<String> reason) implements JobState {
    @Override
    public String label() {
      return "queued";
    }
  }

  /**
   * Something of its closure is on the wire.
   *
   * @param cancelled dropped by the user meanwhile: deleted as soon as it leaves this state
   */
  record Uploading(boolean cancelled) implements JobState {
    /** On the wire, and wanted. */
    public static final Uploading WANTED = new Uploading(false);

    @Override
    public String label() {
      return "uploading";
    }
  }

  /** The closure is valid at the destination. */
  record Done() implements JobState {
    @Override
    public String label() {
      return "done";
    }
  }

  /**
   * Given up until the user says otherwise.
   *
   * @param why the peer's own words, or what is wrong with the path here
   */
  record Failed(String why) implements JobState {
    @Override
    public String label() {
      return "failed";
    }

    @Override
    public Optional<String> reason() {
      return Optional.of(why);
    }
  }

  /** No longer valid in the source store. */
  record Gone() implements JobState {
    private static final Optional<String> REASON =
        Optional.of("it, or a path that it needs, is no longer valid in the source store");

    @Override
    public String label() {
      return "gone";
    }

    @Override
    public Optional<String> reason() {
      return REASON;
    }
  }

  /**
   * A filter leaves it out.
   *
   * @param rule the filter's rule
   */
  record Skipped(String rule) implements JobState {
    @Override
    public String label() {
      return "skipped";
    }

    @Override
    public Optional<String> reason() {
      return Optional.of(rule);
    }
  }
}
