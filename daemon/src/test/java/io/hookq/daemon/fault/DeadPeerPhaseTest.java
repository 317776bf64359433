package io.hookq.daemon.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.docs.Operations;
import io.hookq.peers.FaultProxy;
import io.hookq.peers.FaultProxy.Direction;
import io.hookq.peers.NixPeer;
import io.hookq.peers.TempFolder;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Point 8: a peer that is dead is given up in time, whatever it was about to do, and one that is
 * only busy is not.
 */
@Timeout(600)
class DeadPeerPhaseTest {
  private static final String THERE = "there";
  private static final int SIZE = 1 << 20;

  /** So many places of what a server says in a whole conversation. */
  private static final int PLACES = 12;

  private static final String SHORT = "connect-timeout = \"2s\"\nstall-timeout = \"1s\"\n";

  /** How long the far side is busy while it answers keep-alives; set more for a thorough run. */
  private static final Duration BUSY = Duration.ofSeconds(Long.getLong("hookq.busy.seconds", 4));

  private final TempFolder folder = TempFolder.create();
  private Far far;
  private Near near;

  @BeforeEach
  void open() {
    far = Far.in(folder.resolve("far"));
    near = Near.in(folder.resolve("near"));
  }

  @AfterEach
  void close() {
    near.close();
    far.close();
    folder.close();
  }

  @Test
  void a_black_hole_in_any_phase_ends_in_time_and_all_arrives_after_it() throws IOException {
    var path = random("path");
    near.destination("measure", far.settings()).start().push(path);
    near.awaitDone("measure");
    var said = far.line().bytesDown();
    near.stop();

    var places = new ArrayList<Place>();
    try {
      for (var i = 0; i <= PLACES; i++) {
        places.add(place("down-" + i, Direction.DOWN, said * i / PLACES, FaultProxy::freeze));
      }
      places.add(place("nar", Direction.UP, SIZE / 2, FaultProxy::freeze));
      places.add(place("ack", Direction.UP, SIZE / 2 + 1, FaultProxy::freezeAnswers));
      places.add(place("tcp", Direction.UP, 0, FaultProxy::blackHole));
      near.start();
      var start = System.nanoTime();
      near.push(path);

      var errors = new ArrayList<String>();
      for (var place : places) {
        if (place.name().equals("down-" + PLACES)) {
          // All that the server says up to the acknowledgement may have been said by then.
          continue;
        }
        errors.add(near.awaitError(place.name(), "127.0.0.1:" + place.line().port()));
        assertThat(near.job(place.name(), path).attempts()).isZero();
        assertThat(near.job(place.name(), path).state()).isNotEqualTo("failed");
      }
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .as("ten times the configured times: %s", errors)
          .isLessThan(Duration.ofSeconds(30));
      assertThat(errors)
          .anySatisfy(error -> assertThat(error).contains("greeting"))
          .anySatisfy(error -> assertThat(error).contains("exchanging keys"))
          .anySatisfy(error -> assertThat(error).contains("authenticat"))
          .anySatisfy(error -> assertThat(error).contains("no SSH packet"));

      places.forEach(place -> place.line().pass());
      for (var place : places) {
        near.awaitDone(place.name());
        assertThat(near.job(place.name(), path).attempts()).isZero();
        assertThat(place.nix().validPaths()).containsExactly(path);
        place.nix().verify();
      }
    } finally {
      places.forEach(place -> place.line().close());
    }
  }

  @Test
  void an_address_that_never_answers_ends_in_time() throws IOException {
    // A listener whose queue is full drops what comes.
    try (var full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var first = new Socket(full.getInetAddress(), full.getLocalPort());
        var second = new Socket(full.getInetAddress(), full.getLocalPort())) {
      assertThat(first.isConnected() && second.isConnected()).isTrue();
      var path = random("path");
      var there = ":" + full.getLocalPort();
      near.destination(THERE, far.settings().replace(":" + far.line().port(), there) + SHORT);
      near.start().push(path);
      near.awaitError(THERE, there, "did not answer within 2 s");
      near.stop().destination(THERE, far.settings()).start();
      near.awaitDone(THERE);
      assertThat(near.job(THERE, path).attempts()).isZero();
    }
  }

  @Test
  void a_far_side_that_is_busy_and_answers_keep_alives_is_not_cut() throws Exception {
    var path = random("path");
    try (var lock = Held.on(far.nix(), path)) {
      near.destination(THERE, far.settings() + SHORT).start().push(path);
      Near.await(() -> assertThat(far.line().bytesUp()).isGreaterThan(SIZE / 4));
      Awaitility.await("still at it")
          .atMost(BUSY.plus(Near.PATIENCE))
          .during(BUSY)
          .until(() ->
              near.status(THERE).path("state").asText().equals("uploading")
                  && near.status(THERE).path("lastError").isNull());
      assertThat(lock.process().isAlive()).isTrue();
    }
    near.awaitDone(THERE);
    assertThat(far.line().connections()).isOne();
    far.assertWhole(List.of(path));
  }

  @Test
  void a_live_session_without_progress_ends_with_the_reply_timeout() throws Exception {
    var path = random("path");
    try (var lock = Held.on(far.nix(), path)) {
      near.destination(THERE, far.settings() + "reply-timeout = \"1s\"\n").start().push(path);
      assertThat(near.awaitError(THERE, "made no progress for 1 s"))
          .is(Operations.says("HOST is alive but made no progress for TIME (reply-timeout)"));
      assertThat(lock.process().isAlive()).isTrue();
      assertThat(near.job(THERE, path).attempts()).isZero();
    }
    near.awaitDone(THERE);
    assertThat(near.job(THERE, path).attempts()).isZero();
    far.assertWhole(List.of(path));
  }

  private StorePath random(String name) throws IOException {
    var bytes = new byte[SIZE];
    new Random(2).nextBytes(bytes);
    return near.nix().add(Files.write(folder.resolve(name), bytes));
  }

  /** A destination of its own whose line has its fault after so many bytes. */
  private Place place(String name, Direction direction, long bytes, Consumer<FaultProxy> fault) {
    var nix = NixPeer.in(folder.resolve("far-" + name));
    var line = FaultProxy.to(far.sshd().port());
    line.after(direction, bytes, fault);
    near.destination(
        name,
        far.settings()
                .replace(":" + far.line().port(), ":" + line.port())
                .replace(far.nix().localUri(), nix.localUri())
            + SHORT);
    return new Place(name, line, nix);
  }

  private record Place(String name, FaultProxy line, NixPeer nix) {}

  /** The lock that Nix takes on a path while it adds it, in somebody else's hands. */
  private record Held(Process process) implements AutoCloseable {
    static Held on(NixPeer nix, StorePath path) throws IOException {
      Path file = nix.realStoreDir().resolve(path.baseName() + ".lock");
      var process =
          new ProcessBuilder("flock", file.toString(), "sh", "-c", "echo held; exec cat").start();
      assertThat(process.inputReader().readLine()).isEqualTo("held");
      return new Held(process);
    }

    @Override
    public void close() throws IOException {
      process.getOutputStream().close();
      process.onExit().join();
    }
  }
}
