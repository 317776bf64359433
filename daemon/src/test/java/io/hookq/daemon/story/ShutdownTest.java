package io.hookq.daemon.story;

import static io.hookq.daemon.story.HookToServerTest.assertEqualThere;
import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.daemon.queue.JobChange;
import io.hookq.daemon.queue.JobFilter;
import io.hookq.daemon.queue.JobQueue;
import io.hookq.peers.FaultProxy;
import io.hookq.peers.TempFolder;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The daemon is told to stop, at a bad moment. */
class ShutdownTest {
  private static final long KIBI = 1024;

  @AutoClose private final TempFolder folder = TempFolder.create();

  @Test
  void sigterm_in_the_middle_of_a_nar_ends_within_five_seconds_and_counts_no_attempt()
      throws IOException {
    try (var server = Server.in(folder.resolve("server"));
        var line = FaultProxy.to(server.sshd().port());
        var machine = Machine.in(folder.resolve("machine"))) {
      machine.nix().startDaemon();
      machine.destination("server", server.settings(line.port()));
      machine.startDaemon();
      line.rate(256 * KIBI);
      var built = machine.nix().build(CrashTest.random("big", 8 * KIBI));
      Awaitility.await("the upload is under way")
          .atMost(Machine.PATIENCE)
          .until(() -> line.bytesUp() > 512 * KIBI);
      // Nothing moves any more: the daemon is stuck in a write, and no answer will help it.
      line.freeze();

      machine.stopDaemon();

      // By the daemon's own clock: how long a busy machine takes to deliver a signal, and to tell
      // of
      // the end, is not its doing.
      assertThat(stoppedWithin(machine.log())).isLessThan(Duration.ofSeconds(5));
      try (var queue =
          JobQueue.open(machine.stateDir().resolve("queue.sqlite"), InstantSource.system())) {
        var job = queue.list(JobFilter.ALL).getFirst();
        assertThat(job.state().label()).isEqualTo("queued");
        assertThat(job.attempts()).isZero();
        assertThat(job.crashes()).isZero();
        assertThat(queue.history(job.path()))
            .extracting(JobChange::event)
            .containsExactly("enqueued", "started", "stopped");
      }

      line.cut();
      line.pass();
      machine.startDaemon();
      machine.awaitAllDone();
      assertEqualThere(machine.nix(), server.nix(), machine.nix().closure(built));
    }
  }

  private static Duration stoppedWithin(String log) {
    var said = Pattern.compile("stopped: ms=(\\d+)").matcher(log);
    assertThat(said.find()).as("says how long it took\n%s", log).isTrue();
    return Duration.ofMillis(Long.parseLong(said.group(1)));
  }
}
