package io.hookq.daemon.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.daemon.planner.MemoryStore;
import io.hookq.daemon.queue.Job;
import io.hookq.daemon.queue.JobFilter;
import io.hookq.daemon.queue.JobQueue;
import io.hookq.daemon.queue.JobState.Done;
import io.hookq.daemon.queue.JobState.Failed;
import io.hookq.daemon.queue.QueueException;
import io.hookq.daemon.queue.Soundness;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The {@link SettleLoop} killed with SIGKILL, over and over, on one and the same queue. */
@Timeout(300)
final class KillTest {
  private static final int KILLS = Integer.getInteger("hookq.torture.kills", 50);
  private static final int CHAINS = 2;

  /** Lines of a life after which it may be over. */
  private static final int LONGEST_LIFE = 800;

  @TempDir private Path folder;

  /** One queue and what was said of it by all processes that lived on it. */
  private static final class Chain {
    private final Path folder;

    /** When each path was last acknowledged, no earlier than its commit. */
    private final Map<String, Instant> acked = new HashMap<>();

    /** Asked for and not acknowledged: the hook would spool and root these itself. */
    private final Set<String> pending = new HashSet<>();

    private final Set<String> arrived = new HashSet<>();
    private final Set<StorePath> poisoned = new HashSet<>();
    private int lives;

    private Chain(Path folder) throws IOException {
      this.folder = Files.createDirectories(folder);
      var source = new MemoryStore();
      for (var number = 0; number < SettleLoop.PATHS; number++) {
        // The one after it may refer to it.
        if (SettleLoop.isPoison(number) || (number > 0 && SettleLoop.isPoison(number - 1))) {
          poisoned.add(SettleLoop.add(source, number));
        }
      }
    }

    private Path file() {
      return folder.resolve("queue.sqlite");
    }

    /** Lets a process live until it has said {@code last}; kills it then. */
    private void live(String what, long seed, Predicate<String> last) throws Exception {
      lives++;
      var process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "-Xmx128m",
                  "-Xshare:auto",
                  "--enable-native-access=ALL-UNNAMED",
                  // A killed process cannot tidy up what SQLite's driver unpacks.
                  "-Dorg.sqlite.tmpdir=" + folder,
                  "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                  "-cp",
                  System.getProperty("java.class.path"),
                  SettleLoop.class.getName(),
                  folder.toString(),
                  what,
                  Long.toString(seed))
              .redirectError(folder.resolve("stderr").toFile())
              .start();
      var over = false;
      try (var lines = process.inputReader(StandardCharsets.UTF_8)) {
        for (String line; (line = lines.readLine()) != null; ) {
          if (!over && last.test(line)) {
            over = true;
            // By its handle: the process itself would close the pipe under what it said before.
            process.toHandle().destroyForcibly();
          }
          // What it said before the kill counts, also where we read it later.
          if (line.startsWith("asking ")) {
            pending.add(line.substring("asking ".length()));
          } else if (line.startsWith("acked ")) {
            var words = line.split(" ", -1);
            acked.put(words[1], Instant.ofEpochMilli(Long.parseLong(words[2])));
            pending.remove(words[1]);
          } else if (line.startsWith("arrived ")) {
            arrived.add(line.substring("arrived ".length()));
          }
        }
      } finally {
        process.destroyForcibly().waitFor();
        try (var files = Files.newDirectoryStream(folder, "sqlite-*")) {
          for (var file : files) {
            Files.delete(file);
          }
        }
      }
      assertThat(over)
          .as(
              "life %d of %s ended by itself: %s",
              lives, folder, Files.readString(folder.resolve("stderr")))
          .isTrue();
    }

    private void assertNothingLost(String when) throws Exception {
      var copies = Files.createTempDirectory(folder, "copy");
      var copy = copies.resolve("queue.sqlite");
      Soundness.copy(file(), copy);
      Soundness.assertSound(copy, when);
      try (var queue = JobQueue.open(copy, InstantSource.system())) {
        var jobs = queue.list(JobFilter.ALL);
        assertThat(jobs.stream().map(job -> job.path().baseName()))
            .as("acknowledged, %s", when)
            .containsAll(acked.keySet());
        for (var job : jobs) {
          check(job, queue, when);
        }
        queue.recover(SettleLoop.RETRY);
        assertThat(queue.counts("server").uploading()).as(when).isZero();
        assertThat(queue.counts("server").failed()).as(when).isLessThanOrEqualTo(poisoned.size());
      }
      for (var file : List.of(copy, Soundness.wal(copy))) {
        Files.deleteIfExists(file);
      }
    }

