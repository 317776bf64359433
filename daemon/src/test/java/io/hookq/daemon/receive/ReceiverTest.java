package io.hookq.daemon.receive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hookq.docs.Operations;
import io.hookq.peers.MemoryPipe;
import io.hookq.peers.NixPeer;
import io.hookq.peers.TempFolder;
import io.hookq.serve.ServeConnection;
import io.hookq.store.DestinationStore;
import io.hookq.store.PeerEnd;
import io.hookq.store.StorePath;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Sessions with a real Nix behind them, at times of the test's choice. */
class ReceiverTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final int SESSIONS = Integer.getInteger("hookq.receive.sessions", 5);
  private static final Limits NONE =
      new Limits(Optional.empty(), Optional.empty(), Optional.empty());

  @AutoClose private final TempFolder folder = TempFolder.create();
  @AutoClose private final NixPeer near = NixPeer.in(folder.resolve("near"));
  @AutoClose private final NixPeer far = NixPeer.in(folder.resolve("far"));

  private KeyName name = new KeyName("macbook");
  private Retention retention = Retention.ALL;
  private Limits limits = NONE;
  private Optional<String> store = Optional.of(far.localUri());
  private Optional<Path> roots = Optional.empty();
  private Instant now = START;

  private Receiver receiver() {
    return new Receiver(
        new Receiver.Settings(
            name, store, roots, far.bin().toString(), folder.path(), "user", retention, limits),
        () -> now);
  }

  private interface Client {
    void speak(DestinationStore server) throws IOException;
  }

  private record Ended(int status, String stderr) {}

  /** One whole session. */
  private Ended session(Client client) throws Exception {
    var up = new MemoryPipe(1 << 16);
    var down = new MemoryPipe(1 << 16);
    var err = new ByteArrayOutputStream();
    var ended = new CompletableFuture<Integer>();
    try (var receiver = receiver()) {
      Thread.ofPlatform()
          .start(() -> {
            try (var out = down.output()) {
              ended.complete(
                  receiver.serve(
                      Optional.of("nix-store --serve --write"),
                      up.input(),
                      out,
                      new PrintStream(err, true, StandardCharsets.UTF_8)));
            } catch (IOException | InterruptedException | RuntimeException e) {
              ended.completeExceptionally(e);
            }
          });
      try (var server =
          ServeConnection.greet(down.input(), up.output(), near.storeDir(), PeerEnd::none)) {
        client.speak(server);
      }
      return new Ended(ended.get(1, TimeUnit.MINUTES), err.toString(StandardCharsets.UTF_8));
    }
  }

  private void push(StorePath... paths) throws Exception {
    var ended = session(server -> new Upload(near).run(server, List.of(paths)));
    assertThat(ended).isEqualTo(new Ended(0, ""));
  }

  /** What a client hears that is served nothing. */
  private String said() throws Exception {
    var err = new ByteArrayOutputStream();
    try (var receiver = receiver()) {
      var status =
          receiver.serve(
              Optional.of("nix-store --serve --write"),
              InputStream.nullInputStream(),
              OutputStream.nullOutputStream(),
              new PrintStream(err, true, StandardCharsets.UTF_8));
      assertThat(status).isNotZero();
    }
    return err.toString(StandardCharsets.UTF_8);
  }

  private Path rootsOfKey() {
    try (var receiver = receiver()) {
      return receiver.folder().resolve("macbook");
    }
  }

  private List<StorePath> kept() throws IOException {
    try (var receiver = receiver()) {
      return receiver.list(Optional.empty()).getOrDefault(name, List.of()).stream()
          .map(Kept::path)
          .toList();
    }
  }

  // ── Retention ──────────────────────────────────────────────────────────────────────────────

  @Test
  void a_year_later_what_was_not_pushed_again_is_garbage_and_the_rest_is_not() throws Exception {
    retention = new Retention(Optional.of(Duration.ofDays(90)), Optional.empty());
    var old = near.addText("old", "old");
    var renewed = near.addText("renewed", "renewed");
    var fresh = near.addText("fresh", "fresh");
    push(old, renewed);
    far.collectGarbage();
    assertThat(far.validPaths()).containsExactlyInAnyOrder(old, renewed);

    now = START.plus(Duration.ofDays(300));
    push(renewed);
    assertThat(far.validPaths()).as("pruned, not collected").contains(old);
    now = START.plus(Duration.ofDays(365));
    push(fresh);
    far.collectGarbage();

    assertThat(kept()).containsExactly(renewed, fresh);
    assertThat(far.validPaths()).containsExactlyInAnyOrder(renewed, fresh);
    now = START.plus(Duration.ofDays(1000));
    try (var receiver = receiver()) {
      assertThat(receiver.prune(Optional.empty())).containsEntry(new KeyName("macbook"), 2);
    }
    far.collectGarbage();
    assertThat(far.validPaths()).isEmpty();
  }

  @Test
  void the_oldest_go_until_the_closures_of_the_others_keep_to_the_size() throws Exception {
    var paths = new ArrayList<StorePath>();
    for (var i = 0; i < 4; i++) {
      paths.add(near.addText("big" + i, Integer.toString(i).repeat(100_000)));
      push(paths.getLast());
      now = now.plus(Duration.ofHours(1));
    }
    retention = new Retention(Optional.empty(), Optional.of(250_000L));

    try (var receiver = receiver()) {
      receiver.prune(Optional.empty());
    }

    assertThat(kept()).containsExactly(paths.get(2), paths.get(3));
  }

  @Test
  void nothing_is_kept_where_even_the_newest_takes_too_much() throws Exception {
    var small = near.addText("small", "small");
    push(small);
    now = now.plusSeconds(1);
    retention = new Retention(Optional.empty(), Optional.of(50_000L));
    push(near.addText("big", "b".repeat(100_000)));

    assertThat(kept()).isEmpty();
  }

  @Test
  void what_one_key_lets_go_of_another_keeps() throws Exception {
    var both = near.addText("both", "both");
    var mine = near.addText("mine", "mine");
    push(both, mine);
    name = new KeyName("server-2.lan_x");
    push(both);
    now = START.plus(Duration.ofDays(100));
    retention = new Retention(Optional.of(Duration.ofDays(90)), Optional.empty());

    name = new KeyName("macbook");
    try (var receiver = receiver()) {
      assertThat(receiver.prune(Optional.of(name))).containsOnly(Map.entry(name, 2));
    }
    far.collectGarbage();

    assertThat(kept()).isEmpty();
    assertThat(far.validPaths()).containsExactly(both);
    name = new KeyName("server-2.lan_x");
    assertThat(kept()).containsExactly(both);
  }

  @Test
  void retention_counts_from_the_last_push_to_the_instant() throws Exception {
    retention = new Retention(Optional.of(Duration.ofDays(90)), Optional.empty());
    var path = near.addText("p", "p");
    push(path);

    now = START.plus(Duration.ofDays(90));
    push();
    assertThat(kept()).containsExactly(path);
    now = now.plusMillis(1);
    push();
    assertThat(kept()).isEmpty();
  }

  @Test
  void a_clock_that_was_ahead_costs_no_path_and_is_forgotten_with_the_next_push() throws Exception {
    retention = new Retention(Optional.of(Duration.ofDays(90)), Optional.empty());
    var path = near.addText("p", "p");
    now = START.plus(Duration.ofDays(1000));
    push(path);
    now = START;
    push();
    assertThat(kept()).as("of the future").containsExactly(path);

    push(path);
    now = START.plus(Duration.ofDays(91));
    push();

    assertThat(kept()).as("renewed at the right time, and too old by now").isEmpty();
  }

  @Test
  void files_that_are_none_of_ours_are_left_alone() throws Exception {
    var path = near.addText("p", "p");
    push(path);
    var links = rootsOfKey();
    var others = List.of(".gone", "..gone", ".x.gone", ".x.y.gone", "README", "." + path);
    for (var other : others) {
      Files.writeString(links.resolve(other), other);
    }
    // Of the form of a link, but none.
    var folder = Files.createDirectory(links.resolve("0".repeat(32) + "-folder"));
    now = START.plus(Duration.ofDays(1000));
    retention = new Retention(Optional.of(Duration.ofDays(90)), Optional.of(0L));

    try (var receiver = receiver()) {
      assertThat(receiver.prune(Optional.empty())).containsEntry(name, 1);
    }

    assertThat(kept()).isEmpty();
    assertThat(folder).isDirectory();
    assertThat(others).allSatisfy(other -> assertThat(links.resolve(other)).hasContent(other));
  }

  @Test
  void a_link_that_came_to_nothing_is_gone_after_the_session() throws Exception {
    var never = near.addText("never", "pushed");

    session(server -> server.queryValid(List.of(never), false));

    assertThat(kept()).isEmpty();
  }

  @Test
  void a_link_that_a_killed_prune_had_set_aside_comes_back() throws Exception {
    var path = near.addText("aside", "aside");
    push(path);
    var links = far.stateDir().resolve("gcroots/hookq-received/macbook");
    Files.move(links.resolve(path.baseName()), links.resolve("." + path + ".4711.gone"));
    far.collectGarbage();

    try (var receiver = receiver()) {
      receiver.prune(Optional.empty());
    }

    assertThat(kept()).containsExactly(path);
    assertThat(far.validPaths()).containsExactly(path);
  }

  /** Collects at the far side, again and again, for as long as {@code work} takes. */
  private void besideACollector(Work work) throws Exception {
    var done = new CompletableFuture<Boolean>();
    var collecting =
        Thread.ofPlatform()
            .start(() -> {
              while (!done.isDone()) {
                far.collectGarbage();
              }
            });
    try {
      work.run();
    } finally {
      done.complete(true);
      collecting.join();
    }
  }

  @FunctionalInterface
  private interface Work {
    void run() throws Exception;
  }

  @Test
  void a_collector_that_runs_all_the_while_takes_nothing_of_what_is_pushed() throws Exception {
    var paths = new ArrayList<StorePath>();
    for (var i = 0; i < 30; i++) {
      paths.add(near.addText("p" + i, "p" + i));
    }
    besideACollector(() -> push(paths.toArray(StorePath[]::new)));
    far.collectGarbage();

    assertThat(far.validPaths()).containsExactlyInAnyOrderElementsOf(paths);
  }

  @Test
  void a_session_that_ends_while_a_collector_looks_for_roots_loses_nothing() throws Exception {
    far.startDaemon();
    store = Optional.of(far.daemonUri());
    roots = Optional.of(folder.resolve("elsewhere"));
    var paths = new ArrayList<StorePath>();
    for (var i = 0; i < SESSIONS; i++) {
      paths.add(near.addText("s" + i, "s" + i));
    }
    besideACollector(() -> {
      for (var path : paths) {
        push(path);
      }
    });

    assertThat(far.validPaths()).containsExactlyInAnyOrderElementsOf(paths);
  }

  @Test
  void roots_elsewhere_are_announced_to_the_nix_daemon_and_hold_as_long() throws Exception {
    far.startDaemon();
    store = Optional.of(far.daemonUri());
    roots = Optional.of(folder.resolve("elsewhere"));
    var path = near.addText("indirect", "indirect");
    push(path);

    far.collectGarbage();
    assertThat(far.validPaths()).containsExactly(path);
    retention = new Retention(Optional.of(Duration.ofDays(1)), Optional.empty());
    now = START.plus(Duration.ofDays(2));
    push();
    far.collectGarbage();

    assertThat(far.validPaths()).isEmpty();
  }

  @Test
  void what_cannot_be_kept_is_not_taken_and_what_cannot_be_pruned_is_told_of() throws Exception {
    var path = near.addText("a", "a");
    push(path);
    var links = rootsOfKey();
    var ended =
        session(server -> {
          server.queryValid(List.of(path), false);
          // Nothing can be read where the links were.
          Files.move(links, links.resolveSibling("elsewhere"));
          Files.createFile(links);
        });
    assertThat(ended.stderr()).is(Operations.says("hookq receive: warning: not pruned: …"));
    assertThat(ended.status()).isZero();

    // No folder can be made below a file.
    roots = Optional.of(links.resolve("below"));
    assertThat(said()).is(Operations.says("hookq receive: cannot keep …"));
  }

  @Test
  void a_nix_daemon_that_does_not_answer_is_told_of_and_what_came_is_there() throws Exception {
    var path = near.addText("a", "a");
    var ended =
        session(server -> {
          // A socket that nobody listens on.
          var socket = rootsOfKey().resolve("../../../daemon-socket/socket").normalize();
          Files.createDirectories(socket.getParent());
          Files.createFile(socket);
          new Upload(near).run(server, List.of(path));
        });

    assertThat(ended.stderr()).is(Operations.says("hookq receive: warning: not held: …"));
    assertThat(ended.status()).isZero();
    assertThat(kept()).containsExactly(path);
  }

  // ── Limits ─────────────────────────────────────────────────────────────────────────────────

  @Test
  void one_path_too_many_ends_the_session_and_leaves_the_others() throws Exception {
    limits = new Limits(Optional.of(2L), Optional.empty(), Optional.empty());
    var paths = List.of(near.addText("a", "a"), near.addText("b", "b"), near.addText("c", "c"));

    var ended =
        session(server ->
            assertThatThrownBy(() -> new Upload(near).run(server, paths))
                .isInstanceOf(IOException.class));

    assertThat(ended.status()).isEqualTo(1);
    assertThat(ended.stderr()).contains("more than 2 paths in one session");
    assertThat(far.validPaths()).containsExactlyInAnyOrder(paths.get(0), paths.get(1));
    assertThat(kept()).containsExactlyInAnyOrder(paths.get(0), paths.get(1));
  }

  @Test
  void too_many_bytes_end_the_session_before_they_pass() throws Exception {
    limits = new Limits(Optional.empty(), Optional.of(1000L), Optional.empty());
    var big = near.addText("big", "x".repeat(10_000));

    var ended =
        session(server ->
            assertThatThrownBy(() -> new Upload(near).run(server, List.of(big)))
                .isInstanceOf(IOException.class));

    assertThat(ended.stderr()).contains("more than 1000 bytes in one session");
    assertThat(far.validPaths()).isEmpty();
    assertThat(kept()).isEmpty();
  }

  @Test
  void a_session_in_which_nothing_passes_is_ended() throws Exception {
    limits = new Limits(Optional.empty(), Optional.empty(), Optional.of(Duration.ofSeconds(3)));
    var path = near.addText("a", "a");

    var ended =
        session(server -> {
          server.queryValid(List.of(path), false);
          // Nothing more is said; the far side has to end this.
          Awaitility.await()
              .untilAsserted(
                  () -> assertThatThrownBy(server::drain).isInstanceOf(IOException.class));
        });

    assertThat(ended.status()).isNotZero();
    assertThat(ended.stderr()).contains("nothing has passed for 3 s (--timeout)");
  }
}
