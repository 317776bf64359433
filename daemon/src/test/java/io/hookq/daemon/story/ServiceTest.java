package io.hookq.daemon.story;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hookq.docs.Operations;
import io.hookq.peers.PeerProcess;
import io.hookq.peers.TempFolder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The daemon's process as service managers start it: a socket handed in, a user of its own. */
class ServiceTest {
  /** Listens on its first argument as descriptor 0, and becomes the program that follows. */
  private static final String LAUNCHER =
      """
      #include <stdio.h>
      #include <string.h>
      #include <sys/socket.h>
      #include <sys/un.h>
      #include <unistd.h>
      int main(int argc, char **argv) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
        int listening = socket(AF_UNIX, SOCK_STREAM, 0);
        if (argc > 2 && bind(listening, (struct sockaddr *)&address, sizeof address) == 0
            && listen(listening, 16) == 0 && dup2(listening, 0) == 0 && close(listening) == 0)
          execv(argv[2], argv + 2);
        perror("launcher");
        return 1;
      }
      """;

  private static final int NOBODY = 65_534;

  @AutoClose private final TempFolder folder = TempFolder.create();

  private Path launcher() throws IOException {
    var source = Files.writeString(folder.resolve("launcher.c"), LAUNCHER);
    var program = folder.resolve("launcher");
    PeerProcess.run(new ProcessBuilder("cc", "-o", program.toString(), source.toString()))
        .orFail("cc");
    return program;
  }

