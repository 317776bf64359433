package io.hookq.daemon.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hookq.daemon.planner.MemoryStore;
import io.hookq.daemon.planner.PlanRules;
import io.hookq.daemon.queue.JobFilter;
import io.hookq.daemon.queue.JobQueue;
import io.hookq.daemon.queue.RetryPolicy;
import io.hookq.daemon.roots.DirectRoots;
import io.hookq.store.DestinationStore;
import io.hookq.store.Realisation;
import io.hookq.store.SecretKey;
import io.hookq.store.StorePath;
import io.hookq.store.TestKey;
import io.hookq.worker.WorkerServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Realisations on their way from a store in memory to a daemon in memory. */
@Timeout(120)
final class RegistrarTest {
  private static final String COMPLAINT = "realisations are not registered";
  private static final String DISABLED =
      "experimental Nix feature 'ca-derivations' is disabled; use …";

  private final MemoryStore source = new MemoryStore();
  private final BuiltChain chain = new BuiltChain(source);
  private WorkerServer far = WorkerServer.namingOutputsByHash();
  private List<SecretKey> keys = List.of();
  @TempDir private Path folder;
  private JobQueue queue;
  private @Nullable Destination destination;

  @BeforeEach
  void open() throws Exception {
    queue = JobQueue.open(folder.resolve("queue.sqlite"), InstantSource.system());
  }

  private void start() throws Exception {
    var near =
        new NearSide(
            source,
            queue,
            DirectRoots.in(folder.resolve("roots"), source.storeDir()).orElseThrow(),
            InstantSource.system(),
            System::nanoTime,
            new SplittableRandom(1),
            Set::of);
    var settings =
        new DestinationSettings(
            "server",
            "ssh-ng://server",
            PlanRules.ALL,
            OptionalInt.of(1),
            Duration.ofMinutes(5),
            new RetryPolicy(Duration.ofMillis(10), Duration.ofMillis(20), 3));
    var started = new Destination(settings, this::connect, this::connect, near);
    destination = started;
    started.start();
  }

  private DestinationStore connect() throws IOException {
    return new SigningStore(far.connect().open(), source.storeDir(), keys);
  }

  @AfterEach
  void close() throws Exception {
    if (destination != null) {
      destination.close();
    }
    queue.close();
  }

  private void push(StorePath... paths) throws Exception {
    queue.enqueue(List.of(paths), List.of("server"), Optional.empty(), "hook");
    for (var path : paths) {
      await()
          .untilAsserted(() ->
              assertThat(queue.list(JobFilter.ALL.of(List.of(path))).getFirst().state().label())
                  .isEqualTo("done"));
    }
  }

  private static String[] ids(Realisation... realisations) {
    return List.of(realisations).stream().map(one -> one.id().id()).toArray(String[]::new);
  }

  @Test
  void a_path_is_done_when_all_that_it_realises_is_registered_behind_what_that_depends_on()
      throws Exception {
    start();
    var a = chain.build("a");
    var b = chain.build("b", a);
    var c = chain.build("c", b);
    // The daemon refuses what realises a path that is not valid there.
    push(c.path());
    assertThat(far.valid()).containsOnlyKeys(a.path(), b.path(), c.path());
    assertThat(far.registrations())
        .doesNotHaveDuplicates()
        .containsSubsequence(ids(a.written(), b.written(), c.written()));
    assertThat(far.realisations())
        .containsOnlyKeys(ids(a.written(), b.written(), c.written(), c.resolved()));
  }

  @Test
  void several_paths_register_what_they_share_once() throws Exception {
    var a = chain.build("a");
    var b = chain.build("b", a);
    var c = chain.build("c", a);
    queue.enqueue(List.of(b.path(), c.path()), List.of("server"), Optional.empty(), "hook");
    start();
    push(b.path(), c.path());
    assertThat(far.registrations())
        .doesNotHaveDuplicates()
        .hasSize(5)
        .contains(ids(a.written(), b.written(), b.resolved(), c.written(), c.resolved()));
  }

  @Test
  void a_path_that_is_there_already_is_registered_all_the_same() throws Exception {
    start();
    var a = chain.build("a");
    var b = chain.build("b", a);
    far.valid().put(a.path(), source.info(a.path()));
    far.valid().put(b.path(), source.info(b.path()));
    push(b.path());
    assertThat(far.operations()).doesNotContain(39L);
    assertThat(far.realisations()).containsOnlyKeys(ids(a.written(), b.written(), b.resolved()));
  }

  @Test
  void a_daemon_that_keeps_none_is_asked_once_and_complained_of_once() throws Exception {
    far.refuseRealisations(DISABLED);
    start();
    try (var log = new CapturedLog()) {
      var a = chain.build("a");
      push(a.path());
      assertThat(far.registrations()).containsExactly(a.written().id().id());
      for (var i = 0; i < 5; i++) {
        push(chain.build("more" + i, a).path());
      }
      assertThat(far.registrations()).hasSize(1);
      assertThat(log.lines(COMPLAINT))
          .singleElement()
          .asString()
          .contains("WARN")
          .contains("destination=server")
          .contains("path=" + a.path())
          .contains("'ca-derivations' is disabled");
    }
    assertThat(far.valid()).hasSize(6);
  }

  @Test
  void a_daemon_that_refuses_each_for_its_own_reason_is_complained_of_once() throws Exception {
    far.refuseRealisations("it lacks a signature by a trusted key");
    var paths = new StorePath[5];
    for (var i = 0; i < paths.length; i++) {
      paths[i] = chain.build("p" + i).path();
    }
    start();
    try (var log = new CapturedLog()) {
      push(paths);
      assertThat(far.registrations()).hasSize(5);
      assertThat(log.lines(COMPLAINT)).hasSize(1);
    }
    assertThat(far.valid()).hasSize(5);
  }

  @Test
  void a_derivation_that_is_missing_here_costs_the_realisation_and_not_the_path() throws Exception {
    start();
    var a = chain.build("a");
    var b = chain.build("b", a);
    source.collect(a.derivation());
    try (var log = new CapturedLog()) {
      push(b.path());
      push(chain.build("c").path());
      assertThat(log.lines(COMPLAINT)).hasSizeLessThanOrEqualTo(1);
    }
    assertThat(far.valid()).hasSize(3);
    assertThat(far.realisations()).containsKeys(ids(b.resolved()));
  }

  @Test
  void our_keys_sign_them_for_a_daemon_that_names_outputs_by_path() throws Exception {
    var key = TestKey.generate("ours-1");
    keys = List.of(key.secret());
    far = WorkerServer.namingOutputsByPath();
    start();
    var a = chain.build("a");
    push(a.path());
    var output = a.derivation() + "^out";
    assertThat(far.realisations()).containsOnlyKeys(output);
    var words =
        "{\"key\":{\"drvPath\":\"%s\",\"outputName\":\"out\"},\"value\":{\"outPath\":\"%s\"}}"
            .formatted(a.derivation(), a.path());
    assertThat(key.signed(words, far.signaturesOf(output))).isTrue();
  }

  @Test
  void our_keys_sign_them_for_a_daemon_that_names_outputs_by_hash() throws Exception {
    var key = TestKey.generate("ours-1");
    keys = List.of(key.secret());
    start();
    var a = chain.build("a");
    var b = chain.build("b", a);
    push(b.path());
    var words =
        "{\"dependentRealisations\":{\"%s\":\"%s\"},\"id\":\"%s\",\"outPath\":\"%s\"}"
            .formatted(a.written().id(), a.path(), b.written().id(), b.path());
    assertThat(key.signed(words, far.signaturesOf(b.written().id().id()))).isTrue();
  }
}
