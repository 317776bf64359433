package io.hookq.daemon.story;

import static io.hookq.daemon.story.HookToServerTest.assertEqualThere;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.contentOf;

import io.hookq.peers.TempFolder;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class OfflineTest {
  @AutoClose private final TempFolder folder = TempFolder.create();

  @Test
  void what_is_built_while_the_server_is_down_arrives_when_it_is_up() {
    try (var server = Server.in(folder.resolve("server"));
        var machine = Machine.in(folder.resolve("machine"))) {
      machine.nix().startDaemon();
      machine.destination("server", server.settings(server.sshd().port()));
      machine.startDaemon();
      server.sshd().stop();

      var built = machine.nix().build("sh \"offline\" {} \"echo offline > $out\"");
      Awaitility.await("the destination waits")
          .atMost(Machine.PATIENCE)
          .untilAsserted(() -> {
            var status = machine.destinationStatus();
            assertThat(status.path("lastError").isTextual()).isTrue();
            assertThat(status.path("failed").asInt()).isZero();
          });
      assertThat(machine.list().path(0).path("attempts").asInt())
          .as("an unreachable server is not the path's fault")
          .isZero();
      // Only the hook's root keeps it: the build left no link to its result.
      machine.nix().collectGarbage();
      assertThat(machine.nix().validPaths()).containsAll(built);

      server.sshd().start();
      machine.awaitAllDone();

      assertEqualThere(machine.nix(), server.nix(), machine.nix().closure(built));
    }
  }

  @Test
  void what_is_built_while_the_daemon_is_down_waits_in_the_spool_and_arrives() {
    try (var server = Server.in(folder.resolve("server"));
        var machine = Machine.in(folder.resolve("machine"))) {
      machine.nix().startDaemon();
      machine.destination("server", server.settings(server.sshd().port()));

      var built =
          machine
              .nix()
              .build(
                  """
                  let one = sh "one" {} "echo 1 > $out";
                  in sh "two" {} "echo ${one} > $out"
                  """);
      assertThat(machine.spool()).isNotEmptyDirectory();

      machine.startDaemon();
      machine.awaitAllDone();

      assertThat(machine.spool()).isEmptyDirectory();
      assertEqualThere(machine.nix(), server.nix(), machine.nix().closure(built));
      assertThat(machine.gcRoots()).isEmptyDirectory();
    }
  }

  /** The one exception to the rule of its neighbour below: nobody can root what nobody names. */
  @Test
  void a_derivation_alone_waits_in_the_spool_unrooted_and_its_outputs_are_found_later() {
    try (var server = Server.in(folder.resolve("server"));
        var machine = Machine.in(folder.resolve("machine"))) {
      machine.destination("server", server.settings(server.sshd().port()));
      machine.nix().set("post-build-hook", "").startDaemon();
      var built = machine.nix().build("sh \"alone\" {} \"echo alone > $out\"").getFirst();
      var derivation =
          machine
              .nix()
              .pathInfo(built)
              .deriver()
              .map(machine.nix().storeDir()::print)
              .orElseThrow();

      var called = machine.hook(Map.of("OUT_PATHS", "", "DRV_PATH", derivation));

      assertThat(called.exitStatus()).isZero();
      assertThat(machine.spool())
          .isDirectoryContaining(
              file -> contentOf(file.toFile()).contains("\"" + derivation + "\""));
      assertThat(machine.gcRoots()).isEmptyDirectory();
      machine.startDaemon();
      machine.awaitAllDone();
      assertThat(machine.spool()).isEmptyDirectory();
      assertEqualThere(machine.nix(), server.nix(), List.of(built));
    }
  }

  @Test
  void what_waits_in_the_spool_by_its_name_is_kept_from_the_garbage_collector() {
    try (var server = Server.in(folder.resolve("server"));
        var machine = Machine.in(folder.resolve("machine"))) {
      machine.destination("server", server.settings(server.sshd().port()));
      var path = machine.nix().addText("spooled", "spooled");

      var called = machine.hook(Map.of("OUT_PATHS", machine.nix().storeDir().print(path)));
      machine.nix().collectGarbage();

      assertThat(called.exitStatus()).isZero();
      assertThat(machine.nix().validPaths()).containsExactly(path);
      machine.nix().startDaemon();
      machine.startDaemon();
      machine.awaitAllDone();
      assertEqualThere(machine.nix(), server.nix(), List.of(path));
      assertThat(machine.gcRoots()).isEmptyDirectory();
    }
  }
}
