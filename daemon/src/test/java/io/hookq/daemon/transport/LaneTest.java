package io.hookq.daemon.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.awaitility.Awaitility.await;

import io.hookq.daemon.intake.MemoryRoots;
import io.hookq.daemon.planner.Filter;
import io.hookq.daemon.planner.MemoryStore;
import io.hookq.daemon.planner.PlanRules;
import io.hookq.daemon.queue.Job;
import io.hookq.daemon.queue.JobChange;
import io.hookq.daemon.queue.JobCounts;
import io.hookq.daemon.queue.JobEvent;
import io.hookq.daemon.queue.JobFilter;
import io.hookq.daemon.queue.JobQueue;
import io.hookq.daemon.queue.JobState;
import io.hookq.daemon.queue.Outage;
import io.hookq.daemon.queue.QueueException;
import io.hookq.daemon.queue.RetryPolicy;
import io.hookq.daemon.queue.SettableClock;
import io.hookq.docs.Operations;
import io.hookq.store.NarSource;
import io.hookq.store.SourceReadException;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
final class LaneTest {
  private static final RetryPolicy RETRY =
      new RetryPolicy(Duration.ofSeconds(1), Duration.ofMinutes(5), 3);
  private static final Duration IDLE = Duration.ofMinutes(5);

  private final SettableClock clock = new SettableClock();
  private final MemoryStore source = new MemoryStore();
  private final FarSide far = new FarSide();
  private final MemoryRoots roots = new MemoryRoots();
  private PlanRules rules = PlanRules.ALL;
  private OptionalInt channels = OptionalInt.empty();
  private volatile Duration slept = Duration.ZERO;
  private volatile Set<String> addresses = Set.of("192.0.2.1");
  @TempDir private Path folder;
  private JobQueue queue;
  private Destination destination;

  /** What a clock shows that stands still while the machine sleeps. */
  private Duration awake(Instant now) {
    return Duration.between(Instant.EPOCH, now).minus(slept);
  }

  @BeforeEach
  void open() throws Exception {
    queue = JobQueue.open(folder.resolve("queue.sqlite"), clock);
    destination = destination(queue);
  }

  private Destination destination(JobQueue jobs) {
    var near =
        new NearSide(
            source,
            jobs,
            roots,
            clock,
            () -> awake(clock.instant()).toNanos(),
            new SplittableRandom(1),
            () -> addresses);
    var settings = new DestinationSettings("server", "ssh://server", rules, channels, IDLE, RETRY);
    return new Destination(settings, far, far.aside(), near);
  }

  @AfterEach
  void close() throws Exception {
    far.open();
    destination.close();
    queue.close();
  }

  private void enqueue(StorePath... paths) throws IOException {
    roots.add(List.of(paths));
    queue.enqueue(List.of(paths), List.of("server"), Optional.empty(), "hook");
  }

  private Job job(StorePath path) throws QueueException {
    return queue.list(JobFilter.ALL.of(List.of(path))).getFirst();
  }

  private String state(StorePath path) throws QueueException {
    return job(path).state().label();
  }

  private List<String> events(StorePath path) throws QueueException {
    return queue.history(path).stream().map(JobChange::event).toList();
  }

  private void awaitState(String state, StorePath... paths) {
    for (var path : paths) {
      await().untilAsserted(() -> assertThat(state(path)).isEqualTo(state));
    }
  }

  private void awaitIdle() {
    await().untilAsserted(() -> assertThat(destination.snapshot().state()).isEqualTo("idle"));
  }

  /** The lane hears of what came of a batch after the jobs are settled. */
  private void awaitNoError() {
    await().untilAsserted(() -> assertThat(destination.snapshot().lastError()).isEmpty());
  }

  private void awaitWaiting() {
    await().untilAsserted(() -> assertThat(destination.snapshot().state()).isEqualTo("waiting"));
  }

  /** Past every backoff. */
  private void passBackoff() {
    clock.advance(RETRY.max());
    destination.wake();
  }

