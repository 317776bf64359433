package io.hookq.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.hookq.docs.Operations;
import io.hookq.peers.Finished;
import io.hookq.peers.PeerProcess;
import io.hookq.peers.TempFolder;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** How an answer comes out, and what becomes of one that cannot be delivered. */
class StandardOutputTest {
  @AutoClose private final TempFolder folder = TempFolder.create();
  private final Path socket = folder.resolve("s");

  /** {@code status}, with options for the JVM before it and a shell's redirections behind it. */
  private Finished status(String jvm, String redirections) {
    var java = Path.of(System.getProperty("java.home"), "bin", "java");
    var classPath = System.getProperty("java.class.path");
    var command =
        """
        '%s' -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED %s \
          -cp '%s' io.hookq.daemon.cli.Main status --socket '%s' %s
        """
            .formatted(java, jvm, classPath, socket, redirections);
    return PeerProcess.run(new ProcessBuilder("sh", "-c", command));
  }

  @Test
  void digits_are_those_of_english_in_every_locale() throws IOException {
    try (var _ = new StubbornDaemon(socket)) {
      assertThat(status("-Duser.language=ar -Duser.country=EG", "").stdout()).contains(" 54%  4");
    }
  }

  @Test
  void a_full_disk_behind_stdout_is_said_and_a_failure() throws IOException {
    assumeThat(Path.of("/dev/full")).as("a disk that is always full").exists();
    try (var _ = new StubbornDaemon(socket)) {
      var finished = status("", ">/dev/full");
      assertThat(finished)
          .isEqualTo(new Finished(1, "", "hookq: cannot write the answer to stdout\n"));
      assertThat(finished.stderr()).is(Operations.says("cannot write the answer to stdout"));
    }
  }

  @Test
  void stdout_that_is_closed_is_one_that_cannot_be_written_to() throws IOException {
    try (var _ = new StubbornDaemon(socket)) {
      assertThat(status("", ">&-").exitStatus()).isEqualTo(1);
    }
  }
}
