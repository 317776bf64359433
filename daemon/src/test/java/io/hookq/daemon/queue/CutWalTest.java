package io.hookq.daemon.queue;

import static io.hookq.daemon.queue.Paths.path;
import static io.hookq.daemon.queue.Paths.paths;
import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A power cut in the middle of writing: the log ends anywhere. */
final class CutWalTest {
  private static final List<String> SERVER = List.of("server");

  /** https://sqlite.org/fileformat2.html#walformat. */
  private static final int WAL_HEADER = 32;

  private static final int FRAME_HEADER = 24;
  private static final int PAGE_SIZE_AT = 8;

  private final SettableClock clock = new SettableClock();
  private final SplittableRandom random = new SplittableRandom(20261121);
  @TempDir private Path folder;

  /** How each job stood when the log had so many bytes and the last write was acknowledged. */
  private final TreeMap<Long, Map<StorePath, Job>> acknowledged = new TreeMap<>();

  @Test
  void a_log_cut_at_any_frame_or_within_one_keeps_all_that_was_acknowledged_by_then()
      throws Exception {
    var file = folder.resolve("queue.sqlite");
    try (var queue = JobQueue.open(file, clock)) {
      queue.enqueue(paths(30), SERVER, Optional.empty(), "hook");
    }
    assertThat(Soundness.wal(file)).as("closing has checkpointed").doesNotExist();

    var dead = folder.resolve("dead.sqlite");
    try (var queue = JobQueue.open(file, clock)) {
      note(queue, file, WAL_HEADER);
      for (var i = 0; i < 40; i++) {
        change(queue, i);
        note(queue, file, Files.size(Soundness.wal(file)));
      }
      Soundness.copy(file, dead);
    }

    var length = Files.size(Soundness.wal(dead));
    var frame = FRAME_HEADER + pageSize(Soundness.wal(dead));
    assertThat((length - WAL_HEADER) % frame).isZero();
    var cuts = 0;
    for (var end = (long) WAL_HEADER; end <= length; end += frame) {
      reopened(dead, end);
      if (end < length && cuts++ % 4 == 0) {
        reopened(dead, end + 1 + random.nextInt(frame - 1));
      }
    }
    assertThat(cuts).isGreaterThan(100);
    reopened(dead, 0);
    reopened(dead, WAL_HEADER - 1);
  }

  private void change(JobQueue queue, int step) throws QueueException {
    clock.advance(Duration.ofSeconds(1));
    var jobs = queue.list(JobFilter.ALL);
    var some = jobs.stream().filter(_ -> random.nextInt(4) == 0).toList();
    switch (random.nextInt(6)) {
      case 0, 1 ->
          queue.enqueue(
              List.of(path("new" + step), path("p" + random.nextInt(30))),
              SERVER,
              Optional.empty(),
              "hook");
      case 2 -> queue.apply(some, new JobEvent.Started());
      case 3 -> queue.apply(some, new JobEvent.Arrived());
      case 4 -> queue.apply(some, new JobEvent.Refused("no", clock.instant(), 3));
      default -> queue.apply(some, new JobEvent.Dropped());
    }
  }

  private void note(JobQueue queue, Path file, long bytes) throws QueueException {
    assertThat(file).exists();
    acknowledged.put(bytes, jobs(queue));
  }

  private static Map<StorePath, Job> jobs(JobQueue queue) throws QueueException {
    return queue.list(JobFilter.ALL).stream().collect(Collectors.toMap(Job::path, job -> job));
  }

  private static int pageSize(Path wal) throws IOException {
    return ByteBuffer.wrap(Files.readAllBytes(wal)).getInt(PAGE_SIZE_AT);
  }

  private void reopened(Path dead, long length) throws Exception {
    var when = "the log cut at byte " + length;
    var copies = Files.createTempDirectory(folder, "cut");
    var copy = copies.resolve("queue.sqlite");
    Soundness.copy(dead, copy);
    try (var wal = new RandomAccessFile(Soundness.wal(copy).toFile(), "rw")) {
      wal.setLength(length);
    }
    // Checks the pages by itself.
    try (var queue = JobQueue.open(copy, clock)) {
      var expected = acknowledged.floorEntry(Math.max(length, WAL_HEADER)).getValue();
      assertThat(jobs(queue)).as(when).isEqualTo(expected);
      Soundness.assertSound(copy, when);
      queue.recover(RetryPolicy.DEFAULT);
      assertThat(queue.counts("server").uploading()).as(when).isZero();
      queue.enqueue(List.of(path("after")), SERVER, Optional.empty(), "hook");
    }
    Soundness.assertSound(copy, when + ", and written to again");
  }
}