  @Test
  void a_closure_arrives_whole_and_its_root_goes() throws Exception {
    var libc = source.addSelfReferring("libc");
    var zlib = source.add("zlib", libc);
    var app = source.add("app", zlib, libc);
    destination.start();
    enqueue(app);
    awaitState("done", app);
    assertThat(far.valid()).containsExactlyInAnyOrder(libc, zlib, app);
    assertThat(far.bytes(app)).isEqualTo(source.bytes(app));
    await().untilAsserted(() -> assertThat(roots.list()).isEmpty());
    assertThat(events(app)).containsExactly("enqueued", "started", "arrived");
    awaitIdle();
    var snapshot = destination.snapshot();
    assertThat(snapshot.pathsSentTotal()).isEqualTo(3);
    assertThat(snapshot.narBytesSentTotal())
        .isEqualTo(
            List.of(libc, zlib, app).stream().mapToLong(p -> source.info(p).narSize()).sum());
    assertThat(snapshot.protocol()).hasValueSatisfying(p -> assertThat(p).startsWith("serve 2."));
    assertThat(snapshot.lastSuccessAt()).contains(clock.instant());
    assertThat(snapshot.done()).isEqualTo(1);
  }

  @Test
  void a_second_run_sends_nothing_over_the_connection_that_is_still_open() throws Exception {
    var app = source.add("app", source.add("libc"));
    destination.start();
    enqueue(app);
    awaitState("done", app);
    awaitIdle();
    enqueue(app);
    await().untilAsserted(() -> assertThat(events(app)).hasSize(5));
    assertThat(events(app))
        .containsExactly("enqueued", "started", "arrived", "enqueued", "arrived");
    assertThat(far.adds()).isEqualTo(2);
    assertThat(far.connections()).isEqualTo(1);
  }

  @Test
  void what_a_filter_leaves_out_is_skipped_with_its_rule_and_travels_where_it_is_needed()
      throws Exception {
    rules =
        new PlanRules(
            new Filter(
                List.of(), List.of(Pattern.compile("-source$")), OptionalLong.empty(), false),
            false,
            Set.of());
    destination = destination(queue);
    var needed = source.add("needed-source");
    var app = source.add("app", needed);
    var unneeded = source.add("unneeded-source");
    destination.start();
    enqueue(app, needed, unneeded);
    awaitState("done", app);
    awaitState("skipped", needed, unneeded);
    assertThat(far.valid()).containsExactlyInAnyOrder(needed, app);
    assertThat(job(unneeded).state().reason())
        .contains("filter.exclude: \"-source$\" is found in its name");
    await().untilAsserted(() -> assertThat(roots.list()).isEmpty());
    assertThat(events(unneeded)).containsExactly("enqueued", "left-out");
    enqueue(unneeded);
    await().untilAsserted(() -> assertThat(events(unneeded)).hasSize(4));
    assertThat(state(unneeded)).isEqualTo("skipped");
  }

  @Test
  void many_jobs_go_as_one_batch() throws Exception {
    var libc = source.add("libc");
    var apps = new ArrayList<StorePath>();
    for (var i = 0; i < 2000; i++) {
      apps.add(source.add("app" + i, libc));
    }
    enqueue(apps.toArray(StorePath[]::new));
    destination.start();
    await()
        .atMost(60, TimeUnit.SECONDS)
        .untilAsserted(() -> assertThat(queue.counts("server").done()).isEqualTo(2000));
    assertThat(far.connections()).isEqualTo(1);
    assertThat(far.adds()).isEqualTo(2001);
    await().untilAsserted(() -> assertThat(roots.list()).isEmpty());
  }

  @Test
  void a_connection_without_work_is_closed_after_the_idle_timeout() throws Exception {
    var a = source.add("a");
    var b = source.add("b");
    destination.start();
    enqueue(a);
    awaitState("done", a);
    awaitIdle();
    clock.advance(IDLE.plusSeconds(1));
    destination.wake();
    await().untilAsserted(() -> assertThat(far.openConnections()).isZero());
    await().untilAsserted(() -> assertThat(far.releases()).isPositive());
    enqueue(b);
    awaitState("done", b);
    assertThat(far.connections()).isEqualTo(2);
  }

  @Test
  void a_connection_that_died_while_idle_is_replaced_without_a_word() throws Exception {
    var a = source.add("a");
    var b = source.add("b");
    destination.start();
    enqueue(a);
    awaitState("done", a);
    awaitIdle();
    far.cut();
    enqueue(b);
    awaitState("done", b);
    assertThat(destination.snapshot().lastError()).isEmpty();
  }

