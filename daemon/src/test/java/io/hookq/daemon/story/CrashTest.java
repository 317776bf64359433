package io.hookq.daemon.story;

import static io.hookq.daemon.story.HookToServerTest.assertEqualThere;
import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.peers.FaultProxy;
import io.hookq.peers.TempFolder;
import io.hookq.store.StorePath;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashSet;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The daemon is killed with SIGKILL in the worst moments; nothing is lost, nothing is doubled. */
class CrashTest {
  private static final long KIBI = 1024;

  @AutoClose private final TempFolder folder = TempFolder.create();

  @Test
  void killed_between_the_ack_and_the_upload() throws SQLException {
    try (var server = Server.in(folder.resolve("server"));
        var machine = Machine.in(folder.resolve("machine"))) {
      machine.nix().startDaemon();
      machine.destination("server", server.settings(server.sshd().port()));
      machine.startDaemon();
      server.sshd().stop();

      var built = machine.nix().build("sh \"early\" {} \"echo early > $out\"");
      machine.daemon().kill();
      assertThat(machine.spool()).as("the daemon had said yes").isEmptyDirectory();
      server.sshd().start();
      machine.startDaemon();

      assertArrivedOnce(machine, server, built);
    }
  }

  @Test
  void killed_during_an_upload() throws SQLException {
    try (var server = Server.in(folder.resolve("server"));
        var line = FaultProxy.to(server.sshd().port());
        var machine = Machine.in(folder.resolve("machine"))) {
      machine.nix().startDaemon();
      machine.destination("server", server.settings(line.port()));
      machine.startDaemon();
      line.rate(512 * KIBI);

      var built = machine.nix().build(random("big", 8 * KIBI));
      Awaitility.await("the upload is under way")
          .atMost(Machine.PATIENCE)
          .until(() -> line.bytesUp() > 1024 * KIBI);
      machine.daemon().kill();
      line.cut();
      line.pass();
      assertThat(server.nix().validPaths()).doesNotContainAnyElementsOf(built);
      machine.startDaemon();

      assertArrivedOnce(machine, server, built);
    }
  }

  @Test
  void killed_between_the_arrival_and_its_answer() throws SQLException {
    try (var server = Server.in(folder.resolve("server"));
        var line = FaultProxy.to(server.sshd().port());
        var machine = Machine.in(folder.resolve("machine"))) {
      machine.nix().startDaemon();
      machine.destination("server", server.settings(line.port()));
      machine.startDaemon();
      line.rate(256 * KIBI);

      // Smaller than the window of an SSH channel, so that it gets through without any answer.
      var built = machine.nix().build(random("medium", KIBI));
      Awaitility.await("the upload is under way")
          .atMost(Machine.PATIENCE)
          .until(() -> line.bytesUp() > 256 * KIBI);
      line.freezeAnswers();
      Awaitility.await("all has arrived, and the daemon does not know")
          .atMost(Machine.PATIENCE)
          .until(() -> server.nix().validPaths().containsAll(built));
      machine.daemon().kill();
      line.cut();
      line.pass();
      machine.startDaemon();
      machine.awaitAllDone();
      assertThat(machine.destinationStatus().path("pathsSentTotal").asInt())
          .as("what had arrived is not sent again")
          .isZero();

      assertArrivedOnce(machine, server, built);
    }
  }

  /** A derivation of {@code kibi} KiB that do not compress and are the same each time. */
  static String random(String name, long kibi) {
    return """
    sh "%s" {} ''
      dd if=/dev/urandom of=$out bs=1024 count=%d 2>/dev/null
    ''
    """
        .formatted(name, kibi);
  }

  private static void assertArrivedOnce(Machine machine, Server server, Collection<StorePath> built)
      throws SQLException {
    machine.awaitAllDone();
    assertEqualThere(machine.nix(), server.nix(), machine.nix().closure(built));
    server.nix().verify();
    var seen = new HashSet<String>();
    for (var job : machine.list()) {
      assertThat(job.path("state").asText()).as("%s", job).isEqualTo("done");
      assertThat(seen.add(job.path("path").asText())).as("queued once: %s", job).isTrue();
    }
    assertThat(machine.gcRoots()).isEmptyDirectory();
    machine.stopDaemon();
    assertThat(integrity(machine)).isEqualTo("ok");
  }

  private static String integrity(Machine machine) throws SQLException {
    try (var connection =
            DriverManager.getConnection(
                "jdbc:sqlite:" + machine.stateDir().resolve("queue.sqlite"));
        var statement = connection.createStatement();
        var rows = statement.executeQuery("PRAGMA integrity_check")) {
      return rows.getString(1);
    }
  }
}
