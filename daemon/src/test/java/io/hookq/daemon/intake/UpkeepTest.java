package io.hookq.daemon.intake;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.daemon.queue.JobQueue;
import io.hookq.store.StoreDir;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UpkeepTest {
  private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");
  private static final Duration KEEP = Duration.ofDays(7);

  @TempDir Path folder;

  @Test
  void a_round_that_ran_out_of_memory_is_made_up_for_in_the_next() throws Exception {
    var source = new MemorySource();
    var roots = new MemoryRoots();
    var stale = source.add('0', "stale");
    var wanted = source.add('1', "wanted");
    roots.rooted.add(stale);
    roots.exhausted.set(2);
    try (var queue = JobQueue.open(folder.resolve("queue.sqlite"), InstantSource.fixed(NOW))) {
      var intake = new Intake(source, roots, queue, List.of("far"));
      intake.enqueue(
          new Order(
              List.of(StoreDir.DEFAULT.print(wanted)),
              Optional.empty(),
              Order.HOOK,
              Optional.empty()));
      var pause = Duration.ofMillis(5);
      try (var _ =
          Upkeep.start(queue, roots, intake, InstantSource.fixed(NOW), KEEP, KEEP, pause)) {
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .untilAsserted(() -> assertThat(roots.rooted).containsExactly(wanted));
      }
      assertThat(roots.exhausted.get()).isNegative();
    }
  }
}
