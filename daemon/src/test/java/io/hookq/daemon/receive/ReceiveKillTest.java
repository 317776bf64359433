package io.hookq.daemon.receive;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.peers.NixPeer;
import io.hookq.peers.PipedProcess;
import io.hookq.peers.TempFolder;
import io.hookq.serve.ServeConnection;
import io.hookq.store.DestinationStore;
import io.hookq.store.StorePath;
import io.hookq.worker.WorkerDestination;
import io.hookq.zstd.ZstdInput;
import io.hookq.zstd.ZstdOffer;
import io.hookq.zstd.ZstdOutput;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

/**
 * Somebody dies at any moment of a push, and what is valid by then is rooted. {@code
 * -Dhookq.receive.kills=200} lengthens it.
 */
class ReceiveKillTest {
  private static final int KILLS = Integer.getInteger("hookq.receive.kills", 4);
  private static final int PATHS = 40;
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @AutoClose private final TempFolder folder = TempFolder.create();
  @AutoClose private final NixPeer near = NixPeer.in(folder.resolve("near"));
  @AutoClose private final NixPeer far = NixPeer.in(folder.resolve("far"));

  /** Who dies. */
  private enum Victim {
    /** {@code hookq receive}, by SIGKILL. */
    RECEIVER,
    /** The program behind it, by SIGKILL. */
    PROGRAM,
    /** The client: its end of the connection is gone in the middle of what it said. */
    CLIENT
  }

  /** What is spoken. */
  private enum Tongue {
    SERVE("nix-store --serve --write"),
    WORKER("nix-daemon --stdio"),
    ZSTD(ZstdOffer.PREFIX + "nix-store --serve --write");

    private final String command;

    Tongue(String command) {
      this.command = command;
    }
  }

  private PipedProcess receive(Tongue tongue) {
    var words = new ArrayList<>(Receiving.program());
    words.addAll(List.of("receive", "--store", far.localUri(), "--name", "macbook"));
    var builder = new ProcessBuilder(words);
    builder.environment().put("SSH_ORIGINAL_COMMAND", tongue.command);
    return PipedProcess.start(builder);
  }

  private DestinationStore greet(Tongue tongue, PipedProcess process) throws IOException {
    var in = process.stdout();
    var out = process.stdin();
    return switch (tongue) {
      case SERVE -> ServeConnection.greet(in, out, near.storeDir(), process);
      case WORKER -> WorkerDestination.open(in, out, near.storeDir(), process);
      case ZSTD -> {
        out.write(ServeConnection.greeting());
        out.flush();
        assertThat(ZstdOffer.await(in)).isInstanceOf(ZstdOffer.Answer.Compressed.class);
        yield ServeConnection.greet(
            new ZstdInput(in),
            ZstdOffer.withoutGreeting(ZstdOutput.onto(out)),
            near.storeDir(),
            process);
      }
    };
  }

  private Set<StorePath> rooted() throws IOException {
    var rooted = new TreeSet<StorePath>();
    var links = far.stateDir().resolve("gcroots/hookq-received/macbook");
    if (Files.exists(links)) {
      try (var entries = Files.list(links)) {
        entries.forEach(link -> rooted.add(new StorePath(String.valueOf(link.getFileName()))));
      }
    }
    return rooted;
  }

  @Test
  void whoever_is_killed_when_there_is_no_valid_path_without_a_root(TestReporter report)
      throws Exception {
    var seed = Long.getLong("hookq.kill.seed", System.nanoTime());
    var pushed = new TreeSet<StorePath>();
    var kills = new EnumMap<Victim, Integer>(Victim.class);
    var torn = 0;
    for (var kill = 0; kill < KILLS; kill++) {
      var random = new Random(seed + kill);
      var tongue = Tongue.values()[random.nextInt(Tongue.values().length)];
      // Each of them dies in a short run, too.
      var victim = Victim.values()[kill % Victim.values().length];
      var where = "-Dhookq.kill.seed=%d, %s over %s".formatted(seed + kill, victim, tongue);
      var paths = fresh("p" + kill, random);

      pushAndDie(paths, victim, tongue, random, where);
      far.collectGarbage();
      // In this order: the program of a receiver that was killed may live for a moment more.
      var valid = far.validPaths();
      assertThat(without(valid, rooted())).as("valid and not rooted, " + where).isEmpty();
      kills.merge(victim, 1, Integer::sum);
      torn += valid.size() > pushed.size() && valid.size() < pushed.size() + PATHS ? 1 : 0;

      try (var process = receive(Tongue.SERVE);
          var server = greet(Tongue.SERVE, process)) {
        new Upload(near).run(server, paths);
      }
      pushed.addAll(paths);
      far.collectGarbage();
      assertThat(far.validPaths()).as(where).isEqualTo(pushed);
      assertThat(without(pushed, rooted())).as("valid and not rooted, " + where).isEmpty();
    }
    far.verify();
    report.publishEntry(
        "kills",
        "%s, %d of them in the middle of a push, -Dhookq.kill.seed=%d"
            .formatted(kills, torn, seed));
  }

  /** Paths that are nowhere but here, made by one program, since that takes its time. */
  private List<StorePath> fresh(String name, Random random) throws IOException {
    var words = new ArrayList<>(List.of("--add"));
    for (var i = 0; i < PATHS; i++) {
      var text = "x".repeat(random.nextInt(20_000));
      words.add(Files.writeString(folder.resolve(name + "-" + i), text).toString());
    }
    return near.run("nix-store", words.toArray(String[]::new))
        .lines()
        .map(near.storeDir()::parse)
        .toList();
  }

  private static Set<StorePath> without(Set<StorePath> paths, Set<StorePath> others) {
    var rest = new TreeSet<>(paths);
    rest.removeAll(others);
    return rest;
  }

  private void pushAndDie(
      List<StorePath> paths, Victim victim, Tongue tongue, Random random, String where)
      throws Exception {
    try (var process = receive(tongue)) {
      var server = greet(tongue, process);
      // A count of paths and not of time, which may pass before the first of them goes.
      var fatal = random.nextInt(PATHS);
      var started = new CompletableFuture<Void>();
      var over = new CompletableFuture<Void>();
      Thread.ofVirtual()
          .start(() -> {
            try {
              server.queryValid(List.of(), false);
              Upload.doomed(near)
                  .run(
                      server,
                      paths,
                      gone -> {
                        if (gone == fatal) {
                          started.complete(null);
                        }
                      });
            } catch (IOException e) {
              // Killed, as was meant.
            } finally {
              started.complete(null);
              over.complete(null);
            }
          });
      started.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      try {
        over.get(random.nextInt(20), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        // Still at it.
      }
      switch (victim) {
        case RECEIVER -> process.kill();
        case PROGRAM -> process.children().forEach(ProcessHandle::destroyForcibly);
        case CLIENT -> process.stdin().close();
      }
      if (victim == Victim.PROGRAM) {
        over.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      }
      // Whichever side ended, the rest of it does not stay behind.
      Awaitility.await(where).atMost(PATIENCE).until(() -> process.awaitExit().isPresent());
      server.close();
      over.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }
  }
}
