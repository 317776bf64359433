package io.hookq.daemon.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.peers.FaultProxy;
import io.hookq.peers.FaultProxy.Direction;
import io.hookq.peers.Peers;
import io.hookq.peers.TempFolder;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several channels over one session to the real Nix, each with a far process of its own. */
@Timeout(180)
class SeveralChannelsTest {
  private static final String THERE = "there";
  private static final String FOUR = "channels = 4\n";

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

  /** Paths of some hundred KiB, the later ones referring to two of the earlier ones. */
  private List<StorePath> build() {
    return near.nix()
        .build(
            """
            let
              leaf = i: sh "leaf-${toString i}" {} "head -c ${toString (200000 + i * 50000)} /dev/urandom > $out";
              top = i: sh "top-${toString i}" {}
                "head -c 300000 /dev/urandom > $out; echo ${leaf i} ${leaf (i + 1)} >> $out";
            in builtins.genList leaf 9 ++ builtins.genList top 8
            """);
  }

  private StorePath random(String name, int size) throws IOException {
    var bytes = new byte[size];
    new Random(name.hashCode()).nextBytes(bytes);
    return near.nix().add(Files.write(folder.resolve(name), bytes));
  }

  @Test
  void a_closure_that_is_cut_off_again_and_again_arrives_whole() {
    var seed = 20_261L;
    var random = new SplittableRandom(seed);
    var built = build();
    far.line().after(Direction.UP, random.nextLong(3_000, 900_000), line -> cut(line, random, 6));
    near.destination(THERE, far.settings() + FOUR).start();
    near.push(built);
    near.awaitDone(THERE);
    assertThat(near.jobs(THERE))
        .as("seed %d", seed)
        .allSatisfy(job -> assertThat(job.attempts()).isZero());
    assertThat(far.line().connections()).as("seed %d", seed).isGreaterThan(2);
    far.assertWhole(built);
  }

  private static void cut(FaultProxy line, SplittableRandom random, int more) {
    if (random.nextBoolean()) {
      line.cut();
    } else {
      line.reset();
    }
    if (more > 0) {
      line.after(
          Direction.UP, random.nextLong(3_000, 900_000), again -> cut(again, random, more - 1));
    }
  }

  @Test
  void each_channel_has_a_far_process_and_all_share_one_session() throws Exception {
    var runs = folder.resolve("runs");
    var program =
        far.program(
            "counted", "echo run >>%s; exec %s \"$@\"".formatted(runs, Peers.require("nix-store")));
    var paths = new ArrayList<StorePath>();
    for (var i = 0; i < 6; i++) {
      paths.add(random("big-" + i, 3 << 20));
    }
    // Slow enough for one channel not to have sent all before another is open.
    far.line().rate(6 << 20);
    near.destination(THERE, far.settings() + FOUR + "remote-program = \"" + program + "\"\n");
    near.start().push(paths);
    near.awaitDone(THERE);
    assertThat(Files.readAllLines(runs)).hasSizeBetween(2, 4);
    assertThat(far.line().connections()).isOne();
    far.assertWhole(paths);
  }

  @Test
  void the_worker_protocol_has_several_channels_too_and_stands_a_cut_under_them() throws Exception {
    var runs = folder.resolve("runs");
    var program =
        far.program(
            "counted",
            "echo run >>%s; exec %s \"$@\"".formatted(runs, Peers.require("nix-daemon")));
    var settings =
        far.settings().replace("ssh://", "ssh-ng://")
            + "channels = 3\nremote-program = \"%s\"\n".formatted(program);
    var built = build();
    // Slow enough for one channel not to have sent all before another is open.
    far.line().rate(6 << 20);
    near.destination(THERE, settings).start().push(built);
    near.awaitDone(THERE);
    Near.await(
        () -> assertThat(near.status(THERE).path("protocol").asText()).startsWith("worker 1."));
    assertThat(Files.readAllLines(runs)).hasSizeBetween(2, 3);
    assertThat(far.line().connections()).isOne();
    far.assertWhole(built);

    var more = new ArrayList<StorePath>();
    for (var i = 0; i < 6; i++) {
      more.add(random("more-" + i, 2 << 20));
    }
    far.line().after(Direction.UP, 5 << 20, FaultProxy::cut);
    near.push(more);
    near.awaitDone(THERE);
    assertThat(near.jobs(THERE)).allSatisfy(job -> assertThat(job.attempts()).isZero());
    assertThat(far.line().connections()).isEqualTo(2);
    assertThat(Files.readAllLines(runs)).hasSizeGreaterThan(3);
    far.assertWhole(more);
  }

  @Test
  void a_server_that_allows_one_command_a_session_gets_all_over_one() throws Exception {
    far.sshd().stop();
    far.sshd().option("MaxSessions", "1").start();
    var built = build();
    near.destination(THERE, far.settings() + FOUR).start().push(built);
    near.awaitDone(THERE);
    assertThat(near.status(THERE).path("lastError").isNull()).isTrue();
    assertThat(far.line().connections()).isOne();
    far.assertWhole(built);
  }

  @Test
  void a_rate_limit_holds_over_all_channels_and_no_watch_takes_it_for_a_stall() throws Exception {
    var size = 2 << 20;
    var paths = List.of(random("one", size), random("two", size), random("three", size));
    near.destination(
            THERE,
            far.settings()
                + """
                channels = 3
                rate-limit = "2MiB/s"
                stall-timeout = "1s"
                reply-timeout = "1s"
                """)
        .start();
    var start = System.nanoTime();
    near.push(paths);
    near.awaitDone(THERE);
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .as("6 MiB at 2 MiB/s")
        .isBetween(Duration.ofMillis(2850), Duration.ofSeconds(30));
    assertThat(far.line().connections()).isOne();
    far.assertWhole(paths);
  }
}
