package io.hookq.daemon.queue;

import static io.hookq.daemon.queue.Paths.path;
import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.daemon.queue.JobState.Done;
import io.hookq.daemon.queue.JobState.Failed;
import io.hookq.daemon.queue.JobState.Gone;
import io.hookq.daemon.queue.JobState.Queued;
import io.hookq.daemon.queue.JobState.Skipped;
import io.hookq.daemon.queue.JobState.Uploading;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class TransitionTest {
  private static final Instant THEN = Instant.parse("2026-11-21T12:00:00Z");
  private static final Instant NOW = THEN.plusSeconds(60);
  private static final Instant LATER = NOW.plus(Duration.ofSeconds(30));
  private static final Queued BACKED_OFF = new Queued(LATER, Optional.of("unreachable"));

  private static Job job(JobState state, int attempts, int crashes) {
    return new Job(
        new JobId(1),
        path("hello"),
        "server",
        state,
        attempts,
        crashes,
        Optional.empty(),
        "hook",
        THEN,
        THEN,
        7);
  }

  private static Job moved(Job job, JobEvent event) {
    assertThat(Transition.of(job, event, NOW)).isInstanceOf(Transition.Moved.class);
    var moved = ((Transition.Moved) Transition.of(job, event, NOW)).job();
    assertThat(moved.revision()).isEqualTo(job.revision() + 1);
    assertThat(moved.updatedAt()).isEqualTo(NOW);
    return moved;
  }

  private static void assertUnchanged(Job job, JobEvent event) {
    assertThat(Transition.of(job, event, NOW)).isEqualTo(Transition.UNCHANGED);
  }

  private static List<JobState> settled() {
    return List.of(new Done(), new Failed("no"), new Gone(), new Skipped("rule"));
  }

  @ParameterizedTest
  @MethodSource("settled")
  void enqueue_starts_a_settled_job_afresh(JobState state) {
    var again = moved(job(state, 4, 3), new JobEvent.Enqueued());
    assertThat(again.state()).isEqualTo(new Queued(NOW, Optional.empty()));
    assertThat(again.attempts()).isZero();
    assertThat(again.crashes()).isZero();
    assertThat(again.enqueuedAt()).isEqualTo(NOW);
  }

  @Test
  void enqueue_never_shortens_a_backoff() {
    assertUnchanged(job(BACKED_OFF, 1, 0), new JobEvent.Enqueued());
    assertUnchanged(job(Uploading.WANTED, 1, 0), new JobEvent.Enqueued());
  }

  @Test
  void a_queued_job_uploads_when_its_closure_goes_on_the_wire() {
    var uploading = moved(job(BACKED_OFF, 2, 1), new JobEvent.Started());
    assertThat(uploading.state()).isEqualTo(Uploading.WANTED);
    assertThat(uploading.attempts()).isEqualTo(2);
    assertThat(uploading.crashes()).isEqualTo(1);
  }

  @Test
  void a_job_is_done_when_its_closure_is_valid_at_the_destination() {
    assertThat(moved(job(Uploading.WANTED, 0, 0), new JobEvent.Arrived()).state())
        .isEqualTo(new Done());
    assertThat(moved(job(BACKED_OFF, 0, 0), new JobEvent.Arrived()).state()).isEqualTo(new Done());
  }

  @Test
  void a_refused_job_waits_while_attempts_are_left() {
    var waiting = moved(job(Uploading.WANTED, 3, 0), new JobEvent.Refused("no", LATER, 5));
    assertThat(waiting.state()).isEqualTo(new Queued(LATER, Optional.of("no")));
    assertThat(waiting.attempts()).isEqualTo(4);
  }

  @Test
  void a_refused_job_fails_when_its_attempts_are_spent() {
    var failed = moved(job(Uploading.WANTED, 4, 0), new JobEvent.Refused("no", LATER, 5));
    assertThat(failed.state()).isEqualTo(new Failed("no"));
    assertThat(failed.attempts()).isEqualTo(5);
  }

  @Test
  void the_destinations_trouble_counts_no_attempt() {
    var back = moved(job(Uploading.WANTED, 4, 1), new JobEvent.DestinationFailed("unreachable"));
    assertThat(back.state()).isEqualTo(new Queued(NOW, Optional.of("unreachable")));
    assertThat(back.attempts()).isEqualTo(4);
    assertThat(back.crashes()).isEqualTo(1);
    assertUnchanged(job(BACKED_OFF, 1, 0), new JobEvent.DestinationFailed("unreachable"));
  }

  @Test
  void an_orderly_stop_counts_no_attempt() {
    var back = moved(job(Uploading.WANTED, 4, 1), new JobEvent.Stopped());
    assertThat(back.state()).isEqualTo(new Queued(NOW, Optional.empty()));
    assertThat(back.attempts()).isEqualTo(4);
    assertThat(back.crashes()).isEqualTo(1);
  }

  @Test
  void five_crashes_in_a_row_fail_nothing_even_where_one_attempt_is_allowed() {
    var job = job(new Queued(NOW, Optional.empty()), 0, 0);
    for (var crash = 1; crash <= 5; crash++) {
      job = moved(moved(job, new JobEvent.Started()), new JobEvent.FoundUploading(1));
      assertThat(job.state()).isInstanceOf(Queued.class);
    }
    job = moved(moved(job, new JobEvent.Started()), new JobEvent.FoundUploading(1));
    assertThat(job.state()).isInstanceOf(Failed.class);
  }

  @Test
  void a_crash_counts_as_an_attempt_only_for_a_job_that_was_alone() {
    var job = job(Uploading.WANTED, 0, 0);
    for (var crash = 1; crash <= 2; crash++) {
      assertThat(job.sentAlone()).isFalse();
      job = moved(job, new JobEvent.FoundUploading(5));
      assertThat(job.crashes()).isEqualTo(crash);
      assertThat(job.attempts()).isZero();
      job = moved(job, new JobEvent.Started());
    }
    assertThat(job.sentAlone()).isTrue();
    job = moved(job, new JobEvent.FoundUploading(5));
    assertThat(job.attempts()).isEqualTo(1);
  }

  @Test
  void five_crashes_in_a_row_fail_nothing_and_a_job_that_always_kills_fails_in_the_end() {
    var job = job(Uploading.WANTED, 0, 0);
    for (var crash = 1; crash <= 6; crash++) {
      job = moved(job, new JobEvent.FoundUploading(5));
      assertThat(job.state()).isInstanceOf(Queued.class);
      job = moved(job, new JobEvent.Started());
    }
    job = moved(job, new JobEvent.FoundUploading(5));
    assertThat(job.state()).isInstanceOf(Failed.class);
  }

  @Test
  void a_corrupt_source_fails_at_once() {
    assertThat(moved(job(Uploading.WANTED, 0, 0), new JobEvent.SourceCorrupt("bytes")).state())
        .isEqualTo(new Failed("bytes"));
  }

  @Test
  void an_unreadable_source_is_tried_again_later_and_blamed_on_nobody() {
    var back = moved(job(Uploading.WANTED, 2, 0), new JobEvent.SourceFailed("I/O error", LATER));
    assertThat(back.state()).isEqualTo(new Queued(LATER, Optional.of("I/O error")));
    assertThat(back.attempts()).isEqualTo(2);
  }

  @Test
  void a_path_no_longer_valid_here_is_gone() {
    assertThat(moved(job(BACKED_OFF, 0, 0), new JobEvent.SourceGone()).state())
        .isEqualTo(new Gone());
    assertThat(moved(job(Uploading.WANTED, 0, 0), new JobEvent.SourceGone()).state())
        .isEqualTo(new Gone());
  }

  @Test
  void a_filter_skips() {
    assertThat(moved(job(BACKED_OFF, 0, 0), new JobEvent.LeftOut("-source$")).state())
        .isEqualTo(new Skipped("-source$"));
    assertThat(moved(job(Uploading.WANTED, 0, 0), new JobEvent.LeftOut("-source$")).state())
        .isEqualTo(new Skipped("-source$"));
  }

  @ParameterizedTest
  @MethodSource("settled")
  void a_drop_deletes_what_is_not_uploading(JobState state) {
    assertThat(Transition.of(job(state, 0, 0), new JobEvent.Dropped(), NOW))
        .isEqualTo(Transition.DELETED);
    assertThat(Transition.of(job(BACKED_OFF, 0, 0), new JobEvent.Dropped(), NOW))
        .isEqualTo(Transition.DELETED);
  }

  private static List<JobEvent> waysOut() {
    return List.of(
        new JobEvent.Arrived(),
        new JobEvent.Refused("no", LATER, 5),
        new JobEvent.DestinationFailed("unreachable"),
        new JobEvent.SourceFailed("I/O error", LATER),
        new JobEvent.Stopped(),
        new JobEvent.FoundUploading(5),
        new JobEvent.SourceCorrupt("bytes"),
        new JobEvent.SourceGone(),
        new JobEvent.LeftOut("rule"));
  }

  @ParameterizedTest
  @MethodSource("waysOut")
  void a_job_dropped_while_uploading_is_deleted_when_it_leaves_that_state(JobEvent event) {
    var cancelled = moved(job(Uploading.WANTED, 0, 0), new JobEvent.Dropped());
    assertThat(cancelled.state()).isEqualTo(new Uploading(true));
    assertThat(Transition.of(cancelled, event, NOW)).isEqualTo(Transition.DELETED);
  }

  @Test
  void a_job_dropped_while_uploading_is_kept_when_it_is_asked_for_again() {
    assertThat(moved(job(new Uploading(true), 0, 0), new JobEvent.Enqueued()).state())
        .isEqualTo(Uploading.WANTED);
  }

  @Test
  void retry_starts_failed_and_gone_jobs_afresh_and_no_others() {
    for (var state : List.of(new Failed("no"), new Gone())) {
      var again = moved(job(state, 5, 2), new JobEvent.Retried());
      assertThat(again.state()).isEqualTo(new Queued(NOW, Optional.empty()));
      assertThat(again.attempts()).isZero();
    }
    for (var state : List.of(new Done(), new Skipped("rule"), BACKED_OFF, Uploading.WANTED)) {
      assertUnchanged(job(state, 0, 0), new JobEvent.Retried());
    }
  }

  @ParameterizedTest
  @MethodSource("waysOut")
  void what_comes_too_late_changes_nothing(JobEvent event) {
    for (var state : settled()) {
      assertUnchanged(job(state, 0, 0), event);
      assertUnchanged(job(state, 0, 0), new JobEvent.Started());
    }
  }
}