  /** A destination where nobody listens: the long outage. */
  private static String away() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "uri = \"ssh://127.0.0.1:%d\"\nssh-config = false\nknown-hosts = []\n"
          .formatted(taken.getLocalPort());
    }
  }

  @Test
  void a_socket_handed_in_as_descriptor_0_is_served_and_the_last_line_reaches_the_log()
      throws Exception {
    try (var machine = Machine.in(folder.resolve("machine"))) {
      machine.destination("server", away());
      var process =
          machine.startDaemon(launcher().toString(), machine.socket().toAbsolutePath().toString());

      assertThat(process.output()).contains("takes connections from the service manager's socket");
      var path = machine.nix().storeDir().print(machine.nix().addText("a", "a"));
      var called = machine.hook(Map.of("OUT_PATHS", path));
      assertThat(called.stderr()).isEmpty();
      assertThat(machine.list()).hasSize(1);

      machine.stopDaemon();

      assertThat(process.output()).contains("stopped");
      assertThat(machine.socket()).as("the service manager's, not ours to remove").exists();
    }
  }

  @Test
  void a_second_daemon_on_one_state_folder_says_so_and_exits_with_1() throws Exception {
    try (var machine = Machine.in(folder.resolve("machine"))) {
      machine.destination("server", away());
      var first = machine.startDaemon();

      var second = machine.hookq("daemon");

      assertThat(second.exitStatus()).isEqualTo(1);
      assertThat(second.stderr())
          .contains(
              "another daemon (process %d) uses %s".formatted(first.pid(), machine.stateDir()))
          .is(Operations.says("another daemon (process N) uses DIR"));
      assertThat(machine.list()).isEmpty();
    }
  }

  @Test
  void a_daemon_that_is_not_root_keeps_what_is_queued_from_the_garbage_collector()
      throws Exception {
    assumeTrue(System.getProperty("user.name").equals("root"), "only root can become another user");
    try (var machine = Machine.in(folder.resolve("machine"))) {
      machine.nix().startDaemon();
      machine.destination("server", away());
      Files.setPosixFilePermissions(folder.path(), PosixFilePermissions.fromString("rwxr-xr-x"));
      // The folder of GC roots stays root's.
      for (var own : new Path[] {folder.resolve("machine"), machine.stateDir(), machine.spool()}) {
        Files.setAttribute(own, "unix:uid", NOBODY);
      }
      // What it runs from need not be readable by everybody, so it may read all; and write nothing.
      machine.startDaemon(
          "setpriv",
          "--reuid=" + NOBODY,
          "--regid=" + NOBODY,
          "--clear-groups",
          "--inh-caps=+dac_read_search",
          "--ambient-caps=+dac_read_search");
      assertThat(machine.log())
          .contains("GC roots are announced to the Nix daemon")
          .is(Operations.says("links of the hook in a folder that is not ours stay for good"));
      var queued = machine.nix().addText("queued", "queued");
      var other = machine.nix().addText("other", "other");

      var called = machine.hook(Map.of("OUT_PATHS", machine.nix().storeDir().print(queued)));
      machine.nix().collectGarbage();

      assertThat(called.stderr()).isEmpty();
      assertThat(machine.nix().validPaths()).containsExactly(queued).doesNotContain(other);
      machine.daemon().kill();
      machine.nix().collectGarbage();
      assertThat(machine.nix().validPaths()).containsExactly(queued);
    }
  }

  @Test
  void the_hook_says_in_one_line_what_it_could_not_do() throws Exception {
    try (var machine = Machine.in(folder.resolve("machine"))) {
      var a = machine.nix().addText("a", "a");
      var b = machine.nix().addText("b", "b");
      var paths =
          Map.of(
              "OUT_PATHS",
              machine.nix().storeDir().print(a) + " " + machine.nix().storeDir().print(b));
      // No link can take the place of a folder.
      Files.createDirectory(machine.gcRoots().resolve("spool-" + a));

      var spooled = machine.hook(paths);
      assertThat(spooled.exitStatus()).isZero();
      assertThat(spooled.stderr())
          .is(Operations.says("hookq: spooled N paths because …"))
          .is(Operations.says("… not rooted: N of M"))
          .hasLineCount(1);

      Files.move(machine.spool(), machine.spool().resolveSibling("elsewhere"));
      var lost = machine.hook(paths);
      assertThat(lost.exitStatus()).isZero();
      assertThat(lost.stderr())
          .is(Operations.says("hookq: lost N paths because …"))
          .hasLineCount(1);
    }
  }

  @Test
  void a_damaged_queue_ends_the_daemon_and_is_set_aside_with_a_line_in_the_log_each_time()
      throws Exception {
    try (var machine = Machine.in(folder.resolve("machine"))) {
      machine.nix().startDaemon();
      machine.destination("server", away());
      var first = machine.startDaemon();
      var path = machine.nix().addText("a", "a");
      machine.push(List.of(path));

      var other = machine.nix().addText("b", "b");
      // Again until it is noticed: the lane may have written in between.
      Awaitility.await()
          .atMost(Machine.PATIENCE)
          .ignoreExceptionsInstanceOf(NoSuchFileException.class)
          .until(() -> {
            overwriteQueue(machine);
            machine.push(List.of(other));
            return !first.isAlive();
          });
      assertThat(first.output())
          .is(Operations.says("stops, for the queue turned out to be damaged"));

      machine.startDaemon();
      machine.stopDaemon();
      overwriteQueue(machine);
      machine.startDaemon();
      assertThat(machine.log()).is(Operations.says("the queue is set aside and begun anew"));
      assertThat(machine.list())
          .anySatisfy(job ->
              assertThat(job.path("path").asText())
                  .isEqualTo(machine.nix().storeDir().print(path)));
    }
  }

  /** With its log and the index of that, or SQLite would go on for long with what it has there. */
  private static void overwriteQueue(Machine machine) throws IOException {
    for (var suffix : List.of("", "-wal", "-shm")) {
      var file = machine.stateDir().resolve("queue.sqlite" + suffix);
      if (Files.exists(file)) {
        var noise = new byte[(int) Files.size(file)];
        new Random(7).nextBytes(noise);
        Files.write(file, noise, StandardOpenOption.WRITE);
      }
    }
  }

  @Test
  void what_the_hook_could_root_and_not_spool_is_kept_and_queued_at_the_next_start()
      throws Exception {
    try (var machine = Machine.in(folder.resolve("machine"))) {
      machine.nix().startDaemon();
      machine.destination("server", away());
      Files.delete(machine.spool());
      var path = machine.nix().addText("lost", "lost");

      var called = machine.hook(Map.of("OUT_PATHS", machine.nix().storeDir().print(path)));
      machine.nix().collectGarbage();
      assertThat(called.exitStatus()).isZero();
      assertThat(called.stderr()).contains("nothing can be spooled");
      assertThat(machine.nix().validPaths()).containsExactly(path);
      machine.startDaemon();

      Awaitility.await()
          .atMost(Machine.PATIENCE)
          .untilAsserted(() -> assertThat(machine.list()).hasSize(1));
      assertThat(machine.gcRoots().resolve("spool-" + path)).doesNotExist();
      assertThat(machine.log())
          .is(Operations.says("queued what the hook had rooted and could not spool"));
      machine.nix().collectGarbage();
      assertThat(machine.nix().validPaths()).containsExactly(path);
    }
  }
}
