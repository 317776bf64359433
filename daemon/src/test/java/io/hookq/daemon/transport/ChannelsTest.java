package io.hookq.daemon.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hookq.daemon.config.Compression;
import io.hookq.daemon.planner.MemoryStore;
import io.hookq.daemon.planner.PlanRules;
import io.hookq.daemon.queue.JobFilter;
import io.hookq.daemon.queue.JobQueue;
import io.hookq.daemon.queue.RetryPolicy;
import io.hookq.daemon.roots.DirectRoots;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several channels to a far side in memory. */
@Timeout(120)
final class ChannelsTest {
  private static final RetryPolicy RETRY =
      new RetryPolicy(Duration.ofMillis(1), Duration.ofMillis(20), 2);

  private final MemoryStore source = new MemoryStore();
  private final FarSide far = new FarSide();
  @TempDir private Path folder;
  private JobQueue queue;
  private @Nullable Destination destination;

  @BeforeEach
  void openQueue() throws Exception {
    queue = JobQueue.open(folder.resolve("queue.sqlite"), InstantSource.system());
  }

  private Destination start(OptionalInt channels) throws Exception {
    var roots = DirectRoots.in(folder.resolve("roots"), StoreDir.DEFAULT).orElseThrow();
    var settings =
        new DestinationSettings(
            "server", "ssh://server", PlanRules.ALL, channels, Duration.ofMinutes(5), RETRY);
    var started = new Destination(settings, far, far.aside(), NearSide.of(source, queue, roots));
    destination = started;
    started.start();
    return started;
  }

  @AfterEach
  void close() throws Exception {
    if (destination != null) {
      destination.close();
    }
    queue.close();
  }

  private void enqueue(List<StorePath> paths) throws Exception {
    queue.enqueue(paths, List.of("server"), Optional.empty(), "hook");
  }

  /** Paths of all sizes, each referring to a few before it. */
  private List<StorePath> random(SplittableRandom random, int count) {
    var paths = new ArrayList<StorePath>();
    for (var i = 0; i < count; i++) {
      var references =
          random
              .ints(random.nextInt(4), 0, Math.max(1, i))
              .filter(n -> n < paths.size())
              .mapToObj(paths::get)
              .toArray(StorePath[]::new);
      var contents = new byte[random.nextInt(random.nextInt(10) == 0 ? 400_000 : 4_000)];
      random.nextBytes(contents);
      paths.add(source.add("p" + i, contents, references));
    }
    return paths;
  }

  private void assertArrived(List<StorePath> paths) throws Exception {
    for (var job : queue.list(JobFilter.ALL)) {
      assertThat(job.attempts()).as("%s", job).isZero();
      assertThat(job.state().label()).as("%s", job).isEqualTo("done");
    }
    for (var path : paths) {
      assertThat(far.bytes(path)).isEqualTo(source.bytes(path));
    }
    assertThat(far.orphans()).isEmpty();
    assertThat(far.resent()).isEmpty();
  }

  private void awaitSettled() {
    await().atMost(Duration.ofSeconds(60)).until(() -> queue.counts("server").unsettled() == 0);
  }

  @RepeatedTest(10)
  void cut_at_any_moment_nothing_is_lost_and_nothing_valid_is_sent_again(RepetitionInfo repetition)
      throws Exception {
    var seed = 4_000L + repetition.getCurrentRepetition();
    var random = new SplittableRandom(seed);
    var channels = OptionalInt.of(random.nextInt(2, 6));
    var paths = random(random, 150);
    var cuts = new AtomicInteger(5);
    var untilCut = new AtomicInteger(random.nextInt(1, 40));
    // Before a path is answered, so that all sides are at whatever they are at.
    far.onArrival(_ -> {
      if (untilCut.decrementAndGet() == 0 && cuts.getAndDecrement() > 0) {
        untilCut.set(1 + (int) (seed * 31 % 37) + cuts.get());
        if (cuts.get() % 2 == 0) {
          far.cutOne();
        } else {
          far.cut();
        }
      }
    });
    enqueue(paths);
    start(channels);
    awaitSettled();
    assertThat(cuts.get()).as("seed %d", seed).isLessThan(5);
    assertArrived(paths);
  }

  @Test
  void big_paths_go_over_several_channels_and_small_ones_over_one() throws Exception {
    start(OptionalInt.empty());
    enqueue(random(new SplittableRandom(1), 40));
    awaitSettled();
    assertThat(far.connections()).isEqualTo(1);
    var big = new ArrayList<StorePath>();
    for (var i = 0; i < 4; i++) {
      big.add(source.add("big" + i, new byte[6 << 20]));
    }
    enqueue(big);
    awaitSettled();
    assertArrived(big);
    assertThat(far.connections()).isEqualTo(2);
    await().until(() -> far.openConnections() == 1);
  }

