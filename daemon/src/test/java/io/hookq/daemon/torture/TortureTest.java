package io.hookq.daemon.torture;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.daemon.story.Machine;
import io.hookq.daemon.story.Server;
import io.hookq.peers.FaultProxy;
import io.hookq.peers.NixPeer;
import io.hookq.peers.TempFolder;
import io.hookq.store.NarHash;
import io.hookq.store.PathInfo;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Everything at once, at random, from a seed.
 *
 * <pre>
 * -Dhookq.torture.seed=N        the same choices again
 * -Dhookq.torture.seconds=N     how long it goes on; 25 unless said
 * -Dhookq.torture.report=FILE   gets the summary and the event log
 * </pre>
 */
class TortureTest {
  private static final long SEED = Long.getLong("hookq.torture.seed", System.nanoTime());
  private static final int SECONDS = Integer.getInteger("hookq.torture.seconds", 25);

  /** The hook's own limit is 1 s; the rest is for a machine that has other things to do. */
  private static final long HOOK_LIMIT_MS = 10_000;

  /** Generous: much may still be queued when the weather clears up. */
  private static final Duration TO_SETTLE = Duration.ofMinutes(2);

  /** Room for all that is ever sent: more than is built in the time, by far. */
  private static final long FAR_DISK_MIB = 64L + SECONDS;

  private static final long QUEUE_DISK_MIB = 16L + SECONDS / 20;

  @AutoClose private final TempFolder folder = TempFolder.create();
  private final EventLog log = new EventLog();

  private Optional<SmallDisk> farDisk = Optional.empty();
  private Optional<SmallDisk> queueDisk = Optional.empty();

  @BeforeEach
  void mountDisks() {
    farDisk = SmallDisk.on(folder.resolve("server/nix"), FAR_DISK_MIB);
    queueDisk = SmallDisk.on(folder.resolve("queue"), QUEUE_DISK_MIB);
  }

  @AfterEach
  void unmountDisks() {
    farDisk.ifPresent(SmallDisk::close);
    queueDisk.ifPresent(SmallDisk::close);
  }

  @Test
  void nothing_is_lost_or_left_over_whatever_happens() {
    System.out.println("torture: seed=" + SEED + " seconds=" + SECONDS);
    try (var server = Server.in(folder.resolve("server"));
        var line = FaultProxy.to(server.sshd().port());
        var machine = Machine.in(folder.resolve("machine"))) {
      var hooks = HookLog.of(Machine.hookBinary(), machine.nix().bin(), folder.resolve("hooks"));
      try {
        machine.nix().postBuildHook(hooks.script(), machine.hookEnvironment());
        machine.nix().startDaemon();
        machine.stateDir(folder.resolve("queue").resolve("state"));
        machine.destination(
            "server",
            server.settings(line.port())
                + """
                connect-timeout = "2s"
                stall-timeout = "2s"
                reply-timeout = "20s"
                """);
        machine.startDaemon();
        torture(machine, server, line, hooks);
        settle(machine);
        assertAllIsWell(machine, server, hooks);
        report(summary(hooks, line) + "\n" + log);
      } catch (InterruptedException | SQLException | RuntimeException | AssertionError e) {
        var story =
            "%s\n%s\n%s\nthe daemon's last words:\n%s"
                .formatted(e.getMessage(), summary(hooks, line), log, machine.log());
        report(story);
        throw new AssertionError(story, e);
      }
    }
  }

  private void torture(Machine machine, Server server, FaultProxy line, HookLog hooks)
      throws InterruptedException {
    var end = new CountDownLatch(1);
    var unrooted = new ReentrantLock();
    var near = new NearFaults(machine, queueDisk, unrooted, random(1), log);
    var far = FarFaults.of(server, line, farDisk, random(2));
    var builds = new Builds(machine, hooks.script(), unrooted, random(3), log, end);
    var threads =
        Stream.of(
                // A daemon that is killed all the time never gets anywhere.
                new Weather(
                    near.all(),
                    Duration.ofSeconds(5),
                    Duration.ofMillis(1000),
                    random(4),
                    log,
                    end),
                new Weather(
                    far, Duration.ofMillis(1500), Duration.ofMillis(2500), random(5), log, end),
                builds)
            .map(Thread.ofPlatform()::start)
            .toList();
    try {
      end.await(SECONDS, TimeUnit.SECONDS);
    } finally {
      end.countDown();
      for (var thread : threads) {
        thread.join();
      }
    }
    near.startIfEnded();
    log.note("all faults are lifted");
  }