  @Test
  void an_unreachable_destination_costs_no_job_an_attempt_and_is_tried_again() throws Exception {
    var app = source.add("app");
    far.close("no route to host");
    destination.start();
    enqueue(app);
    for (var outage = 1; outage <= 20; outage++) {
      awaitWaiting();
      var tries = far.tries();
      passBackoff();
      await().until(() -> far.tries() > tries);
    }
    awaitWaiting();
    var snapshot = destination.snapshot();
    assertThat(snapshot.lastError()).hasValueSatisfying(e -> assertThat(e).contains("no route"));
    assertThat(snapshot.retryAt()).isPresent();
    assertThat(job(app).attempts()).isZero();
    assertThat(state(app)).isEqualTo("queued");
    assertThat(roots.list()).contains(app);
    far.open();
    passBackoff();
    awaitState("done", app);
    awaitNoError();
    assertThat(destination.snapshot().retryAt()).isEmpty();
  }

  @Test
  void an_enqueue_never_shortens_a_destinations_backoff() throws Exception {
    far.close("no route to host");
    destination.start();
    enqueue(source.add("a"));
    awaitWaiting();
    var before = far.tries();
    passBackoff();
    await().until(() -> far.tries() > before && isWaiting());
    // A frozen clock: the backoff cannot end. It may have been drawn as zero, which is no backoff.
    if (retryAt().isAfter(clock.instant())) {
      var tries = far.tries();
      for (var i = 0; i < 100; i++) {
        enqueue(source.add("b" + i));
        destination.wake();
      }
      assertThat(far.tries()).isEqualTo(tries);
    }
  }

  /** Puts the lane into a backoff that is not over by itself, so long as the clock stands. */
  private int backingOff() throws Exception {
    far.close("no route to host");
    destination.start();
    enqueue(source.add("first"));
    awaitWaiting();
    for (var step = 0; step < 9 || !isBackingOff(); step++) {
      var before = far.tries();
      clock.advance(RETRY.max());
      destination.wake();
      await().until(() -> far.tries() > before && isWaiting());
    }
    return far.tries();
  }

  private boolean isWaiting() throws QueueException {
    return destination.snapshot().state().equals("waiting");
  }

  private boolean isBackingOff() throws QueueException {
    return isWaiting()
        && destination
            .snapshot()
            .retryAt()
            .filter(at -> at.isAfter(clock.instant().plusSeconds(20)))
            .isPresent();
  }

  @Test
  void one_connection_is_tried_a_backoff_step_however_many_jobs_are_queued_meanwhile()
      throws Exception {
    var jobs = new ArrayList<StorePath>();
    for (var i = 0; i < 1000; i++) {
      jobs.add(source.add("queued" + i));
    }
    enqueue(jobs.toArray(StorePath[]::new));
    var tries = backingOff();
    for (var step = 1; step <= 10; step++) {
      for (var i = 0; i < 20; i++) {
        enqueue(source.add("step" + step + "-" + i));
        destination.wake();
      }
      if (isBackingOff()) {
        assertThat(far.tries()).isEqualTo(tries);
      }
      clock.advance(Duration.between(clock.instant(), retryAt()));
      destination.wake();
      var expected = tries + 1;
      await().until(() -> far.tries() >= expected && isWaiting());
      // One more only where the next wait was drawn as nothing, and so is over already.
      tries = far.tries();
      assertThat(tries).isLessThanOrEqualTo(expected + 2);
    }
    assertThat(queue.list(JobFilter.ALL)).allMatch(job -> job.attempts() == 0);
  }

  private Instant retryAt() throws QueueException {
    return destination.snapshot().retryAt().orElseGet(clock::instant);
  }

  @Test
  void a_kick_ends_the_backoff_and_a_success_leads_back_to_its_first_step() throws Exception {
    var tries = backingOff();
    destination.kick();
    await().until(() -> far.tries() == tries + 1 && isWaiting());
    assertThat(retryAt()).as("the first step").isBeforeOrEqualTo(clock.instant().plusSeconds(1));
    far.open();
    destination.kick();
    await().untilAsserted(() -> assertThat(queue.counts("server").done()).isEqualTo(1));
    awaitNoError();
    awaitIdle();
    far.close("no route to host");
    enqueue(source.add("second"));
    awaitWaiting();
    assertThat(retryAt()).isBeforeOrEqualTo(clock.instant().plusSeconds(1));
  }

  @Test
  void a_kick_has_a_refused_job_tried_before_its_time() throws Exception {
    var app = source.add("app");
    far.refuse(app, "hash mismatch importing path '" + app + "'");
    destination.start();
    enqueue(app);
    await().untilAsserted(() -> assertThat(job(app).attempts()).isEqualTo(1));
    awaitState("queued", app);
    far.accept(app);
    destination.kick();
    awaitState("done", app);
  }