  private void uploadTenBigPathsFromFarAway() throws Exception {
    uploadTenBigPaths(Duration.ofMillis(100));
  }

  private void uploadTenBigPaths(Duration roundTrip) throws Exception {
    far.roundTrip(roundTrip);
    start(OptionalInt.empty());
    var big = new ArrayList<StorePath>();
    for (var i = 0; i < 10; i++) {
      big.add(source.add("big" + i, new byte[5 << 20]));
    }
    enqueue(big);
    awaitSettled();
    assertArrived(big);
  }

  @Test
  void far_away_there_are_more() throws Exception {
    uploadTenBigPathsFromFarAway();
    assertThat(far.connections()).isGreaterThan(3);
  }

  @Test
  void far_away_with_zstd_there_are_half_as_many() throws Exception {
    far.compression(Compression.ZSTD);
    uploadTenBigPathsFromFarAway();
    assertThat(far.connections()).isBetween(2, 3);
  }

  @Test
  void where_one_fills_the_line_there_are_no_others_until_it_does_not() throws Exception {
    far.compression(Compression.ZSTD);
    far.oneEnough(true);
    uploadTenBigPaths(Duration.ofMillis(20));
    assertThat(far.connections()).isEqualTo(1);

    var arriving = new CountDownLatch(1);
    var company = new CountDownLatch(1);
    far.onArrival(_ -> {
      arriving.countDown();
      awaitUninterruptibly(company);
    });
    var big = new ArrayList<StorePath>();
    for (var i = 0; i < 10; i++) {
      big.add(source.add("bigger" + i, new byte[6 << 20]));
    }
    enqueue(big);
    arriving.await();
    assertThat(far.connections()).isEqualTo(1);
    far.oneEnough(false);
    await().until(() -> far.connections() > 1);
    company.countDown();
    awaitSettled();
    assertArrived(big);
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void a_far_side_that_takes_no_second_channel_gets_all_over_one_and_is_not_asked_again()
      throws Exception {
    far.atMost(1);
    start(OptionalInt.of(4));
    var paths = random(new SplittableRandom(2), 50);
    enqueue(paths);
    awaitSettled();
    assertArrived(paths);
    var refused = far.refusedConnections();
    assertThat(refused).isBetween(1, 3);
    var more = source.add("more", source.add("and-what-it-needs"));
    enqueue(List.of(more));
    awaitSettled();
    assertArrived(List.of(more));
    assertThat(far.connections()).isEqualTo(1);
    assertThat(far.refusedConnections()).isEqualTo(refused);
  }

  @RepeatedTest(3)
  void a_poison_path_ends_alone_with_what_needs_it_whichever_channel_it_is_on(
      RepetitionInfo repetition) throws Exception {
    var seed = 90L + repetition.getCurrentRepetition();
    var paths = random(new SplittableRandom(seed), 80);
    var poison = paths.get(20);
    far.refuse(poison, "hash mismatch importing path '" + poison + "'");
    var needing = new ArrayList<StorePath>();
    for (var path : paths) {
      if (path.equals(poison)
          || source.info(path).references().stream().anyMatch(needing::contains)) {
        needing.add(path);
      }
    }
    enqueue(paths);
    start(OptionalInt.of(4));
    awaitSettled();
    for (var job : queue.list(JobFilter.ALL)) {
      assertThat(job.state().label())
          .as("seed %d: %s", seed, job)
          .isEqualTo(needing.contains(job.path()) ? "failed" : "done");
      if (!needing.contains(job.path())) {
        assertThat(job.attempts()).as("seed %d: %s", seed, job).isZero();
      }
    }
    assertThat(far.orphans()).isEmpty();
    assertThat(far.valid()).doesNotContainAnyElementsOf(needing);
  }

  @Test
  void a_stop_ends_all_channels_at_once_and_puts_back_what_was_on_them() throws Exception {
    var paths = new ArrayList<StorePath>();
    var sending = new CountDownLatch(3);
    for (var i = 0; i < 6; i++) {
      var path = source.add("p" + i);
      source.replace(
          path,
          _ -> {
            sending.countDown();
            try {
              new CountDownLatch(1).await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
          });
      paths.add(path);
    }
    enqueue(paths);
    var started = start(OptionalInt.of(3));
    sending.await();
    assertThat(started.snapshot().current()).hasSize(3);
    assertThat(started.stop(Duration.ofSeconds(20))).isTrue();
    for (var job : queue.list(JobFilter.ALL)) {
      assertThat(job.state().label()).isEqualTo("queued");
      assertThat(job.attempts()).isZero();
    }
    await().until(() -> far.openConnections() == 0);
  }
}
