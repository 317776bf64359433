package io.hookq.daemon.queue;

import io.hookq.store.StorePath;
import java.time.Instant;
import java.util.Optional;

/**
 * The wish that one store path, with its closure, be valid at one destination, as it stood when it
 * was read.
 *
 * @param attempts refusals so far that count against it
 * @param crashes how often the daemon died under it
 * @param derivation what made the path, where that is known
 * @param source who asked for it: {@code hook}, {@code spool}, {@code push}
 * @param enqueuedAt when it was last asked for while not waiting already
 * @param updatedAt when anything of it last changed
 * @param revision goes up with each change; what compare-and-set compares
 */
public record Job(
    JobId id,
    StorePath path,
    String destination,
    JobState state,
    int attempts,
    int crashes,
    Optional<StorePath> derivation,
    String source,
    Instant enqueuedAt,
    Instant updatedAt,
    long revision) {

  /** From this many crashes on a job is sent alone, so that it takes no other with it. */
  public static final int CRASHES_TO_BE_SENT_ALONE = 2;

  /**
   * With fewer crashes none is failed, however few attempts are allowed: machines have bad days.
   */
  static final int CRASHES_TO_FAIL = 6;

  /** Whether it is suspected of killing the daemon and must not share a batch. */
  public boolean sentAlone() {
    return crashes >= CRASHES_TO_BE_SENT_ALONE;
  }

  /** The earliest time for the next try; empty where none is planned. */
  public Optional<Instant> notBefore() {
    return state instanceof JobState.Queued queued
        ? Optional.of(queued.notBefore())
        : Optional.empty();
  }

  /** Why it stands as it does, where there is a reason. */
  public Optional<String> reason() {
    return state.reason();
  }

  Job moved(JobState to, int nowAttempts, int nowCrashes, Instant now) {
    return new Job(
        id,
        path,
        destination,
        to,
        nowAttempts,
        nowCrashes,
        derivation,
        source,
        enqueuedAt,
        now,
        revision + 1);
  }

  Job movedTo(JobState to, Instant now) {
    return moved(to, attempts, crashes, now);
  }

  Job enqueuedAgain(Instant now) {
    return new Job(
        id,
        path,
        destination,
        new JobState.Queued(now, Optional.empty()),
        0,
        0,
        derivation,
        source,
        now,
        now,
        revision + 1);
  }
}