  @Test
  void a_laptop_that_wakes_tries_at_once() throws Exception {
    var tries = backingOff();
    far.open();
    var nap = Duration.ofSeconds(11);
    slept = slept.plus(nap);
    clock.advance(nap);
    assertThat(retryAt()).as("the wait is not over by itself").isAfter(clock.instant());
    destination.wake();
    await().until(() -> far.tries() > tries);
    await().untilAsserted(() -> assertThat(queue.counts("server").done()).isEqualTo(1));
  }

  @Test
  void another_network_is_tried_at_once() throws Exception {
    var tries = backingOff();
    far.open();
    addresses = Set.of("198.51.100.7");
    // Nobody says so: the lane must look for itself.
    await().until(() -> far.tries() > tries);
    await().untilAsserted(() -> assertThat(queue.counts("server").done()).isEqualTo(1));
  }

  @Test
  void a_connection_kept_open_through_a_sleep_is_not_trusted() throws Exception {
    var first = source.add("first");
    var second = source.add("second");
    destination.start();
    enqueue(first);
    awaitState("done", first);
    awaitIdle();
    slept = slept.plusSeconds(60);
    enqueue(second);
    awaitState("done", second);
    assertThat(far.connections()).isEqualTo(2);
  }

  @Test
  void a_clock_set_back_prolongs_no_wait() throws Exception {
    var tries = backingOff();
    var later = source.add("later");
    clock.advance(Duration.ofDays(-30));
    slept = slept.minusDays(30);
    far.open();
    destination.wake();
    await().until(() -> far.tries() > tries);
    enqueue(later);
    await().untilAsserted(() -> assertThat(queue.counts("server").done()).isEqualTo(2));
  }

  @Test
  void a_week_without_the_server_costs_nothing_and_all_arrives_afterwards() throws Exception {
    far.close("no route to host");
    destination.start();
    var paths = new ArrayList<StorePath>();
    for (var hour = 0; hour < 7 * 24; hour++) {
      var path = source.add("hour" + hour);
      paths.add(path);
      enqueue(path);
      await().pollInterval(Duration.ofMillis(1)).until(() -> isWaiting());
      var tries = far.tries();
      clock.advance(Duration.ofHours(1));
      destination.wake();
      await().pollInterval(Duration.ofMillis(1)).until(() -> far.tries() > tries && isWaiting());
    }
    assertThat(queue.counts("server")).isEqualTo(new JobCounts(paths.size(), 0, 0, 0, 0, 0));
    assertThat(queue.list(JobFilter.ALL)).allMatch(job -> job.attempts() == 0);
    assertThat(queue.list(JobFilter.ALL)).allMatch(job -> job.crashes() == 0);
    assertThat(roots.list()).containsAll(paths);
    assertThat(events(paths.getFirst())).as("waiting is no event").hasSizeLessThanOrEqualTo(2);

    far.open();
    passBackoff();
    await().untilAsserted(() -> assertThat(queue.counts("server").done()).isEqualTo(paths.size()));
    assertThat(queue.list(JobFilter.ALL)).allMatch(job -> job.attempts() == 0);
    assertThat(far.valid()).containsAll(paths);
    await().untilAsserted(() -> assertThat(roots.list()).isEmpty());
  }

  @Test
  void a_refused_path_ends_alone_and_the_others_go_on_at_once() throws Exception {
    var libc = source.add("libc");
    var poison = source.add("poison", libc);
    var needsIt = source.add("needs-it", poison);
    var good = new ArrayList<StorePath>();
    for (var i = 0; i < 20; i++) {
      good.add(source.add("good" + i, libc));
    }
    far.refuse(poison, "hash mismatch importing path '" + poison + "'");
    enqueue(good.toArray(StorePath[]::new));
    enqueue(poison, needsIt);
    destination.start();
    for (var path : good) {
      awaitState("done", path);
      assertThat(job(path).attempts()).isZero();
    }
    assertThat(far.connections()).isLessThanOrEqualTo(2);
    for (var attempt = 1; attempt < RETRY.attempts(); attempt++) {
      var expected = attempt;
      await().untilAsserted(() -> assertThat(job(poison).attempts()).isEqualTo(expected));
      awaitState("queued", poison, needsIt);
      passBackoff();
    }
    awaitState("failed", poison, needsIt);
    assertThat(job(poison).reason())
        .hasValueSatisfying(reason -> assertThat(reason).contains("hash mismatch"));
    assertThat(job(needsIt).reason())
        .hasValueSatisfying(
            reason -> assertThat(reason).contains("it needs " + poison).contains("hash mismatch"));
    assertThat(roots.list()).containsExactlyInAnyOrder(poison, needsIt);
  }

