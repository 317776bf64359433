package io.hookq.relay;

import static io.hookq.relay.Relayed.Protocol.SERVE;
import static io.hookq.relay.Relayed.Protocol.WORKER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.hookq.peers.MemoryPipe;
import io.hookq.relay.Relayed.Protocol;
import io.hookq.store.StoreDir;
import io.hookq.wire.FramedOutputStream;
import io.hookq.wire.WireWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RelayTest {
  private static final List<String> SERVE_SESSIONS =
      List.of("serve28-copy-fresh", "serve28-copy-again", "serve28-already-valid");
  private static final List<String> WORKER_SESSIONS =
      List.of("ng28-copy-fresh", "ng226-copy-fresh", "worker28-pipelined-1.34");
  private static final int MUTATIONS = 400;

  /** Many times what a session that is no more than some kilobytes takes. */
  private static final long MEMORY = 8 << 20;

  private static Relayed serve(String session) throws InterruptedException {
    return Relayed.through(
        SERVE,
        Relayed.vector("serve/" + session + ".c2s"),
        Relayed.vector("serve/" + session + ".s2c"));
  }

  private static Relayed worker(String session) throws InterruptedException {
    return Relayed.through(
        WORKER,
        Relayed.vector("worker/" + session + ".c2s"),
        Relayed.vector("worker/" + session + ".s2c"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "serve28-copy-fresh",
        "serve28-copy-again",
        "serve28-already-valid",
        "serve28-missing-reference",
        "serve28-pipelined-second-fails"
      })
  void a_recorded_copy_over_the_serve_protocol_passes_unchanged(String session) throws Exception {
    var relayed = serve(session);

    assertThat(relayed.failure()).isEmpty();
    assertThat(relayed.toServer()).isEqualTo(Relayed.vector("serve/" + session + ".c2s"));
    assertThat(relayed.toClient()).isEqualTo(Relayed.vector("serve/" + session + ".s2c"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ng28-copy-fresh",
        "ng28-copy-again",
        "ng226-copy-fresh",
        "ng234-copy-fresh",
        "worker28-pipelined-1.34",
        "worker234-pipelined-1.38"
      })
  void a_recorded_copy_over_the_worker_protocol_arrives_as_it_was_meant(String session)
      throws Exception {
    var relayed = worker(session);

    assertThat(relayed.failure()).isEmpty();
    // Frames may be cut otherwise, so what comes out is compared with what comes out of that.
    var again =
        Relayed.through(WORKER, relayed.toServer(), Relayed.vector("worker/" + session + ".s2c"));
    assertThat(again.failure()).isEmpty();
    assertThat(again.added()).isEqualTo(relayed.added());
    assertThat(again.toServer()).isEqualTo(relayed.toServer());
    assertThat(relayed.toClient()).isEqualTo(Relayed.vector("worker/" + session + ".s2c"));
  }

  @Test
  void whoever_is_asked_learns_of_every_path_that_is_added() throws Exception {
    var names = List.of("hello.txt", "text-with-refs", "demo", "demo-dev");

    assertThat(serve("serve28-copy-fresh").added().stream().map(path -> path.name()))
        .containsExactlyInAnyOrderElementsOf(names);
    assertThat(worker("ng28-copy-fresh").added().stream().map(path -> path.name()))
        .containsExactlyInAnyOrderElementsOf(names);
    assertThat(serve("serve28-copy-fresh").narBytes())
        .isEqualTo(worker("ng28-copy-fresh").narBytes());
  }

  @Test
  void a_client_that_is_done_is_taken_for_gone_once_the_daemon_has_answered() throws Exception {
    var answers = Relayed.vector("worker/ng28-copy-fresh.s2c");
    var greeting = WORKER.greetingLength(answers);
    var relay = WORKER.relay(new Relayed.Book());
    var server = new MemoryPipe(answers.length);
    var ended = new CompletableFuture<Void>();
    var asking =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              try {
                relay.passRequests(
                    new ByteArrayInputStream(Relayed.vector("worker/ng28-copy-fresh.c2s")),
                    OutputStream.nullOutputStream());
                relay.awaitAnswers(Duration.ofMinutes(1));
                ended.complete(null);
              } catch (IOException | InterruptedException e) {
                ended.completeExceptionally(e);
              }
            });
    try (var said = server.output()) {
      Thread.ofPlatform()
          .daemon()
          .start(() -> {
            try {
              relay.passAnswers(server.input(), OutputStream.nullOutputStream());
            } catch (IOException e) {
              ended.completeExceptionally(e);
            }
          });
      said.write(answers, 0, greeting);
      await().until(() -> asking.getState() == Thread.State.TIMED_WAITING);
      said.write(answers, greeting, answers.length - greeting);

      ended.get(1, TimeUnit.MINUTES);
    }
  }

  @Test
  void a_daemon_that_never_answers_is_waited_for_as_long_as_was_said() throws Exception {
    var relay = WORKER.relay(new Relayed.Book());
    var welcome = new MemoryPipe(100);
    try (var said = welcome.output()) {
      said.write(workerWelcome());
      Thread.ofPlatform()
          .daemon()
          .start(() -> {
            try {
              relay.passAnswers(welcome.input(), OutputStream.nullOutputStream());
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
      relay.passRequests(
          new ByteArrayInputStream(Relayed.vector("worker/ng28-copy-fresh.c2s")),
          OutputStream.nullOutputStream());

      assertTimeoutPreemptively(
          Duration.ofMinutes(1), () -> relay.awaitAnswers(Duration.ofMillis(10)));
    }
  }

  @Test
  void only_a_query_with_a_lock_counts_as_relying_on_paths() throws Exception {
    var locking = serve("serve28-pipelined-ok");
    var looking = serve("serve28-copy-again");

    assertThat(locking.relied()).isNotEmpty();
    assertThat(looking.relied()).isEmpty();
  }

  // ── Refusals ───────────────────────────────────────────────────────────────────────────────

  private static byte[] wire(Writing writing) throws IOException {
    var bytes = new ByteArrayOutputStream();
    var out = new WireWriter(bytes);
    writing.write(out);
    out.flush();
    return bytes.toByteArray();
  }

  private interface Writing {
    void write(WireWriter out) throws IOException;
  }

  @Test
  void every_other_command_of_the_serve_protocol_is_refused_by_name() throws Exception {
    var greeting = Arrays.copyOf(Relayed.vector("serve/serve28-copy-fresh.c2s"), 16);
    for (var command = 0; command < 12; command++) {
      if (Set.of(1, 2, 9).contains(command)) {
        continue;
      }
      var code = command;
      var session =
          wire(out -> {
            out.bytes().write(greeting);
            out.writeLong(code);
            out.writeStorePaths(StoreDir.DEFAULT, List.of());
          });

      var relayed = Relayed.through(SERVE, session, new byte[0]);

      assertThat(relayed.failure().orElseThrow())
          .as("command %d", command)
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("serve command");
      assertThat(relayed.toServer()).as("what the server saw").isEqualTo(greeting);
    }
    var builds =
        wire(out -> {
          out.bytes().write(greeting);
          out.writeLong(6);
        });
    assertThat(Relayed.through(SERVE, builds, new byte[0]).failure().orElseThrow())
        .hasMessageContaining("BuildPaths");
  }

  /** Greeting and a handshake of 1.34, as client and as server. */
  private static byte[] workerGreeting() {
    return Arrays.copyOf(Relayed.vector("worker/ng28-copy-fresh.c2s"), 32);
  }

  private static byte[] workerWelcome() {
    return Arrays.copyOf(Relayed.vector("worker/ng28-copy-fresh.s2c"), 40);
  }

  @Test
  void every_other_operation_of_the_worker_protocol_is_refused_with_an_error_of_its_own()
      throws Exception {
    var allowed = Set.of(1, 11, 19, 26, 31, 37, 39, 42, 43, 44);
    for (var op = 0; op < 60; op++) {
      if (allowed.contains(op)) {
        continue;
      }
      var code = op;
      var session =
          wire(out -> {
            out.bytes().write(workerGreeting());
            out.writeLong(code);
            out.writeLong(0);
          });

      // The server stays: its end would be an answer, too.
      var relayed = Relayed.throughToPatientServer(WORKER, session, workerWelcome());

      assertThat(relayed.failure().orElseThrow())
          .as("op %d", op)
          .isInstanceOf(RefusedException.class);
      assertThat(relayed.toServer()).as("op %d", op).isEqualTo(workerGreeting());
      assertThat(new String(relayed.toClient(), StandardCharsets.ISO_8859_1))
          .as("op %d", op)
          .contains("ptxc")
          .contains("worker operation");
    }
  }

  @Test
  void a_repair_is_refused_before_the_server_hears_of_it() throws Exception {
    var session =
        wire(out -> {
          out.bytes().write(workerGreeting());
          out.writeLong(44);
          out.writeBool(true);
          out.writeBool(true);
          var framed = new FramedOutputStream(out);
          new WireWriter(framed).flush();
          framed.finish();
        });

    var relayed = Relayed.throughToPatientServer(WORKER, session, workerWelcome());

    assertThat(relayed.failure().orElseThrow()).hasMessageContaining("repair");
    assertThat(relayed.toServer().length).isLessThanOrEqualTo(workerGreeting().length + 8);
  }

  @Test
  void of_the_options_only_harmless_ones_pass() throws Exception {
    var session =
        wire(out -> {
          out.bytes().write(workerGreeting());
          out.writeLong(19);
          for (var i = 0; i < 12; i++) {
            out.writeLong(7);
          }
          out.writeLong(3);
          for (var setting :
              List.of(
                  "post-build-hook", "/bin/evil", "connect-timeout", "5", "substituters", "x")) {
            out.writeString(setting);
          }
        });

    var relayed = Relayed.throughToPatientServer(WORKER, session, workerWelcome());

    var expected =
        wire(out -> {
          out.bytes().write(workerGreeting());
          for (var number : new long[] {19, 0, 0, 0, 3, 1, 0, 1, 0, 0, 0, 0, 1, 1}) {
            out.writeLong(number);
          }
          out.writeString("connect-timeout");
          out.writeString("5");
        });
    assertThat(relayed.failure()).isEmpty();
    assertThat(relayed.toServer()).isEqualTo(expected);
  }

  // ── Hostile bytes ──────────────────────────────────────────────────────────────────────────

  @Test
  void a_client_that_stops_anywhere_leaves_the_server_with_no_more_than_it_said() throws Exception {
    var client = Relayed.vector("serve/serve28-copy-fresh.c2s");
    for (var length = 0; length < client.length; length += 7) {
      var relayed = Relayed.through(SERVE, Arrays.copyOf(client, length), new byte[0]);
      assertThat(relayed.toServer().length).isLessThanOrEqualTo(length);
      assertThat(relayed.toServer()).isEqualTo(Arrays.copyOf(client, relayed.toServer().length));
      relayed.failure().ifPresent(e -> assertThat(e).isInstanceOf(EOFException.class));
    }
  }

  @Test
  void whatever_a_mutated_client_gets_through_is_allowed_and_understood() throws Exception {
    for (var session : SERVE_SESSIONS) {
      mutate(SERVE, "serve/" + session);
    }
    for (var session : WORKER_SESSIONS) {
      mutate(WORKER, "worker/" + session);
    }
  }

  @Test
  void whatever_a_mutated_server_says_ends_by_name_and_takes_no_memory() throws Exception {
    var seed = Long.getLong("hookq.fuzz.seed", System.nanoTime());
    for (var session : WORKER_SESSIONS) {
      var client = Relayed.vector("worker/" + session + ".c2s");
      var server = Relayed.vector("worker/" + session + ".s2c");
      for (var i = 0; i < MUTATIONS; i++) {
        var where = "%s, -Dhookq.fuzz.seed=%d".formatted(session, seed + i);
        var random = new Random(seed + i);
        // One that is asked before it answers has to have greeted; of the other anything goes.
        var relayed =
            i % 2 == 0
                ? Relayed.through(
                    WORKER, client, mutated(server, WORKER.greetingLength(server), random))
                : Relayed.throughHastyServer(WORKER, client, mutated(server, 0, random));

        assertThat(relayed.allocated()).as(where).isLessThan(MEMORY);
        assertThat(relayed.toServer().length).as(where).isLessThanOrEqualTo(2 * client.length);
      }
    }
  }

  private static byte[] mutated(byte[] bytes, int from, Random random) {
    var mutant = bytes.clone();
    for (var changes = 1 + random.nextInt(4); changes > 0; changes--) {
      mutant[from + random.nextInt(mutant.length - from)] = (byte) random.nextInt(256);
    }
    return random.nextInt(4) == 0
        ? Arrays.copyOf(mutant, from + random.nextInt(mutant.length - from))
        : mutant;
  }

  /** Nothing but an {@link IOException} comes out, and what passed once passes again unchanged. */
  private static void mutate(Protocol protocol, String session) throws Exception {
    var client = Relayed.vector(session + ".c2s");
    var server = Relayed.vector(session + ".s2c");
    var seed = Long.getLong("hookq.fuzz.seed", System.nanoTime());
    for (var i = 0; i < MUTATIONS; i++) {
      var where = "%s, -Dhookq.fuzz.seed=%d".formatted(session, seed + i);
      var mutant = mutated(client, 16, new Random(seed + i));

      var once = Relayed.through(protocol, mutant, server);
      var twice = Relayed.through(protocol, once.toServer(), server);

      assertThat(once.allocated()).as(where).isLessThan(MEMORY);

      assertThat(twice.failure().orElse(new EOFException()))
          .as(where)
          .isInstanceOf(EOFException.class);
      assertThat(twice.toServer())
          .as(where)
          .isEqualTo(Arrays.copyOf(once.toServer(), twice.toServer().length));
    }
  }
}