    private void check(Job job, JobQueue queue, String when) throws QueueException {
      if (job.state() instanceof Done) {
        assertThat(arrived)
            .as("done, so it arrived, %s: %s", when, job)
            .contains(job.path().baseName());
      }
      if (job.state() instanceof Failed) {
        assertThat(poisoned).as("failed, so it is poison, %s: %s", when, job).contains(job.path());
      }
      if (job.state().needsRoot() && isAcked(job, queue)) {
        assertThat(folder.resolve("roots").resolve(job.path().baseName()))
            .as("kept from the garbage collector, %s: %s", when, job)
            .isSymbolicLink();
      }
    }

    /**
     * Whether what last queued it was acknowledged. Where an older job of the path was settled and
     * unrooted, one more that nobody was told of need not be rooted yet.
     */
    private boolean isAcked(Job job, JobQueue queue) throws QueueException {
      var name = job.path().baseName();
      var last = acked.get(name);
      if (last == null || !pending.contains(name)) {
        return last != null;
      }
      return queue.history(job.path()).stream()
          .filter(change -> change.event().equals("enqueued"))
          .allMatch(change -> change.at().isBefore(last));
    }

    /** As the next start finds them. */
    private List<Job> jobs() throws IOException {
      try (var queue = JobQueue.open(file(), InstantSource.system())) {
        queue.recover(SettleLoop.RETRY);
        return queue.list(JobFilter.ALL);
      }
    }

    private Set<String> roots() throws IOException {
      try (var links = Files.list(folder.resolve("roots"))) {
        return new HashSet<>(links.map(link -> link.getFileName().toString()).toList());
      }
    }
  }

  @Test
  void fifty_kills_at_random_moments_of_settling_lose_nothing_and_leave_the_queue_sound()
      throws Exception {
    var seed = Long.getLong("hookq.torture.seed", 20261121L);
    var chains = new ArrayList<Callable<Boolean>>();
    for (var number = 0; number < CHAINS; number++) {
      var chain = new Chain(folder.resolve("chain" + number));
      var random = new SplittableRandom(seed + number);
      chains.add(() -> {
        for (var kill = 1; kill <= KILLS / CHAINS; kill++) {
          var lines = new int[] {1 + random.nextInt(LONGEST_LIFE)};
          chain.live("enqueue", random.nextLong(), _ -> lines[0]-- == 0);
          chain.assertNothingLost("kill " + kill + " of chain at seed " + seed);
        }
        chain.live("settle", 0, "settled"::equals);
        chain.assertNothingLost("in the end, seed " + seed);
        for (var job : chain.jobs()) {
          assertThat(job.state().label())
              .as("%s, seed %d", job, seed)
              .isIn("done", chain.poisoned.contains(job.path()) ? "failed" : "done");
        }
        return true;
      });
    }
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var done : threads.invokeAll(chains)) {
        assertThat(done.get()).isTrue();
      }
    }
  }

  @Test
  void five_kills_in_a_row_put_nothing_into_failed() throws Exception {
    var chain = new Chain(folder.resolve("chain"));
    for (var kill = 1; kill <= 5; kill++) {
      chain.live("stall", kill, "sending"::equals);
      chain.assertNothingLost("kill " + kill);
    }
    var jobs = chain.jobs();
    assertThat(jobs).hasSize(20);
    assertThat(jobs).noneMatch(job -> job.state() instanceof Failed);
    assertThat(jobs).as("two kills make suspects").anyMatch(Job::sentAlone);
    assertThat(jobs.stream().mapToInt(Job::attempts).sum())
        .as("only a kill while alone counts")
        .isEqualTo(3);

    chain.live("settle", 0, "settled"::equals);

    var failed =
        chain.jobs().stream()
            .filter(job -> !(job.state() instanceof Done))
            .map(job -> job.path().baseName())
            .toList();
    assertThat(failed).as("the poison and nothing else").hasSize(1);
    assertThat(chain.roots()).containsAll(failed);
  }
}