  @Test
  void a_missing_signature_for_every_path_is_the_destinations_trouble() throws Exception {
    var paths = new ArrayList<StorePath>();
    for (var i = 0; i < 6; i++) {
      var path = source.add("app" + i);
      paths.add(path);
      far.refuse(path, "cannot add path '" + path + "' because it lacks a valid signature");
    }
    enqueue(paths.toArray(StorePath[]::new));
    destination.start();
    awaitWaiting();
    assertThat(destination.snapshot().lastError())
        .hasValueSatisfying(
            error -> assertThat(error).contains("signature").contains("trusted-users"));
    assertThat(far.tries()).isEqualTo(3);
    for (var probe = 1; probe <= 10; probe++) {
      var tries = far.tries();
      passBackoff();
      await().until(() -> far.tries() > tries);
      awaitWaiting();
    }
    assertThat(queue.list(JobFilter.ALL)).allMatch(job -> job.attempts() == 0);
    await().untilAsserted(() -> assertThat(queue.counts("server").queued()).isEqualTo(6));

    paths.forEach(far::accept);
    passBackoff();
    awaitState("done", paths.toArray(StorePath[]::new));
    awaitNoError();
  }

  @Test
  void a_missing_signature_of_one_path_is_its_own_trouble() throws Exception {
    var unsigned = source.add("unsigned");
    var others =
        List.of(
            source.add("needs-it1", unsigned),
            source.add("needs-it2", unsigned),
            source.add("needs-it3", unsigned));
    var good = source.add("zz-good");
    far.refuse(unsigned, "cannot add path because it lacks a signature by a trusted key");
    enqueue(others.toArray(StorePath[]::new));
    enqueue(good);
    destination.start();
    awaitState("done", good);
    for (var path : others) {
      await().untilAsserted(() -> assertThat(job(path).attempts()).isEqualTo(1));
      awaitState("queued", path);
      // As Nix has put it since 2.4; the Nix that the tests run says the other thing.
      assertThat(job(path).reason().orElseThrow())
          .is(Operations.says("lacks a signature by a trusted key"));
    }

    // The three of them alone, and nothing is taken any more.
    for (var attempt = 2; attempt <= RETRY.attempts(); attempt++) {
      var expected = attempt;
      passBackoff();
      for (var path : others) {
        await().untilAsserted(() -> assertThat(job(path).attempts()).isEqualTo(expected));
      }
    }
    awaitState("failed", others.toArray(StorePath[]::new));
    awaitNoError();
  }

