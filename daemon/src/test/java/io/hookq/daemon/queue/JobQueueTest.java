package io.hookq.daemon.queue;

import static io.hookq.daemon.queue.Paths.path;
import static io.hookq.daemon.queue.Paths.paths;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hookq.daemon.queue.JobState.Done;
import io.hookq.daemon.queue.JobState.Queued;
import io.hookq.daemon.queue.JobState.Uploading;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JobQueueTest {
  private static final Duration HORIZON = Duration.ofMinutes(5);
  private static final List<String> SERVER = List.of("server");

  private final SettableClock clock = new SettableClock();
  @TempDir private Path folder;
  private JobQueue queue;

  @BeforeEach
  void open() throws Exception {
    queue = JobQueue.open(folder.resolve("queue.sqlite"), clock);
  }

  @AfterEach
  void close() throws Exception {
    queue.close();
  }

  private void enqueue(StorePath... paths) throws QueueException {
    queue.enqueue(List.of(paths), SERVER, Optional.empty(), "hook");
  }

  private Job only() throws QueueException {
    var all = queue.list(JobFilter.ALL);
    assertThat(all).hasSize(1);
    return all.getFirst();
  }

  private List<Job> due() throws QueueException {
    return queue.due("server", clock.instant(), HORIZON, 100);
  }

  private Job start(Job job) throws QueueException {
    return queue.apply(List.of(job), new JobEvent.Started()).getFirst();
  }

  /** The files as a kill at this moment would leave them, opened again. */
  private JobQueue killed() throws IOException {
    var copy = Files.createTempDirectory(folder, "killed");
    try (var files = Files.list(folder)) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        if (!file.toString().endsWith("-shm")) {
          Files.copy(file, copy.resolve(file.getFileName()));
        }
      }
    }
    return JobQueue.open(copy.resolve("queue.sqlite"), clock);
  }

  @Test
  void each_path_and_destination_is_one_job() throws Exception {
    var jobs =
        queue.enqueue(
            List.of(path("a"), path("b")),
            List.of("server", "mirror"),
            Optional.of(path("a.drv")),
            "push");
    assertThat(jobs).isEqualTo(4);
    enqueue(path("a"));
    assertThat(queue.list(JobFilter.ALL)).hasSize(4);
    var job = queue.list(JobFilter.ALL.to("mirror").of(List.of(path("b")))).getFirst();
    assertThat(job.state()).isEqualTo(new Queued(clock.instant(), Optional.empty()));
    assertThat(job.derivation()).contains(path("a.drv"));
    assertThat(job.source()).isEqualTo("push");
  }

  @Test
  void a_job_is_read_back_as_it_was_written_in_every_state() throws Exception {
    enqueue(path("a"));
    var later = clock.instant().plusSeconds(9);
    var events =
        List.of(
            new JobEvent.Started(),
            new JobEvent.Dropped(),
            new JobEvent.Enqueued(),
            new JobEvent.Refused("it's \"no\" – ✗", later, 5),
            new JobEvent.Started(),
            new JobEvent.Refused("no", later, 1),
            new JobEvent.Retried(),
            new JobEvent.SourceGone(),
            new JobEvent.Retried(),
            new JobEvent.LeftOut("-source$"),
            new JobEvent.Enqueued(),
            new JobEvent.Arrived());
    for (var event : events) {
      var before = only();
      assertThat(queue.apply(List.of(before), event)).containsExactly(only());
    }
    assertThat(only().state()).isEqualTo(new Done());
    assertThat(queue.history(path("a")))
        .extracting(JobChange::event)
        .containsExactly(
            "enqueued",
            "started",
            "dropped",
            "enqueued",
            "refused",
            "started",
            "refused",
            "retried",
            "source-gone",
            "retried",
            "left-out",
            "enqueued",
            "arrived");
  }

  @Test
  void enqueue_of_a_waiting_job_never_shortens_its_backoff() throws Exception {
    enqueue(path("a"));
    var later = clock.instant().plusSeconds(60);
    queue.apply(start(only()), new JobEvent.Refused("no", later, 5));
    enqueue(path("a"));
    assertThat(due()).isEmpty();
    assertThat(queue.nextDue("server")).contains(later);
    clock.advance(Duration.ofSeconds(60));
    assertThat(due()).hasSize(1);
    assertThat(only().attempts()).isEqualTo(1);
  }

  @Test
  void a_change_against_an_outdated_job_is_a_lost_race() throws Exception {
    enqueue(path("a"));
    var seen = only();
    start(seen);
    assertThat(queue.apply(seen, new JobEvent.SourceGone())).isFalse();
    assertThat(queue.apply(List.of(seen), new JobEvent.SourceGone())).isEmpty();
    assertThat(only().state()).isEqualTo(Uploading.WANTED);
    assertThat(queue.history(path("a"))).hasSize(2);
  }

  @Test
  void a_notBefore_further_ahead_than_any_wait_counts_as_due() throws Exception {
    enqueue(path("a"));
    clock.advance(Duration.ofDays(-30));
    assertThat(due()).hasSize(1);
  }

  @Test
  void due_jobs_come_longest_due_first() throws Exception {
    enqueue(path("late"));
    queue.apply(start(only()), new JobEvent.SourceFailed("again", clock.instant().plusSeconds(5)));
    clock.advance(Duration.ofSeconds(1));
    enqueue(path("b"));
    enqueue(path("a"));
    clock.advance(Duration.ofSeconds(60));
    assertThat(due()).extracting(Job::path).containsExactly(path("b"), path("a"), path("late"));
  }

  @Test
  void counts_follow_every_change() throws Exception {
    queue.enqueue(paths(6), SERVER, Optional.empty(), "hook");
    var jobs = queue.list(JobFilter.ALL);
    queue.apply(jobs.get(0), new JobEvent.Started());
    queue.apply(jobs.get(1), new JobEvent.Arrived());
    queue.apply(jobs.get(2), new JobEvent.SourceGone());
    queue.apply(jobs.get(3), new JobEvent.LeftOut("rule"));
    queue.apply(jobs.get(4), new JobEvent.SourceCorrupt("bytes"));
    assertThat(queue.counts("server")).isEqualTo(new JobCounts(1, 1, 1, 1, 1, 1));
    queue.apply(jobs.get(5), new JobEvent.Dropped());
    assertThat(queue.counts("server")).isEqualTo(new JobCounts(0, 1, 1, 1, 1, 1));
    assertThat(queue.counts("nowhere")).isEqualTo(JobCounts.NONE);
    assertThat(queue.counts()).containsOnlyKeys("server");
  }

  @Test
  void a_path_is_needed_while_any_destination_wants_it_or_it_failed() throws Exception {
    queue.enqueue(List.of(path("a")), List.of("server", "mirror"), Optional.empty(), "hook");
    var jobs = queue.list(JobFilter.ALL);
    queue.apply(jobs.get(0), new JobEvent.Arrived());
    assertThat(queue.isUnfinished(path("a"))).isTrue();
    queue.apply(jobs.get(1), new JobEvent.SourceCorrupt("bytes"));
    assertThat(queue.unfinishedPaths()).containsExactly(path("a"));
    queue.apply(queue.list(JobFilter.ALL.inStates("failed")).getFirst(), new JobEvent.Dropped());
    assertThat(queue.isUnfinished(path("a"))).isFalse();
    assertThat(queue.unfinishedPaths()).isEmpty();
  }

  @Test
  void what_was_acknowledged_survives_a_kill() throws Exception {
    for (var path : paths(50)) {
      enqueue(path);
      try (var after = killed()) {
        assertThat(after.isUnfinished(path)).isTrue();
      }
    }
  }

  @Test
  void what_was_uploading_at_a_kill_is_queued_again() throws Exception {
    enqueue(path("a"));
    enqueue(path("b"));
    start(due().getFirst());
    try (var after = killed()) {
      assertThat(after.recover(RetryPolicy.DEFAULT)).isEqualTo(1);
      var jobs = after.list(JobFilter.ALL);
      assertThat(jobs).allMatch(job -> job.state() instanceof Queued);
      assertThat(jobs).extracting(Job::crashes).containsExactly(1, 0);
      assertThat(jobs).extracting(Job::attempts).containsExactly(0, 0);
      assertThat(after.recover(RetryPolicy.DEFAULT)).isZero();
    }
  }

  @Test
  void many_threads_share_commits_and_each_finds_its_job_durable() throws Exception {
    var commits = new AtomicInteger();
    queue.onChange(commits::incrementAndGet);
    var each = 100;
    var tasks = new ArrayList<Callable<Boolean>>();
    for (var thread = 0; thread < 16; thread++) {
      var name = "t" + thread + "-";
      tasks.add(() -> {
        for (var i = 0; i < each; i++) {
          enqueue(path(name + i));
          assertThat(queue.isUnfinished(path(name + i))).isTrue();
        }
        return true;
      });
    }
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var done : threads.invokeAll(tasks)) {
        assertThat(done.get()).isTrue();
      }
    }
    assertThat(queue.counts("server").queued()).isEqualTo(16L * each);
    assertThat(commits.get()).isPositive().isLessThan(16 * each);
    try (var after = killed()) {
      assertThat(after.counts("server").queued()).isEqualTo(16L * each);
    }
  }

  @Test
  void the_hooks_last_call_is_remembered_and_other_sources_are_not_it() throws Exception {
    assertThat(queue.lastHookAt()).isEmpty();
    queue.enqueue(List.of(path("a")), SERVER, Optional.empty(), "push");
    assertThat(queue.lastHookAt()).isEmpty();
    enqueue(path("a"));
    var fired = clock.instant();
    queue.hookFired(fired.minusSeconds(500));
    try (var after = killed()) {
      assertThat(after.lastHookAt()).contains(fired);
    }
  }

  @Test
  void compaction_forgets_what_was_settled_long_ago_and_says_which_roots_may_go() throws Exception {
    queue.enqueue(paths(4), SERVER, Optional.empty(), "hook");
    var jobs = queue.list(JobFilter.ALL);
    queue.apply(jobs.get(0), new JobEvent.Arrived());
    queue.apply(jobs.get(1), new JobEvent.SourceCorrupt("bytes"));
    clock.advance(Duration.ofDays(8));
    queue.apply(jobs.get(2), new JobEvent.Arrived());
    var week = Duration.ofDays(7);
    var month = Duration.ofDays(30);
    assertThat(queue.compact(clock.instant(), week, month)).containsExactly(jobs.get(0).path());
    assertThat(queue.counts("server")).isEqualTo(new JobCounts(1, 0, 1, 1, 0, 0));
    assertThat(queue.history(jobs.get(0).path())).isEmpty();
    clock.advance(Duration.ofDays(30));
    assertThat(queue.compact(clock.instant(), week, month))
        .containsExactlyInAnyOrder(jobs.get(1).path(), jobs.get(2).path());
    assertThat(queue.counts("server")).isEqualTo(new JobCounts(1, 0, 0, 0, 0, 0));
  }

  @Test
  void of_a_link_that_comes_and_goes_for_a_week_the_history_keeps_beginning_end_and_verdicts()
      throws Exception {
    enqueue(path("a"));
    for (var i = 0; i < 300; i++) {
      clock.advance(Duration.ofMinutes(30));
      JobEvent end =
          i == 100
              ? new JobEvent.Refused("no signature", clock.instant(), 5)
              : new JobEvent.DestinationFailed("unreachable");
      queue.apply(start(only()), end);
    }
    var history = queue.history(path("a"));
    assertThat(history).hasSize(JobRows.CHANGES_KEPT);
    assertThat(history).extracting(JobChange::event).startsWith("enqueued", "started");
    assertThat(history).extracting(JobChange::event).containsOnlyOnce("refused");
    // Unreachable from when to when.
    assertThat(history.get(2).at()).isEqualTo(history.get(0).at().plus(Duration.ofMinutes(30)));
    assertThat(history.getLast().at()).isEqualTo(clock.instant());
    assertThat(only().revision() + 1).isEqualTo(601);
  }

  @Test
  void a_full_history_still_ends_with_how_a_job_stands() throws Exception {
    enqueue(path("a"));
    for (var i = 0; i < 40; i++) {
      queue.apply(start(only()), new JobEvent.Arrived());
      enqueue(path("a"));
      clock.advance(Duration.ofDays(1));
    }
    start(only());
    assertThat(queue.history(path("a"))).hasSize(JobRows.CHANGES_KEPT);
    assertThat(queue.history(path("a")).getLast().event()).isEqualTo("started");
  }

  @Test
  void what_is_due_is_found_by_the_index_and_not_by_walking_past_all_that_waits() throws Exception {
    assertSearched(
        "SELECT id FROM job WHERE destination = 'a' AND state = 'queued' AND not_before <= 1"
            + " ORDER BY not_before, id LIMIT 9",
        "job_due (destination=? AND not_before<?)");
    assertSearched(
        "SELECT id FROM job WHERE state IN ('done', 'gone', 'skipped') AND updated_at < 1"
            + " AND not_before IS NULL LIMIT 9",
        "job_settled (state=? AND updated_at<?)");
  }

  private void assertSearched(String query, String index) throws SQLException {
    try (var connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("queue.sqlite"));
        var statement = connection.createStatement();
        var rows = statement.executeQuery("EXPLAIN QUERY PLAN " + query)) {
      assertThat(rows.next()).isTrue();
      assertThat(rows.getString("detail")).contains("SEARCH").contains(index);
      assertThat(rows.next()).as("sorts or scans besides").isFalse();
    }
  }

  @Test
  void an_empty_file_is_an_empty_queue() throws Exception {
    var file = Files.createFile(folder.resolve("empty.sqlite"));
    try (var empty = JobQueue.open(file, clock)) {
      assertThat(empty.list(JobFilter.ALL)).isEmpty();
    }
  }

  @Test
  void a_file_that_is_no_database_is_said_to_be_damaged_and_left_alone() throws Exception {
    var file = Files.writeString(folder.resolve("text.sqlite"), "hello ".repeat(2000));
    assertThatThrownBy(() -> JobQueue.open(file, clock))
        .isInstanceOf(QueueCorruptException.class)
        .hasMessageContaining("text.sqlite");
    assertThat(file).hasContent("hello ".repeat(2000));
  }

  @Test
  void damaged_pages_are_found_at_the_start() throws Exception {
    queue.enqueue(paths(500), SERVER, Optional.empty(), "hook");
    queue.close();
    var file = folder.resolve("queue.sqlite");
    var bytes = Files.readAllBytes(file);
    for (var i = 4096 * 3; i < 4096 * 6; i++) {
      bytes[i] ^= 0x5a;
    }
    Files.write(file, bytes);
    assertThatThrownBy(() -> JobQueue.open(file, clock)).isInstanceOf(QueueCorruptException.class);
  }

  @Test
  void a_queue_of_a_newer_version_is_refused() throws Exception {
    var file = folder.resolve("newer.sqlite");
    JobQueue.open(file, clock).close();
    execute(file, "PRAGMA user_version = 999");
    assertThatThrownBy(() -> JobQueue.open(file, clock))
        .isInstanceOf(QueueException.class)
        .hasMessageContaining("999")
        .hasMessageContaining("newer hookq");
  }

  private static void execute(Path file, String sql) throws SQLException {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Test
  void the_pragmas_that_make_a_commit_durable_are_in_force() throws Exception {
    try (var connection = new Database(folder.resolve("queue.sqlite")).open()) {
      var sql = new Statements(connection);
      var expected =
          List.of(
              List.of("journal_mode", "wal"),
              List.of("synchronous", "2"),
              List.of("fullfsync", "1"),
              List.of("checkpoint_fullfsync", "1"),
              List.of("foreign_keys", "1"),
              List.of("busy_timeout", "10000"));
      for (var pragma : expected) {
        try (var rows = sql.prepare("PRAGMA " + pragma.getFirst()).executeQuery()) {
          rows.next();
          assertThat(rows.getString(1)).as(pragma.getFirst()).isEqualTo(pragma.getLast());
        }
      }
    }
  }

  @Test
  void an_unknown_state_in_a_filter_is_refused_with_the_states_there_are() {
    assertThatThrownBy(() -> JobFilter.ALL.inStates("broken"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'broken'")
        .hasMessageContaining("queued, uploading, done, failed, gone, skipped");
  }

  @Test
  void a_closed_queue_says_so() throws Exception {
    queue.close();
    assertThatThrownBy(() -> enqueue(path("a"))).hasMessageContaining("closed");
  }

  @Test
  void a_hundred_thousand_jobs_are_listed_and_counted_quickly() throws Exception {
    var all = paths(100_000);
    for (var i = 0; i < all.size(); i += 1000) {
      queue.enqueue(all.subList(i, i + 1000), SERVER, Optional.empty(), "hook");
    }
    // Some ten times what a slow machine takes, to notice a missing index and nothing less.
    var limit = Duration.of(2, ChronoUnit.SECONDS);
    var start = System.nanoTime();
    assertThat(queue.counts("server").queued()).isEqualTo(100_000);
    assertThat(queue.due("server", clock.instant(), HORIZON, 100)).hasSize(100);
    assertThat(queue.oldestQueuedAt()).contains(clock.instant());
    assertThat(queue.isUnfinished(all.getLast())).isTrue();
    assertThat(queue.list(JobFilter.ALL.of(all.subList(5000, 5100)))).hasSize(100);
    assertThat(queue.history(all.getLast())).hasSize(1);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(limit);
    var count = new AtomicInteger();
    start = System.nanoTime();
    queue.each(JobFilter.ALL, _ -> count.incrementAndGet());
    assertThat(count.get()).isEqualTo(100_000);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(limit.multipliedBy(5));
    start = System.nanoTime();
    enqueue(path("one-more"));
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(limit);
  }
}
