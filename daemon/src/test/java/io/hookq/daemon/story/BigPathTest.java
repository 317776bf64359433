package io.hookq.daemon.story;

import static io.hookq.daemon.story.HookToServerTest.assertEqualThere;
import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.peers.TempFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class BigPathTest {
  private static final long MEBI = 1L << 20;

  @AutoClose private final TempFolder folder = TempFolder.create();

  @Test
  void a_path_far_bigger_than_the_daemons_memory_streams_through() throws IOException {
    try (var server = Server.in(folder.resolve("server"));
        var machine = Machine.in(folder.resolve("machine"))) {
      machine.nix().startDaemon();
      machine.destination("server", server.settings(server.sshd().port()));
      machine.startDaemon();

      var built = machine.nix().build(CrashTest.random("huge", 300 * 1024));
      machine.awaitAllDone();

      assertThat(machine.nix().pathInfo(built.getFirst()).narSize()).isGreaterThan(300 * MEBI);
      assertEqualThere(machine.nix(), server.nix(), built);
      assertThat(peakResidentBytes(machine.daemon().pid()))
          .as("peak resident memory of the daemon")
          .isLessThan(200 * MEBI);
    }
  }

  private static long peakResidentBytes(long pid) throws IOException {
    try (var lines = Files.lines(Path.of("/proc", Long.toString(pid), "status"))) {
      var line = lines.filter(each -> each.startsWith("VmHWM:")).findFirst().orElseThrow();
      return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
    }
  }
}
