package io.hookq.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class PeerProcessTest {
  private static final String FOR_EVER = "100000";

  @AutoClose private final TempFolder folder = TempFolder.create();

  @Test
  void a_closed_process_is_gone_with_its_children() {
    var process =
        PeerProcess.start(
            "sh",
            new ProcessBuilder("sh", "-c", "sleep %s & wait".formatted(FOR_EVER)),
            folder.resolve("log"));
    var shell = ProcessHandle.of(process.pid()).orElseThrow();
    Awaitility.await().until(() -> shell.children().findAny().isPresent());
    var child = shell.children().findAny().orElseThrow();

    process.close();

    assertThat(process.isAlive()).isFalse();
    Awaitility.await().until(() -> !child.isAlive());
  }

  @Test
  void a_process_dies_even_with_a_jvm_that_is_killed() {
    var ended =
        PeerProcess.run(
            new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin/java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    Careless.class.getName(),
                    folder.resolve("log").toString())));

    var left = ProcessHandle.of(Long.parseLong(ended.stdout().strip()));

    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> left.map(process -> !process.isAlive()).orElse(true));
  }

  /** A test run that starts a process, prints its id, and is gone without a word. */
  static final class Careless {
    private Careless() {}

    public static void main(String[] arguments) {
      var process =
          PeerProcess.start("sleep", new ProcessBuilder("sleep", FOR_EVER), Path.of(arguments[0]));
      System.out.println(process.pid());
      Runtime.getRuntime().halt(137);
    }
  }
}