  @Test
  void a_full_disk_there_is_nobodys_fault() throws Exception {
    var app = source.add("app");
    far.refuse(app, "error: writing to file: No space left on device");
    enqueue(app);
    destination.start();
    awaitWaiting();
    awaitState("queued", app);
    assertThat(job(app).attempts()).isZero();
    assertThat(destination.snapshot().lastError())
        .hasValueSatisfying(error -> assertThat(error).contains("No space left on device"));
    far.accept(app);
    passBackoff();
    awaitState("done", app);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void an_error_of_the_machine_ends_no_lane_and_is_no_jobs_fault(int number) throws Exception {
    channels = OptionalInt.of(number);
    destination.close();
    destination = destination(queue);
    var app = source.add("app");
    var others = new ArrayList<StorePath>();
    for (var i = 0; i < 20; i++) {
      others.add(source.add("other" + i));
    }
    var full = new AtomicBoolean(true);
    source.replace(
        app,
        out -> {
          if (full.get()) {
            throw new OutOfMemoryError("as if");
          }
          out.write(source.bytes(app));
        });
    enqueue(app);
    enqueue(others.toArray(StorePath[]::new));
    destination.start();
    awaitWaiting();
    assertThat(destination.snapshot().lastError())
        .hasValueSatisfying(error -> assertThat(error).contains("OutOfMemoryError: as if"));
    full.set(false);
    passBackoff();
    awaitState("done", app);
    awaitState("done", others.toArray(StorePath[]::new));
    assertThat(job(app).attempts()).isZero();
    awaitNoError();
  }

  private static NarSource garbage(int length) {
    return out -> out.write(new byte[length]);
  }

  @Test
  void a_path_that_reads_wrong_is_read_through_the_store() throws Exception {
    var app = source.add("app");
    var right = source.bytes(app);
    source.replace(app, garbage(right.length));
    source.replaceFromStore(app, out -> out.write(right));
    enqueue(app);
    destination.start();
    awaitState("done", app);
    assertThat(far.bytes(app)).isEqualTo(right);
    assertThat(job(app).attempts()).isZero();
  }

  @Test
  void a_corrupt_path_fails_at_once_with_what_needs_it_and_is_never_valid_there() throws Exception {
    var corrupt = source.add("corrupt");
    var needsIt = source.add("needs-it", corrupt);
    var good = source.add("good");
    source.replaceFromStore(corrupt, garbage(source.bytes(corrupt).length));
    enqueue(needsIt, good);
    destination.start();
    awaitState("failed", needsIt);
    awaitState("done", good);
    assertThat(far.valid()).containsExactly(good);
    assertThat(job(needsIt).reason())
        .hasValueSatisfying(
            reason -> assertThat(reason).contains("corrupt").contains(corrupt.baseName()));
  }

  @Test
  void a_path_collected_here_before_it_was_sent_is_gone() throws Exception {
    var gone = source.add("gone");
    var good = source.add("good");
    source.collect(gone);
    enqueue(gone, good);
    destination.start();
    awaitState("gone", gone);
    awaitState("done", good);
    await().untilAsserted(() -> assertThat(roots.list()).isEmpty());
  }

  @Test
  void a_path_collected_here_while_it_was_sent_is_gone() throws Exception {
    var gone = source.add("gone");
    var good = source.add("good");
    source.replace(
        gone,
        out -> {
          source.collect(gone);
          throw new SourceReadException("no such file");
        });
    enqueue(gone, good);
    destination.start();
    awaitState("gone", gone);
    awaitState("done", good);
  }

  @Test
  void a_path_that_cannot_be_read_for_now_is_put_off_without_blame() throws Exception {
    var app = source.add("app");
    var good = source.add("good");
    NarSource broken =
        _ -> {
          throw new SourceReadException("I/O error");
        };
    var right = source.bytes(app);
    source.replace(app, broken);
    source.replaceFromStore(app, broken);
    enqueue(app, good);
    destination.start();
    awaitState("done", good);
    await().untilAsserted(() -> assertThat(events(app)).contains("source-failed"));
    assertThat(job(app).attempts()).isZero();
    assertThat(job(app).reason()).contains("I/O error");
    source.replace(app, out -> out.write(right));
    passBackoff();
    awaitState("done", app);
  }

  @Test
  void a_source_store_that_does_not_answer_is_waited_for() throws Exception {
    var app = source.add("app");
    source.dead(true);
    enqueue(app);
    destination.start();
    awaitWaiting();
    assertThat(job(app).attempts()).isZero();
    source.dead(false);
    passBackoff();
    awaitState("done", app);
  }

  @Test
  void a_stop_in_the_middle_of_a_nar_is_quick_and_counts_nothing() throws Exception {
    var first = source.add("a-first");
    var slow = source.add("slow", first);
    var inside = new CountDownLatch(1);
    var never = new CountDownLatch(1);
    source.replace(
        slow,
        out -> {
          out.write(source.bytes(slow), 0, 16);
          inside.countDown();
          try {
            never.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
          }
        });
    enqueue(slow);
    destination.start();
    assertThat(inside.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(state(slow)).isEqualTo("uploading");
    assertThat(destination.snapshot().state()).isEqualTo("uploading");
    assertThat(destination.snapshot().current())
        .singleElement()
        .satisfies(current -> assertThat(current.path()).isEqualTo("/nix/store/" + slow));
    assertThat(destination.stop(Duration.ofSeconds(30))).isTrue();
    var job = job(slow);
    assertThat(job.state()).isInstanceOf(JobState.Queued.class);
    assertThat(job.attempts()).isZero();
    assertThat(job.crashes()).isZero();
    assertThat(events(slow)).containsExactly("enqueued", "started", "stopped");
  }

  @Test
  void a_stop_ends_a_lane_that_writes_into_a_peer_that_reads_nothing() throws Exception {
    var big = source.add("big", new byte[8 << 20]);
    far.stall();
    enqueue(big);
    destination.start();
    awaitState("uploading", big);
    assertThat(destination.snapshot().protocol())
        .as("known as soon as it is spoken")
        .hasValueSatisfying(p -> assertThat(p).startsWith("serve 2."));
    assertThat(destination.stop(Duration.ofSeconds(30))).isTrue();
    assertThat(state(big)).isEqualTo("queued");
  }

  @Test
  void a_cut_in_the_middle_is_unreachable_and_what_was_answered_stays_done() throws Exception {
    var paths = new ArrayList<StorePath>();
    for (var i = 0; i < 40; i++) {
      paths.add(source.add("p" + i));
    }
    far.cutAfter(20);
    enqueue(paths.toArray(StorePath[]::new));
    destination.start();
    awaitWaiting();
    assertThat(queue.list(JobFilter.ALL)).allMatch(job -> job.attempts() == 0);
    passBackoff();
    awaitState("done", paths.toArray(StorePath[]::new));
    assertThat(far.adds()).isLessThan(60);
  }

  @Test
  void a_job_that_killed_the_daemon_twice_is_sent_alone() throws Exception {
    var killer = source.add("killer");
    enqueue(killer);
    for (var crash = 0; crash < 2; crash++) {
      queue.apply(job(killer), new JobEvent.Started());
      assertThat(queue.recover(RETRY)).isEqualTo(1);
    }
    var others = List.of(source.add("a"), source.add("b"));
    enqueue(others.toArray(StorePath[]::new));
    destination.start();
    awaitState("done", killer, others.get(0), others.get(1));
    assertThat(far.questions()).containsExactlyInAnyOrder(Set.of(killer), Set.copyOf(others));
  }

  @Test
  void two_destinations_go_their_own_ways_and_the_root_stays_for_the_slower() throws Exception {
    var app = source.add("app");
    roots.add(List.of(app));
    queue.enqueue(List.of(app), List.of("server", "mirror"), Optional.empty(), "hook");
    destination.start();
    await().untilAsserted(() -> assertThat(queue.counts("server").done()).isEqualTo(1));
    awaitIdle();
    assertThat(roots.list()).contains(app);
    assertThat(queue.counts("mirror").queued()).isEqualTo(1);
  }

  @Test
  void a_job_dropped_while_uploading_is_deleted_when_it_arrives() throws Exception {
    var app = source.add("app");
    var inside = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    source.replace(
        app,
        out -> {
          inside.countDown();
          try {
            goOn.await();
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
          out.write(source.bytes(app));
        });
    enqueue(app);
    destination.start();
    assertThat(inside.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(queue.apply(job(app), new JobEvent.Dropped())).isTrue();
    goOn.countDown();
    await().untilAsserted(() -> assertThat(queue.list(JobFilter.ALL)).isEmpty());
    await().untilAsserted(() -> assertThat(roots.list()).isEmpty());
  }

  // ── Paused, and cut short ──────────────────────────────────────────────────────────────────

  @Test
  void a_paused_destination_sends_nothing_until_it_is_resumed() throws Exception {
    var a = source.add("a");
    destination.start();
    destination.pause();
    enqueue(a);
    destination.kick();
    await().untilAsserted(() -> assertThat(destination.snapshot().state()).isEqualTo("paused"));
    assertThat(far.tries()).isZero();
    assertThat(state(a)).isEqualTo("queued");
    destination.resume();
    awaitState("done", a);
    assertThat(queue.outages().since("server", Instant.EPOCH))
        .singleElement()
        .satisfies(outage -> {
          assertThat(outage.kind()).isEqualTo(Outage.Kind.PAUSED);
          assertThat(outage.to()).isPresent();
        });
  }

  @Test
  void a_pause_survives_the_daemon() throws Exception {
    destination.start();
    destination.pause();
    destination.close();
    destination = destination(queue);
    destination.start();
    assertThat(destination.snapshot().state()).isEqualTo("paused");
    var a = source.add("a");
    enqueue(a);
    destination.resume();
    awaitState("done", a);
  }

  @Test
  void pausing_cuts_off_what_is_on_the_wire_and_counts_no_attempt() throws Exception {
    var big = source.add("big", new byte[4 << 20]);
    far.stall();
    destination.start();
    enqueue(big);
    awaitState("uploading", big);
    destination.pause();
    awaitState("queued", big);
    assertThat(job(big).attempts()).isZero();
    assertThat(roots.list()).contains(big);
    assertThat(events(big)).endsWith("started", "stopped");
    await().untilAsserted(() -> assertThat(far.releases()).isPositive());
    assertThat(destination.snapshot().state()).isEqualTo("paused");
    assertThat(destination.snapshot().lastError()).isEmpty();
  }

  @Test
  void pausing_ends_an_attempt_to_connect_and_resuming_begins_anew() throws Exception {
    var a = source.add("a");
    far.hang();
    destination.start();
    enqueue(a);
    await().until(() -> far.tries() == 1);
    destination.pause();
    // The lane itself is at rest, which it is not while it waits for somebody to let it in.
    await().until(() -> far.releases() > 0);
    assertThat(destination.snapshot().state()).isEqualTo("paused");
    assertThat(destination.snapshot().lastError()).isEmpty();
    assertThat(state(a)).isEqualTo("queued");
    assertThat(job(a).attempts()).isZero();

    far.open();
    destination.resume();
    awaitState("done", a);
    assertThat(far.tries()).isEqualTo(2);
  }

  @Test
  void pausing_and_resuming_at_once_is_no_trouble_of_the_destination() throws Exception {
    var a = source.add("a");
    far.hang();
    destination.start();
    enqueue(a);
    await().until(() -> far.tries() == 1);
    far.open();
    destination.pause();
    destination.resume();
    awaitState("done", a);
    assertThat(queue.history(a).stream().map(JobChange::event))
        .doesNotContain("destination-failed");
  }

  @Test
  void stopping_ends_an_attempt_to_connect() throws Exception {
    var a = source.add("a");
    far.hang();
    destination.start();
    enqueue(a);
    await().until(() -> far.tries() == 1);
    assertThat(destination.stop(Duration.ofSeconds(40))).isTrue();
    assertThat(state(a)).isEqualTo("queued");
    assertThat(job(a).attempts()).isZero();
  }

  @Test
  void a_job_that_is_dropped_on_the_wire_goes_and_the_others_go_on() throws Exception {
    var big = source.add("big", new byte[4 << 20]);
    var other = source.add("other");
    far.stall();
    destination.start();
    enqueue(big);
    awaitState("uploading", big);
    enqueue(other);
    far.flow();
    var dropped = queue.apply(List.of(job(big)), new JobEvent.Dropped());
    assertThat(dropped.getFirst().state()).isEqualTo(new JobState.Uploading(true));
    destination.cutShort();
    awaitState("done", other);
    assertThat(queue.list(JobFilter.ALL.of(List.of(big)))).isEmpty();
    await().untilAsserted(() -> assertThat(roots.list()).isEmpty());
  }

  @Test
  void an_outage_lasts_from_the_first_failure_until_something_arrives() throws Exception {
    var a = source.add("a");
    var began = clock.instant();
    far.close("no route to host");
    destination.start();
    enqueue(a);
    awaitWaiting();
    far.close("connection refused");
    var tries = far.tries();
    passBackoff();
    await().until(() -> far.tries() > tries);
    awaitWaiting();
    far.open();
    passBackoff();
    awaitState("done", a);
    await()
        .untilAsserted(() ->
            assertThat(queue.outages().since("server", Instant.EPOCH))
                .singleElement()
                .satisfies(outage -> {
                  assertThat(outage.kind()).isEqualTo(Outage.Kind.TROUBLE);
                  assertThat(outage.from()).isEqualTo(began);
                  assertThat(outage.to()).contains(clock.instant());
                  assertThat(outage.reason().orElseThrow()).contains("connection refused");
                }));
  }

  @Test
  void a_question_goes_beside_the_lane_even_while_it_is_paused_or_stuck() throws Exception {
    var there = source.add("there");
    var missing = source.add("missing", new byte[4 << 20]);
    destination.start();
    enqueue(there);
    awaitState("done", there);
    awaitIdle();
    far.stall();
    far.cut();
    enqueue(missing);
    awaitState("uploading", missing);
    far.flow();
    assertThat(destination.queryValid(List.of(there, missing), Duration.ofSeconds(20)))
        .containsExactly(there);
    assertThat(state(missing)).isEqualTo("uploading");
    destination.pause();
    assertThat(destination.queryValid(List.of(missing), Duration.ofSeconds(20))).isEmpty();
  }

  @Test
  void a_question_that_is_not_answered_says_why() {
    far.close("no route to host");
    assertThatIOException()
        .isThrownBy(() -> destination.queryValid(List.of(source.add("a")), Duration.ofSeconds(20)))
        .withMessageContaining("no route to host");
    far.open();
    far.mute();
    assertThatIOException()
        .isThrownBy(() -> destination.queryValid(List.of(source.add("a")), Duration.ofSeconds(1)))
        .withMessage("no answer within 1 s")
        .satisfies(e -> assertThat(e.getMessage()).is(Operations.says("no answer within N s")));
  }
}
