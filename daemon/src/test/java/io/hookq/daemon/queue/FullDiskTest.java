package io.hookq.daemon.queue;

import static io.hookq.daemon.queue.Paths.path;
import static io.hookq.daemon.queue.Paths.paths;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is full indeed: a small tmpfs, which only root can mount. */
final class FullDiskTest {
  private static final List<String> SERVER = List.of("server");

  @TempDir private Path folder;

  @BeforeEach
  void mount() throws Exception {
    assumeThat("1".equals(System.getenv("HOOKQ_SKIP_PEERS")) && !mounted())
        .as("HOOKQ_SKIP_PEERS=1 and no right to mount a tmpfs")
        .isFalse();
    assertThat(mounted())
        .as("a full disk needs a small tmpfs: run the tests as root, or set HOOKQ_SKIP_PEERS=1")
        .isTrue();
  }

  private boolean mounted() throws IOException, InterruptedException {
    return (Files.getFileStore(folder).type().equals("tmpfs")
            && Files.getFileStore(folder).getTotalSpace() == 2 << 20)
        || run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder.toString());
  }

  @AfterEach
  void unmount() throws Exception {
    run("umount", "-l", folder.toString());
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
  }

  private static void fill(Path ballast) throws IOException {
    try (OutputStream out = Files.newOutputStream(ballast)) {
      var block = new byte[4096];
      while (true) {
        out.write(block);
      }
    } catch (IOException _) {
      assertThat(Files.size(ballast)).isPositive();
    }
  }

  @Test
  void a_full_disk_refuses_new_jobs_loses_none_and_takes_them_again_when_there_is_space()
      throws Exception {
    var ballast = folder.resolve("ballast");
    var clock = new SettableClock();
    try (var queue = JobQueue.open(folder.resolve("queue.sqlite"), clock)) {
      queue.enqueue(paths(10), SERVER, Optional.empty(), "hook");
      fill(ballast);
      // What still fits into the pages there are may be taken; then it is refused.
      var taken = 10;
      var refused = false;
      for (var i = 10; i < 2000 && !refused; i++) {
        try {
          queue.enqueue(List.of(path("p" + i)), SERVER, Optional.empty(), "hook");
          taken++;
        } catch (QueueFullException e) {
          assertThat(e).hasMessage("disk full");
          refused = true;
        }
      }
      assertThat(refused).isTrue();
      assertThat(queue.counts("server").queued()).isEqualTo(taken);
      assertThat(queue.list(JobFilter.ALL)).hasSize(taken);
      assertThatThrownBy(
              () -> queue.enqueue(List.of(path("again")), SERVER, Optional.empty(), "hook"))
          .isInstanceOf(QueueFullException.class);

      Files.delete(ballast);
      queue.enqueue(List.of(path("again")), SERVER, Optional.empty(), "hook");
      var job = queue.list(JobFilter.ALL).getFirst();
      assertThat(queue.apply(job, new JobEvent.Started())).isTrue();
      assertThat(queue.counts("server")).isEqualTo(new JobCounts(taken, 1, 0, 0, 0, 0));
    }
    try (var after = JobQueue.open(folder.resolve("queue.sqlite"), clock)) {
      assertThat(after.list(JobFilter.ALL)).hasSizeGreaterThan(10);
    }
  }
}
