package io.hookq.daemon.story;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hookq.docs.Operations;
import io.hookq.peers.Finished;
import io.hookq.peers.PeerProcess;
import io.hookq.peers.TempFolder;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The commands as processes, with the real Nix and sshd behind them. */
class CommandLineTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @AutoClose private final TempFolder folder = TempFolder.create();

  private static JsonNode json(Finished finished) {
    try {
      return JSON.readTree(finished.stdout());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> texts(JsonNode list, String field) {
    return StreamSupport.stream(list.spliterator(), false)
        .map(node -> node.path(field).asText())
        .toList();
  }

  @Test
  void paths_are_found_missing_reconciled_explained_and_swept_up() {
    try (var server = Server.in(folder.resolve("server"));
        var machine = Machine.in(folder.resolve("machine"))) {
      var nix = machine.nix();
      nix.startDaemon();
      machine.destination(
          "server",
          server.settings(server.sshd().port())
              + """
              [destinations.server.filter]
              exclude = ["^unwanted"]
              """);
      // Built before there was a daemon or a hook that could reach one.
      var old = nix.build("sh \"old\" {} \"echo old > $out\"").getFirst();
      nix.build("sh \"unwanted\" {} \"echo unwanted > $out\"");
      var source = nix.addText("some-source", "fetched");
      spool(machine);
      machine.startDaemon();
      var oldPath = nix.storeDir().print(old);

      // Never seen, and missing there.
      var unknown = machine.hookq("why", oldPath);
      assertThat(unknown.exitStatus()).isEqualTo(1);
      assertThat(unknown.stdout()).contains("hookq knows of no job for it", "it was built here at");
      var missing = machine.hookq("check", oldPath, "--closure");
      assertThat(missing.exitStatus()).as(missing.toString()).isEqualTo(1);
      assertThat(missing.stdout()).contains("server lacks " + oldPath);

      // A dry run tells of it and of no source, with its size, and queues nothing.
      var dry = json(machine.hookq("reconcile", "--dry-run", "--json"));
      var paths = dry.path("destinations").path(0).path("paths");
      assertThat(texts(paths, "path")).containsExactly(oldPath);
      assertThat(texts(paths, "path")).doesNotContain(nix.storeDir().print(source));
      assertThat(paths.path(0).path("narSize").asLong()).isEqualTo(nix.pathInfo(old).narSize());
      assertThat(dry.path("destinations").path(0).path("filtered").asInt()).isEqualTo(1);
      assertThat(machine.list()).isEmpty();

      // While the destination is paused nothing goes, a restart included.
      assertThat(machine.hookq("pause", "server").exitStatus()).isZero();
      var reconciled = machine.hookq("reconcile");
      assertThat(reconciled.exitStatus()).as(reconciled.toString()).isZero();
      assertThat(reconciled.stdout()).endsWith(" which are queued\n");
      machine.stopDaemon();
      var daemon = machine.startDaemon();
      assertThat(machine.destinationStatus().path("state").asText()).isEqualTo("paused");
      assertThat(machine.hookq("wait", "--timeout", "100ms").exitStatus()).isEqualTo(4);
      assertThat(machine.list().path(0).path("state").asText()).isEqualTo("queued");
      assertThat(machine.hookq("resume").exitStatus()).isZero();
      machine.awaitAllDone();

      // Now it is there, and why tells how.
      assertThat(machine.hookq("check", oldPath, "--closure").exitStatus()).isZero();
      var why = machine.hookq("why", old.hashPart().substring(0, 8));
      assertThat(why.exitStatus()).as(why.toString()).isZero();
      assertThat(why.stdout())
          .contains(
              "queued by hookq reconcile",
              "because the destination is paused, until",
              "done: it is valid there, with its closure");

      // One that the server will not have fails, is retried, and dropped.
      failAndSweepUp(machine);
      assertThat(daemon.output())
          .containsSubsequence(
              "paused since before destination=server\n",
              "resumed destination=server\n",
              "paused destination=server\n",
              "queued source=",
              "event=retried\n",
              "event=dropped\n")
          .doesNotContain("rehearsal");

      // A server that is down cannot be asked, which is a no with a reason.
      server.sshd().stop();
      var unreachable = machine.hookq("check", oldPath);
      assertThat(unreachable.exitStatus()).isEqualTo(1);
      assertThat(unreachable.stderr())
          .startsWith("hookq: server cannot be asked: ")
          .is(Operations.says("NAME cannot be asked: …"));
      assertThat(machine.hookq("reconcile", "--dry-run").exitStatus()).isEqualTo(1);
    }
  }

  /** What the hook had spooled would be known: as if it had not been set up. */
  private static void spool(Machine machine) {
    try (var files = Files.list(machine.spool())) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try (var links = Files.list(machine.gcRoots())) {
      for (var link : links.toList()) {
        Files.delete(link);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void failAndSweepUp(Machine machine) {
    var nix = machine.nix();
    machine.hookq("pause").orFail("hookq pause");
    var bad = nix.build("sh \"bad\" {} \"echo good > $out\"").getFirst();
    damage(machine, bad);
    machine.hookq("resume").orFail("hookq resume");
    var path = nix.storeDir().print(bad);
    var pushed = machine.push(List.of(bad), "--wait");
    assertThat(pushed.exitStatus()).as(pushed.toString()).isEqualTo(1);
    assertThat(pushed.stderr()).contains("hookq: failed to server: " + path + ": corrupt here: ");
    assertThat(machine.hookq("why", path).stdout()).contains("to server: failed: corrupt here");

    assertThat(machine.hookq("retry", "--all").stdout()).isEqualTo("queued 1 job\n");
    Awaitility.await()
        .atMost(Machine.PATIENCE)
        .untilAsserted(
            () -> assertThat(machine.status().path("queue").path("failed").asInt()).isEqualTo(1));
    assertThat(Files.isSymbolicLink(machine.gcRoots().resolve(bad.baseName()))).isTrue();
    assertThat(machine.hookq("drop", path).stdout()).isEqualTo("dropped 1 job\n");
    assertThat(machine.status().path("queue").path("failed").asInt()).isZero();
    assertThat(Files.isSymbolicLink(machine.gcRoots().resolve(bad.baseName()))).isFalse();
    assertThat(machine.hookq("drop", path).exitStatus()).isEqualTo(1);
  }

  private static void damage(Machine machine, StorePath path) {
    try {
      var file = machine.nix().real(path);
      assertThat(file.toFile().setWritable(true)).isTrue();
      Files.writeString(file, "evil\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The store's database is filled with paths that have no files: nobody reads them here. */
  @Test
  void fifty_thousand_valid_paths_are_compared_in_a_moment() {
    try (var server = Server.in(folder.resolve("server"));
        var machine = Machine.in(folder.resolve("machine"))) {
      var nix = machine.nix();
      nix.startDaemon();
      machine.destination("server", server.settings(server.sshd().port()));
      var count = 50_000;
      var registration = new StringBuilder();
      for (var i = 0; i < count; i++) {
        registration
            .append(nix.storeDir().print(new StorePath("%032d-path-%d".formatted(i, i))))
            .append("\n%064x\n120\n".formatted(i))
            .append(nix.storeDir().print(new StorePath("%032d-path.drv".formatted(i))))
            .append("\n0\n");
      }
      PeerProcess.run(nix.command("nix-store", "--load-db"), registration.toString())
          .orFail("nix-store --load-db");
      machine.startDaemon();

      var before = System.nanoTime();
      var dry =
          machine
              .hookq("reconcile", "--remote-built", "--dry-run", "--json")
              .orFail("hookq reconcile");
      var took = Duration.ofNanos(System.nanoTime() - before);

      var answer = json(dry).path("destinations").path(0);
      assertThat(answer.path("missing").asInt()).isEqualTo(count);
      assertThat(answer.path("paths")).hasSize(count);
      assertThat(json(dry).path("valid").asInt()).isGreaterThanOrEqualTo(count);
      // Ten times what is promised, for machines that have other things to do.
      assertThat(took).isLessThan(Duration.ofSeconds(100));
      System.out.printf("reconcile of %d valid paths: %d ms%n", count, took.toMillis());
    }
  }
}
