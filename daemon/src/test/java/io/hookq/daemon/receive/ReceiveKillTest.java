package io.hookq.daemon.receive;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.peers.NixPeer;
import io.hookq.peers.PipedProcess;
import io.hookq.peers.TempFolder;
import io.hookq.serve.ServeConnection;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/**
 * Either side dies at any moment of a push, and what is valid by then is rooted. {@code
 * -Dhookq.receive.kills} lengthens it.
 */
class ReceiveKillTest {
  private static final int KILLS = Integer.getInteger("hookq.receive.kills", 4);
  private static final int PATHS = 40;

  @AutoClose private final TempFolder folder = TempFolder.create();
  @AutoClose private final NixPeer near = NixPeer.in(folder.resolve("near"));
  @AutoClose private final NixPeer far = NixPeer.in(folder.resolve("far"));

  private PipedProcess receive() {
    var words = new ArrayList<>(Receiving.program());
    words.addAll(List.of("receive", "--store", far.localUri(), "--name", "macbook"));
    var builder = new ProcessBuilder(words);
    builder.environment().put("SSH_ORIGINAL_COMMAND", "nix-store --serve --write");
    return PipedProcess.start(builder);
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
  void whoever_is_killed_when_there_is_no_valid_path_without_a_root() throws Exception {
    var seed = Long.getLong("hookq.kill.seed", System.nanoTime());
    var pushed = new ArrayList<StorePath>();
    for (var kill = 0; kill < KILLS; kill++) {
      var where = "-Dhookq.kill.seed=%d".formatted(seed + kill);
      var random = new Random(seed + kill);
      var paths = new ArrayList<StorePath>();
      for (var i = 0; i < PATHS; i++) {
        paths.add(near.addText("p%d-%d".formatted(kill, i), "x".repeat(random.nextInt(20_000))));
      }

      pushAndDie(paths, random);
      far.collectGarbage();
      // In this order: the program of a receiver that was killed may live for a moment more.
      var valid = far.validPaths();
      assertThat(rooted()).as(where).containsAll(valid);

      try (var process = receive();
          var server =
              ServeConnection.greet(process.stdout(), process.stdin(), near.storeDir(), process)) {
        new Upload(near).run(server, paths);
      }
      pushed.addAll(paths);
      far.collectGarbage();
      assertThat(far.validPaths()).as(where).containsExactlyInAnyOrderElementsOf(pushed);
      assertThat(rooted()).as(where).containsAll(pushed);
    }
    far.verify();
  }

  /** Kills the receiver, or ends the client in the middle of what it says. */
  private void pushAndDie(List<StorePath> paths, Random random) throws Exception {
    try (var process = receive()) {
      var server =
          ServeConnection.greet(process.stdout(), process.stdin(), near.storeDir(), process);
      var started = new CompletableFuture<Void>();
      var over = new CompletableFuture<Void>();
      Thread.ofVirtual()
          .start(() -> {
            try {
              server.queryValid(List.of(), false);
              started.complete(null);
              new Upload(near).run(server, paths);
            } catch (IOException e) {
              // Killed, as was meant.
            } finally {
              started.complete(null);
              over.complete(null);
            }
          });
      started.get(1, TimeUnit.MINUTES);
      try {
        over.get(random.nextInt(200), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        // Still at it.
      }
      if (random.nextBoolean()) {
        process.stdout().close(); // kills it
      } else {
        process.stdin().close();
      }
      server.close();
      over.get(1, TimeUnit.MINUTES);
    }
  }
}
