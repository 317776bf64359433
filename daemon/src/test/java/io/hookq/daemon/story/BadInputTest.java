package io.hookq.daemon.story;

import static io.hookq.daemon.story.HookToServerTest.assertEqualThere;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hookq.docs.Operations;
import io.hookq.peers.PeerProcess;
import io.hookq.peers.SshdPeer;
import io.hookq.peers.TempFolder;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Wrong input, wrong keys, a full disk: each gets its clear error, and nothing is lost by it. */
class BadInputTest {
  private static final StorePath NOT_VALID =
      new StorePath("00000000000000000000000000000000-not-valid");

  @AutoClose private final TempFolder folder = TempFolder.create();

  @Test
  void nonsense_at_the_socket_is_refused_and_the_next_good_line_is_taken() {
    try (var server = Server.in(folder.resolve("server"));
        var machine = Machine.in(folder.resolve("machine"))) {
      machine.nix().startDaemon();
      machine.destination("server", server.settings(server.sshd().port()));
      machine.startDaemon();

      assertRefused(machine, enqueue("/etc/passwd"), "not a store path: '/etc/passwd'");
      assertRefused(machine, enqueue("/nix/store/short"), "not a store path: 'short'");
      assertRefused(machine, bytes("{\"op\": \"enqueue\", \n"), "JSON");
      assertRefused(machine, bytes("\n"), "");
      assertRefused(machine, bytes("[1]\n"), "");
      assertRefused(machine, bytes("{\"op\":\"levitate\"}\n"), "levitate");
      assertRefused(
          machine,
          join(bytes("{\"op\":\"enqueue\",\"paths\":[\""), new byte[] {-1, -2}, bytes("\"]}\n")),
          "UTF-8");
      assertRefused(machine, longLine(), "a line has at most");

      var refused = machine.hookq("push", "/etc/passwd");
      assertThat(refused.exitStatus()).isEqualTo(2);
      assertThat(refused.stderr()).startsWith("hookq: ").contains("not a store path");
      assertThat(refused.stdout()).isEmpty();
      assertThat(machine.list()).isEmpty();

      var built = machine.nix().build("sh \"good\" {} \"echo good > $out\"");
      machine.awaitAllDone();
      assertEqualThere(machine.nix(), server.nix(), machine.nix().closure(built));
    }
  }

  @Test
  void a_path_that_is_not_valid_ends_alone_as_gone() {
    try (var server = Server.in(folder.resolve("server"));
        var machine = Machine.in(folder.resolve("machine"))) {
      machine.nix().startDaemon();
      machine.destination("server", server.settings(server.sshd().port()));
      machine.startDaemon();
      var good = machine.nix().addText("good", "good");

      var pushed = machine.push(List.of(NOT_VALID, good));
      assertThat(pushed.exitStatus()).isEqualTo(1);
      assertThat(pushed.stderr()).contains("not valid: " + print(machine, NOT_VALID));
      assertThat(machine.list()).as("all or nothing").isEmpty();

      // A hook cannot be asked again, so what it names is taken as it is.
      machine
          .hook(Map.of("OUT_PATHS", print(machine, NOT_VALID) + " " + print(machine, good)))
          .orFail("hook");

      Awaitility.await("both are settled")
          .atMost(Machine.PATIENCE)
          .untilAsserted(() ->
              assertThat(machine.list())
                  .anySatisfy(job -> {
                    assertThat(job.path("path").asText()).endsWith("good");
                    assertThat(job.path("state").asText()).isEqualTo("done");
                  })
                  .anySatisfy(job -> {
                    assertThat(job.path("path").asText()).endsWith("not-valid");
                    assertThat(job.path("state").asText()).isEqualTo("gone");
                    assertThat(job.path("reason").asText()).contains("no longer valid");
                  }));
      assertThat(server.nix().validPaths()).containsExactly(good);
    }
  }

  @Test
  void an_unknown_key_in_the_config_is_named_with_its_file() throws IOException {
    try (var machine = Machine.in(folder.resolve("machine"))) {
      machine.destination("server", "uri = \"ssh://nobody@127.0.0.1\"\ncompresion = \"none\"\n");

      var checked = machine.hookq("check-config", machine.config().toString());
      assertThat(checked.exitStatus()).isEqualTo(2);
      assertThat(checked.stderr())
          .startsWith("hookq: ")
          .contains(machine.config().toString())
          .contains("compresion")
          .contains("compression");

      var started = machine.launchDaemon();
      assertThat(started.await(Machine.PATIENCE)).isEqualTo(2);
      assertThat(started.output()).contains("compresion");
    }
  }

