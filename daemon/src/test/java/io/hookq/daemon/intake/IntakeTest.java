package io.hookq.daemon.intake;

import static io.hookq.daemon.intake.MemorySource.path;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

import io.hookq.daemon.queue.Job;
import io.hookq.daemon.queue.JobEvent;
import io.hookq.daemon.queue.JobFilter;
import io.hookq.daemon.queue.JobQueue;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class IntakeTest {
  private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");

  @TempDir Path folder;
  private final MemorySource source = new MemorySource();
  private final MemoryRoots roots = new MemoryRoots();
  private JobQueue queue;
  private Intake intake;

  @BeforeEach
  void open() throws Exception {
    queue = JobQueue.open(folder.resolve("queue.sqlite"), InstantSource.fixed(NOW));
    intake = new Intake(source, roots, queue, List.of("far", "near"));
  }

  @AfterEach
  void close() throws Exception {
    queue.close();
  }

  private static String printed(StorePath path) {
    return StoreDir.DEFAULT.print(path);
  }

  private static Order order(String from, StorePath... paths) {
    return new Order(
        List.of(paths).stream().map(IntakeTest::printed).toList(),
        Optional.empty(),
        from,
        Optional.empty());
  }

  private static Order ofDerivation(String from, StorePath derivation) {
    return new Order(List.of(), Optional.of(printed(derivation)), from, Optional.empty());
  }

  private void assertRefused(Order order, RefusalClass refusalClass, String message)
      throws Exception {
    assertThatExceptionOfType(RefusedException.class)
        .isThrownBy(() -> intake.enqueue(order))
        .satisfies(e -> assertThat(e.refusalClass()).isEqualTo(refusalClass))
        .withMessage(message);
    assertThat(queue.list(JobFilter.ALL)).isEmpty();
    assertThat(roots.rooted).isEmpty();
  }

  @Test
  void paths_are_rooted_and_queued_for_every_destination() throws Exception {
    var a = source.add('0', "a");
    var b = source.add('1', "b");

    assertThat(intake.enqueue(order(Order.HOOK, a, b, a)).jobs()).isEqualTo(4);

    assertThat(queue.list(JobFilter.ALL))
        .extracting(Job::path, Job::destination, Job::source)
        .containsExactlyInAnyOrder(
            tuple(a, "far", "hook"),
            tuple(a, "near", "hook"),
            tuple(b, "far", "hook"),
            tuple(b, "near", "hook"));
    assertThat(roots.rooted).containsExactlyInAnyOrder(a, b);
    assertThat(queue.lastHookAt()).contains(NOW);
  }

  @Test
  void one_destination_can_be_named() throws Exception {
    var a = source.add('0', "a");
    var order = new Order(List.of(printed(a)), Optional.empty(), Order.PUSH, Optional.of("near"));

    assertThat(intake.enqueue(order).jobs()).isEqualTo(1);

    assertThat(queue.list(JobFilter.ALL)).extracting(Job::destination).containsExactly("near");
    assertThat(queue.lastHookAt()).isEmpty();
  }

  @Test
  void the_hooks_own_root_goes_only_once_its_path_is_durably_queued() throws Exception {
    var a = source.add('0', "a");
    roots.ofHook.add(a);

    queue.close();
    assertThatExceptionOfType(RefusedException.class)
        .isThrownBy(() -> intake.enqueue(order(Order.SPOOL, a)))
        .satisfies(e -> assertThat(e.refusalClass()).isEqualTo(RefusalClass.RETRY));
    assertThat(roots.ofHook).containsExactly(a);

    open();
    roots.failing = true;
    intake.enqueue(order(Order.SPOOL, a));
    assertThat(roots.ofHook).containsExactly(a);

    roots.failing = false;
    intake.enqueue(order(Order.SPOOL, a));
    assertThat(roots.ofHook).isEmpty();
    assertThat(roots.rooted).containsExactly(a);
  }

  @Test
  void an_unknown_destination_is_refused_with_those_there_are() throws Exception {
    var a = source.add('0', "a");

    assertRefused(
        new Order(List.of(printed(a)), Optional.empty(), Order.PUSH, Optional.of("nowhere")),
        RefusalClass.BAD_REQUEST,
        "no such destination: 'nowhere' (one of far, near)");
  }

  @Test
  void what_is_no_store_path_is_refused_and_named() throws Exception {
    var a = source.add('0', "a");

    assertRefused(
        new Order(
            List.of(printed(a), "/etc/passwd"), Optional.empty(), Order.HOOK, Optional.empty()),
        RefusalClass.BAD_REQUEST,
        "not a store path: '/etc/passwd' (not below /nix/store)");
    assertRefused(
        new Order(List.of(printed(a)), Optional.of("x.drv"), Order.HOOK, Optional.empty()),
        RefusalClass.BAD_REQUEST,
        "not a store path: 'x.drv' (not below /nix/store)");
    assertRefused(order(Order.HOOK), RefusalClass.BAD_REQUEST, "neither paths nor a derivation");
  }

  @Test
  void a_derivation_alone_stands_for_its_valid_outputs() throws Exception {
    var derivation = path('9', "a.drv");
    var out = source.add('0', "a");
    source.outputs.put(derivation, Map.of("out", out, "doc", path('1', "a-doc")));

    assertThat(intake.enqueue(ofDerivation(Order.HOOK, derivation)).jobs()).isEqualTo(2);

    assertThat(queue.list(JobFilter.ALL))
        .allSatisfy(job -> {
          assertThat(job.path()).isEqualTo(out);
          assertThat(job.derivation()).contains(derivation);
        });
  }

  @Test
  void a_derivation_that_nobody_can_resolve_now_is_to_be_asked_for_again() throws Exception {
    var derivation = source.add('9', "a.drv");

    assertRefused(
        ofDerivation(Order.SPOOL, derivation),
        RefusalClass.RETRY,
        "the outputs are not known of " + printed(derivation) + ": unknown derivation");
    source.down = true;
    assertRefused(
        ofDerivation(Order.SPOOL, derivation),
        RefusalClass.RETRY,
        "the outputs are not known of " + printed(derivation) + ": the Nix daemon is down");
  }

  @Test
  void a_derivation_that_is_not_there_is_for_the_spool_only_the_first_time() throws Exception {
    var derivation = path('9', "a.drv");
    var message = "the outputs are not known of " + printed(derivation) + ": unknown derivation";

    assertRefused(ofDerivation(Order.HOOK, derivation), RefusalClass.RETRY, message);
    assertRefused(ofDerivation(Order.SPOOL, derivation), RefusalClass.NOT_VALID, message);
    assertRefused(ofDerivation(Order.PUSH, derivation), RefusalClass.NOT_VALID, message);
  }

  @Test
  void outputs_that_are_all_gone_are_said_to_be() throws Exception {
    var derivation = source.add('9', "a.drv");
    source.outputs.put(derivation, Map.of("out", path('0', "a")));

    assertRefused(
        ofDerivation(Order.SPOOL, derivation),
        RefusalClass.NOT_VALID,
        "none of the outputs is valid of " + printed(derivation));
  }

  @Test
  void a_pushed_path_must_be_valid_where_that_can_be_asked() throws Exception {
    var missing = path('0', "a");

    assertRefused(
        order(Order.PUSH, source.add('1', "b"), missing),
        RefusalClass.NOT_VALID,
        "not valid: " + printed(missing));
    source.down = true;
    assertThat(intake.enqueue(order(Order.PUSH, missing)))
        .isEqualTo(new Intake.Taken(Set.of(missing), 2, true));
  }

  @Test
  void the_hook_is_believed() throws Exception {
    assertThat(intake.enqueue(order(Order.HOOK, path('0', "a"))).jobs()).isEqualTo(2);
  }

  @Test
  void a_root_that_cannot_be_made_refuses_nothing_and_is_made_later() throws Exception {
    var a = source.add('0', "a");
    roots.failing = true;
    assertThat(intake.enqueue(order(Order.HOOK, a)).jobs()).isEqualTo(2);
    intake.mendRoots();
    assertThat(roots.rooted).isEmpty();

    roots.failing = false;
    intake.mendRoots();

    assertThat(roots.rooted).containsExactly(a);
  }

  @Test
  void a_closed_queue_is_no_reason_to_lose_a_path() throws Exception {
    var a = source.add('0', "a");
    queue.close();

    assertThatExceptionOfType(RefusedException.class)
        .isThrownBy(() -> intake.enqueue(order(Order.HOOK, a)))
        .satisfies(e -> assertThat(e.refusalClass()).isEqualTo(RefusalClass.RETRY));
  }

  @Test
  void the_start_removes_the_roots_of_a_crash_and_makes_those_that_are_missing() throws Exception {
    var queued = source.add('0', "queued");
    var stale = source.add('1', "stale");
    queue.enqueue(List.of(queued), List.of("far"), Optional.empty(), "hook");
    roots.rooted.add(stale);

    try (var _ =
        Upkeep.start(
            queue,
            roots,
            intake,
            InstantSource.fixed(NOW),
            Duration.ofDays(7),
            Duration.ofDays(30))) {
      Awaitility.await().untilAsserted(() -> assertThat(roots.rooted).containsExactly(queued));
    }
  }

  @Test
  void of_many_orders_each_is_queued_or_refused_by_itself() throws Exception {
    var a = source.add('0', "a");
    var b = source.add('1', "b");
    var nonsense = new Order(List.of("/etc/passwd"), Optional.empty(), "spool", Optional.empty());

    var refusals =
        intake.enqueueAll(List.of(order(Order.SPOOL, b), nonsense, order(Order.SPOOL, a)));

    assertThat(refusals).extracting(Optional::isPresent).containsExactly(false, true, false);
    assertThat(queue.list(JobFilter.ALL.to("far"))).extracting(Job::path).containsExactly(b, a);
    assertThat(roots.rooted).containsExactlyInAnyOrder(a, b);
  }

  @Test
  void of_many_orders_none_is_lost_to_a_closed_queue() throws Exception {
    queue.close();

    assertThat(intake.enqueueAll(List.of(order(Order.SPOOL, source.add('0', "a")))))
        .singleElement()
        .satisfies(refusal ->
            assertThat(refusal.orElseThrow().refusalClass()).isEqualTo(RefusalClass.RETRY));
  }

  @Test
  void a_queue_that_knows_nothing_takes_in_what_is_rooted_once() throws Exception {
    var a = source.add('0', "a");
    roots.rooted.add(a);

    intake.readRoots();
    roots.rooted.add(source.add('1', "stale"));
    intake.readRoots();

    assertThat(queue.unfinishedPaths()).containsExactly(a);
  }

  @Test
  void what_only_the_hooks_links_tell_of_is_queued_and_rooted_by_us() throws Exception {
    var a = source.add('0', "a");
    roots.ofHook.add(a);

    intake.adoptLinksOfHook();

    assertThat(queue.unfinishedPaths()).containsExactly(a);
    assertThat(roots.rooted).containsExactly(a);
    assertThat(roots.ofHook).isEmpty();
  }

  @Test
  void a_failed_job_holds_its_root_until_keep_failed_is_over() throws Exception {
    var a = source.add('0', "a");
    intake.enqueue(new Order(List.of(printed(a)), Optional.empty(), "hook", Optional.of("far")));
    var job = queue.list(JobFilter.ALL).getFirst();
    queue.apply(job, new JobEvent.Started());
    queue.apply(queue.list(JobFilter.ALL).getFirst(), new JobEvent.SourceCorrupt("bits rot"));

    keepUp(Duration.ofDays(29));
    assertThat(roots.rooted).containsExactly(a);
    keepUp(Duration.ofDays(31));
    assertThat(roots.rooted).isEmpty();
    assertThat(queue.list(JobFilter.ALL)).isEmpty();
  }

  /** The first round of the daemon that is started so much later. */
  private void keepUp(Duration later) {
    Upkeep.start(
            queue,
            roots,
            intake,
            InstantSource.fixed(NOW.plus(later)),
            Duration.ofDays(7),
            Duration.ofDays(30))
        .close();
  }
}
