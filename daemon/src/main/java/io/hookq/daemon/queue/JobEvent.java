package io.hookq.daemon.queue;

import java.time.Instant;

/** What happens to a job. */
public sealed interface JobEvent {
  /** The word for it in a job's history. */
  String label();

  /** It is asked for again: by the hook, the spool, or a user. */
  record Enqueued() implements JobEvent {
    @Override
    public String label() {
      return "enqueued";
    }
  }

  /** Something of its closure goes on the wire. */
  record Started() implements JobEvent {
    @Override
    public String label() {
      return "started";
    }
  }

  /** Its closure is valid at the destination, sent by us or not. */
  record Arrived() implements JobEvent {
    @Override
    public String label() {
      return "arrived";
    }
  }

  /**
   * The peer refused the path or one that it needs.
   *
   * @param reason the peer's words
   * @param notBefore when to try again
   * @param allowedAttempts with how many refusals it has failed
   */
  record Refused(String reason, Instant notBefore, int allowedAttempts) implements JobEvent {
    @Override
    public String label() {
      return "refused";
    }
  }

  /**
   * The destination is the trouble, not the job: unreachable, denied, its disk full; or the
   * connection ended over another job's path. No attempt counts; when to go on is the destination's
   * affair.
   *
   * @param reason what went wrong
   */
  record DestinationFailed(String reason) implements JobEvent {
    @Override
    public String label() {
      return "destination-failed";
    }
  }

  /**
   * The path could not be read here and is valid all the same: tried again later, no attempt
   * counts.
   *
   * @param reason what went wrong
   * @param notBefore when to try again
   */
  record SourceFailed(String reason, Instant notBefore) implements JobEvent {
    @Override
    public String label() {
      return "source-failed";
    }
  }

  /** The daemon stops in good order. */
  record Stopped() implements JobEvent {
    @Override
    public String label() {
      return "stopped";
    }
  }

  /**
   * Found uploading at start: the daemon died under it.
   *
   * @param allowedAttempts with how many attempts it has failed
   */
  record FoundUploading(int allowedAttempts) implements JobEvent {
    @Override
    public String label() {
      return "found-uploading";
    }
  }

  /**
   * The bytes here are not what was registered for the path, twice over.
   *
   * @param reason which path, and how it differs
   */
  record SourceCorrupt(String reason) implements JobEvent {
    @Override
    public String label() {
      return "source-corrupt";
    }
  }

  /** The path, or one that it needs, is no longer valid in the source store. */
  record SourceGone() implements JobEvent {
    @Override
    public String label() {
      return "source-gone";
    }
  }

  /**
   * A filter leaves it out.
   *
   * @param rule the filter's rule
   */
  record LeftOut(String rule) implements JobEvent {
    @Override
    public String label() {
      return "left-out";
    }
  }

  /** The user does not want it any more. */
  record Dropped() implements JobEvent {
    @Override
    public String label() {
      return "dropped";
    }
  }

  /** The user wants a failed or gone one tried again. */
  record Retried() implements JobEvent {
    @Override
    public String label() {
      return "retried";
    }
  }
}
