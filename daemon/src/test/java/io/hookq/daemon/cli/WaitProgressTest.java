package io.hookq.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.peers.PeerProcess;
import io.hookq.peers.TempFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** {@code wait} as a process of its own, in a real terminal and in a pipe. */
class WaitProgressTest {
  @AutoClose private final TempFolder folder = TempFolder.create();
  private final Path hookq = folder.resolve("hookq");

  private static void await(ThrowingRunnable assertion) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(assertion);
  }

  @Test
  void it_shows_on_a_terminal_how_far_things_are_and_leaves_nothing_of_it() throws IOException {
    // As the launcher does it, in little.
    Files.writeString(
        hookq,
        """
        size=$(stty size 2>/dev/null </dev/tty)
        [ -t 1 ] && terminal=-Dhookq.columns=${size#* }
        exec '%s' -XX:+UseSerialGC -XX:TieredStopAtLevel=1 $terminal -cp '%s' \\
          io.hookq.daemon.cli.Main --socket '%s' "$@"
        """
            .formatted(
                Path.of(System.getProperty("java.home"), "bin", "java"),
                System.getProperty("java.class.path"),
                folder.resolve("s")));
    try (var daemon = new StubbornDaemon(folder.resolve("s"));
        var terminal = Tmux.start(folder.path(), 100, 10, "env", "PS1=prompt>", "sh")) {
      await(() -> assertThat(terminal.screen()).contains("prompt>"));
      var held = new CountDownLatch(1);
      daemon.held = held;
      terminal.type("sh " + hookq + " wait; echo exit=$?");
      await(() -> assertThat(terminal.screen()).contains("1,503 queued, 1 uploading"));
      held.countDown();
      await(() -> assertThat(terminal.screen()).contains("exit=0"));
      assertThat(terminal.screen()).doesNotContain("uploading");

      terminal.type("clear");
      var interrupted = new CountDownLatch(1);
      daemon.held = interrupted;
      terminal.type("sh " + hookq + " wait");
      await(() -> assertThat(terminal.screen()).contains("1,503 queued, 1 uploading"));
      terminal.press("C-c");
      await(() -> assertThat(terminal.screen()).doesNotContain("uploading"));
      terminal.type("echo exit=$?");
      await(() -> assertThat(terminal.screen()).contains("exit=130"));
      assertThat(terminal.screen()).doesNotContain("uploading");
      interrupted.countDown();
      daemon.held = new CountDownLatch(0);

      var piped = PeerProcess.run(new ProcessBuilder("sh", hookq.toString(), "wait"));
      assertThat(piped.stdout() + piped.stderr()).isEmpty();
    }
  }
}