  private static RandomGenerator random(int stream) {
    return new Random(SEED * 31 + stream);
  }

  private void settle(Machine machine) {
    Awaitility.await("nothing is spooled, queued or uploading")
        .atMost(TO_SETTLE)
        .pollInterval(Duration.ofMillis(200))
        .ignoreException(UncheckedIOException.class)
        .untilAsserted(() -> {
          var queue = machine.ask("{\"op\":\"status\"}").path("status").path("queue");
          assertThat(queue.path("queued").isInt()).as("%s", queue).isTrue();
          for (var state : new String[] {"spooled", "queued", "uploading"}) {
            assertThat(queue.path(state).asInt()).as("%s of %s", state, queue).isZero();
          }
        });
    log.note("settled");
  }

  // ── What must hold ─────────────────────────────────────────────────────────────────────────

  private void assertAllIsWell(Machine machine, Server server, HookLog hooks) throws SQLException {
    assertThat(log.problems()).as("problems on the way").isEmpty();
    assertThat(hooks.calls()).isNotEmpty();
    hooks.calls().forEach(TortureTest::assertNeitherFailedNorBlocked);
    // How the jobs ended first: it says why something is missing.
    assertNothingIsLeftOver(machine);
    assertEverythingArrived(machine, server.nix(), hooks);
    machine.stopDaemon();
    assertThat(integrity(machine)).isEqualTo("ok");
  }

  private static void assertNeitherFailedNorBlocked(HookCall call) {
    assertThat(call.exitStatus()).as("%s", call).isZero();
    assertThat(call.millis()).as("%s", call).isLessThan(HOOK_LIMIT_MS);
    if (!call.said().isEmpty()) {
      assertThat(call.said()).as("the spool was there all the time").startsWith("hookq: spooled ");
    }
  }

  private static void assertEverythingArrived(Machine machine, NixPeer there, HookLog hooks) {
    var missing = new TreeMap<StorePath, NarHash>();
    hooks.calls().forEach(call -> missing.putAll(call.paths()));
    for (PathInfo info : there.pathInfos().values()) {
      missing.remove(info.path(), info.narHash());
    }
    if (!missing.isEmpty()) {
      throw new AssertionError(
          "%d paths are not there, or not with their hash:\n%s"
              .formatted(missing.size(), ends(machine, missing.keySet())));
    }
    there.verify();
  }

  /** How the jobs for {@code paths} ended, one a line. */
  private static String ends(Machine machine, Collection<StorePath> paths) {
    var jobs = new HashMap<String, String>();
    for (var job : machine.list()) {
      jobs.put(job.path("path").asText(), job.toString());
    }
    return paths.stream()
        .map(machine.nix().storeDir()::print)
        .map(path -> jobs.getOrDefault(path, path + ": no job"))
        .collect(Collectors.joining("\n"));
  }

  private static void assertNothingIsLeftOver(Machine machine) {
    var undone = new ArrayList<String>();
    for (var job : machine.list()) {
      if (!job.path("state").asText().equals("done")) {
        undone.add(job.toString());
      }
    }
    if (!undone.isEmpty()) {
      throw new AssertionError(
          "%d jobs did not end as done:\n%s".formatted(undone.size(), String.join("\n", undone)));
    }
    assertThat(machine.gcRoots()).isEmptyDirectory();
    assertThat(machine.spool()).isEmptyDirectory();
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

  // ── What is said ───────────────────────────────────────────────────────────────────────────

  private String summary(HookLog hooks, FaultProxy line) {
    var calls = hooks.calls();
    var counts = new StringBuilder();
    log.counts().forEach((event, count) -> counts.append("\n  %6d  %s".formatted(count, event)));
    return "seed %d, %d s: %d hook calls for %d paths, slowest %d ms; %d connections, %d KiB sent%s"
        .formatted(
            SEED,
            SECONDS,
            calls.size(),
            calls.stream().flatMap(call -> call.paths().keySet().stream()).distinct().count(),
            calls.stream().mapToLong(HookCall::millis).max().orElse(0),
            line.connections(),
            line.bytesUp() / 1024,
            counts);
  }

  private static void report(String text) {
    var file = System.getProperty("hookq.torture.report");
    if (file == null) {
      return;
    }
    try {
      Files.writeString(Path.of(file), text + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
