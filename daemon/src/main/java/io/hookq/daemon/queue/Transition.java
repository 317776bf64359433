package io.hookq.daemon.queue;

import io.hookq.daemon.queue.JobEvent.Arrived;
import io.hookq.daemon.queue.JobEvent.DestinationFailed;
import io.hookq.daemon.queue.JobEvent.Dropped;
import io.hookq.daemon.queue.JobEvent.Enqueued;
import io.hookq.daemon.queue.JobEvent.FoundUploading;
import io.hookq.daemon.queue.JobEvent.LeftOut;
import io.hookq.daemon.queue.JobEvent.Refused;
import io.hookq.daemon.queue.JobEvent.Retried;
import io.hookq.daemon.queue.JobEvent.SourceCorrupt;
import io.hookq.daemon.queue.JobEvent.SourceFailed;
import io.hookq.daemon.queue.JobEvent.SourceGone;
import io.hookq.daemon.queue.JobEvent.Started;
import io.hookq.daemon.queue.JobEvent.Stopped;
import io.hookq.daemon.queue.JobState.Done;
import io.hookq.daemon.queue.JobState.Failed;
import io.hookq.daemon.queue.JobState.Gone;
import io.hookq.daemon.queue.JobState.Queued;
import io.hookq.daemon.queue.JobState.Skipped;
import io.hookq.daemon.queue.JobState.Uploading;
import java.time.Instant;
import java.util.Optional;

/** What an event makes of a job. */
public sealed interface Transition {
  /** The event says nothing new, or comes too late. */
  Transition UNCHANGED = new Unchanged();

  /** The job is no more. */
  Transition DELETED = new Deleted();

  /** The job stands otherwise now. */
  record Moved(Job job) implements Transition {}

  /** The event says nothing new, or comes too late. */
  record Unchanged() implements Transition {}

  /** The job is no more. */
  record Deleted() implements Transition {}

  /** The one table that moves jobs. Pure. */
  static Transition of(Job job, JobEvent event, Instant now) {
    var next =
        switch (job.state()) {
          case Queued queued -> ofQueued(job, queued, event, now);
          case Uploading uploading -> ofUploading(job, uploading, event, now);
          case Done _, Skipped _ -> ofSettled(job, event, now);
          case Failed _, Gone _ -> ofGivenUp(job, event, now);
        };
    // Cancelled while on the wire: wherever it would go from there, it goes away.
    return job.state() instanceof Uploading(var cancelled)
            && cancelled
            && next instanceof Moved(var moved)
            && !(moved.state() instanceof Uploading)
        ? DELETED
        : next;
  }

  private static Transition ofQueued(Job job, Queued queued, JobEvent event, Instant now) {
    return switch (event) {
      case Started _ -> moved(job, Uploading.WANTED, now);
      case Arrived _ -> moved(job, new Done(), now);
      case SourceGone _ -> moved(job, new Gone(), now);
      case LeftOut(var rule) -> moved(job, new Skipped(rule), now);
      case SourceCorrupt(var reason) -> moved(job, new Failed(reason), now);
      case SourceFailed(var reason, var notBefore) ->
          moved(job, new Queued(notBefore, Optional.of(reason)), now);
      // Said of the destination before anything of this job was on the wire: kept for `why`.
      case DestinationFailed(var reason) ->
          queued.reason().equals(Optional.of(reason))
              ? UNCHANGED
              : moved(job, new Queued(queued.notBefore(), Optional.of(reason)), now);
      case Dropped _ -> DELETED;
      case Enqueued _, Refused _, Stopped _, FoundUploading _, Retried _ -> UNCHANGED;
    };
  }

  private static Transition ofUploading(Job job, Uploading uploading, JobEvent event, Instant now) {
    return switch (event) {
      case Arrived _ -> moved(job, new Done(), now);
      case Refused(var reason, var notBefore, var allowed) ->
          attempted(job, reason, notBefore, allowed, job.crashes(), now);
      case DestinationFailed(var reason) -> moved(job, new Queued(now, Optional.of(reason)), now);
      case SourceFailed(var reason, var notBefore) ->
          moved(job, new Queued(notBefore, Optional.of(reason)), now);
      case Stopped _ -> moved(job, new Queued(now, Optional.empty()), now);
      case FoundUploading(var allowed) -> crashed(job, allowed, now);
      case SourceCorrupt(var reason) -> moved(job, new Failed(reason), now);
      case SourceGone _ -> moved(job, new Gone(), now);
      case LeftOut(var rule) -> moved(job, new Skipped(rule), now);
      case Dropped _ -> uploading.cancelled() ? UNCHANGED : moved(job, new Uploading(true), now);
      // Wanted again after all.
      case Enqueued _ -> uploading.cancelled() ? moved(job, Uploading.WANTED, now) : UNCHANGED;
      case Started _, Retried _ -> UNCHANGED;
    };
  }

  private static Transition ofSettled(Job job, JobEvent event, Instant now) {
    return switch (event) {
      // After done too: the far side may have collected it. The filter may be another one now.
      case Enqueued _ -> new Moved(job.enqueuedAgain(now));
      case Dropped _ -> DELETED;
      case Started _,
          Arrived _,
          Refused _,
          DestinationFailed _,
          SourceFailed _,
          Stopped _,
          FoundUploading _,
          SourceCorrupt _,
          SourceGone _,
          LeftOut _,
          Retried _ ->
          UNCHANGED;
    };
  }

  private static Transition ofGivenUp(Job job, JobEvent event, Instant now) {
    return event instanceof Retried
        ? new Moved(job.enqueuedAgain(now))
        : ofSettled(job, event, now);
  }

  private static Transition crashed(Job job, int allowed, Instant now) {
    var reason = "the daemon died while it was uploading";
    // Whether it was this one's fault can be told only where it was sent alone.
    if (job.sentAlone()) {
      var crashes = job.crashes() + 1;
      var limit = crashes < Job.CRASHES_TO_FAIL ? Integer.MAX_VALUE : allowed;
      return attempted(job, reason, now, limit, crashes, now);
    }
    return new Moved(
        job.moved(new Queued(now, Optional.of(reason)), job.attempts(), job.crashes() + 1, now));
  }

  private static Transition attempted(
      Job job, String reason, Instant notBefore, int allowed, int crashes, Instant now) {
    var attempts = job.attempts() + 1;
    JobState state =
        attempts >= allowed ? new Failed(reason) : new Queued(notBefore, Optional.of(reason));
    return new Moved(job.moved(state, attempts, crashes, now));
  }

  private static Transition moved(Job job, JobState to, Instant now) {
    return new Moved(job.movedTo(to, now));
  }
}