  @Test
  void a_wrong_host_key_stops_the_destination_until_it_is_mended() {
    try (var server = Server.in(folder.resolve("server"));
        var machine = Machine.in(folder.resolve("machine"))) {
      var sshd = server.sshd();
      var stranger = SshdPeer.publicKey(sshd.newKey("stranger", "ed25519", ""));
      machine.destination("server", server.settings(sshd.port(), sshd.userKey(), stranger));
      assertMended(machine, server, "host key");
    }
  }

  @Test
  void a_wrong_user_key_stops_the_destination_until_it_is_mended() {
    try (var server = Server.in(folder.resolve("server"));
        var machine = Machine.in(folder.resolve("machine"))) {
      var sshd = server.sshd();
      var stranger = sshd.newKey("stranger", "ed25519", "");
      machine.destination(
          "server", server.settings(sshd.port(), stranger, sshd.hostKey("ed25519")));
      assertMended(machine, server, "does not let");
    }
  }

  /** Builds with the wrong settings, sees the error, mends the settings, sees all arrive. */
  private static void assertMended(Machine machine, Server server, String error) {
    machine.nix().startDaemon();
    machine.startDaemon();
    var built = machine.nix().build("sh \"patient\" {} \"echo patient > $out\"");
    Awaitility.await("the error is shown")
        .atMost(Machine.PATIENCE)
        .untilAsserted(() ->
            assertThat(machine.destinationStatus().path("lastError").asText())
                .containsIgnoringCase(error));
    var status = machine.destinationStatus();
    assertThat(status.path("failed").asInt()).isZero();
    assertThat(status.path("done").asInt()).isZero();
    assertThat(server.nix().validPaths()).isEmpty();

    machine.stopDaemon();
    machine.destination("server", server.settings(server.sshd().port()));
    machine.startDaemon();
    machine.awaitAllDone();

    assertEqualThere(machine.nix(), server.nix(), machine.nix().closure(built));
  }

  @Test
  void a_full_disk_under_the_queue_sends_paths_to_the_spool_and_none_is_lost() throws IOException {
    assumeTrue(System.getProperty("user.name").equals("root"), "only root may mount a small disk");
    var small = folder.folder("small");
    run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", small.toString());
    try (var server = Server.in(folder.resolve("server"));
        var machine = Machine.in(folder.resolve("machine"))) {
      machine.nix().startDaemon();
      machine.stateDir(Files.createDirectory(small.resolve("state")));
      machine.destination("server", server.settings(server.sshd().port()));
      machine.startDaemon();
      server.sshd().stop();
      var filler = fill(small.resolve("filler"));

      var built = new ArrayList<StorePath>();
      for (var i = 0; i < 5; i++) {
        built.addAll(machine.nix().build("sh \"full-%d\" {} \"echo full > $out\"".formatted(i)));
      }
      assertThat(machine.spool()).as("the queue took no more").isNotEmptyDirectory();
      var asked = machine.ask(enqueue(print(machine, built.getLast())));
      assertThat(asked.path("ok").asBoolean()).isFalse();
      assertThat(asked.path("class").asText()).isEqualTo("retry");
      assertThat(asked.path("error").asText()).containsIgnoringCase("full");
      assertThat(machine.daemon().isAlive()).isTrue();
      var called = machine.hook(Map.of("OUT_PATHS", print(machine, built.getLast())));
      assertThat(called.stderr())
          .is(
              Operations.says(
                  "spooled … because the daemon said: the queue cannot be written: disk full"));

      Files.delete(filler);
      server.sshd().start();
      machine.awaitAllDone();

      assertThat(machine.spool()).isEmptyDirectory();
      assertEqualThere(machine.nix(), server.nix(), machine.nix().closure(built));
    } finally {
      run("umount", small.toString());
    }
  }

  private static Path fill(Path file) throws IOException {
    try (var out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW)) {
      var block = new byte[1024];
      while (true) {
        out.write(block);
      }
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("No space left");
    }
    return file;
  }

  private static void run(String... command) {
    PeerProcess.run(new ProcessBuilder(command)).orFail(Arrays.toString(command));
  }

  private static void assertRefused(Machine machine, byte[] line, String why) {
    var answer = machine.ask(line);
    assertThat(answer.path("ok").asBoolean(true)).as("%s", answer).isFalse();
    assertThat(answer.path("class").asText()).as("%s", answer).isEqualTo("bad-request");
    assertThat(answer.path("error").asText()).isNotEmpty().contains(why);
  }

  private static String print(Machine machine, StorePath path) {
    return machine.nix().storeDir().print(path);
  }

  private static byte[] enqueue(String path) {
    return bytes("{\"op\":\"enqueue\",\"paths\":[\"" + path + "\"],\"source\":\"push\"}\n");
  }

  private static byte[] longLine() {
    var line = new byte[2 << 20];
    Arrays.fill(line, (byte) ' ');
    line[line.length - 1] = '\n';
    return line;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] join(byte[]... parts) {
    var length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
    var all = new byte[length];
    var at = 0;
    for (var part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }
}
