package io.hookq.daemon.receive;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.peers.NixPeer;
import io.hookq.peers.TempFolder;
import io.hookq.store.StorePath;
import io.hookq.zstd.ZstdOffer;
import io.hookq.zstd.ZstdOutput;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Recorded sessions with some bytes changed, against a real Nix. Nothing gets stuck, nothing breaks
 * without a name, and what is valid afterwards is what its hash says, and rooted.
 */
class FuzzedSessionTest {
  private static final int MUTANTS = Integer.getInteger("hookq.fuzz.sessions", 12);
  private static final int PIECE = 300;

  @AutoClose private final TempFolder folder = TempFolder.create();
  @AutoClose private final NixPeer far = NixPeer.in(folder.resolve("far"));

  private Receiver receiver() {
    return new Receiver(
        new Receiver.Settings(
            new KeyName("fuzz"),
            Optional.of(far.localUri()),
            Optional.empty(),
            far.bin().toString(),
            folder.path(),
            "user",
            Retention.ALL,
            new Limits(
                Optional.of(1000L), Optional.of(1L << 30), Optional.of(Duration.ofSeconds(30)))),
        InstantSource.system());
  }

  @ParameterizedTest
  @CsvSource({
    "serve/serve28-copy-fresh, nix-store --serve --write",
    "serve/serve28-copy-fresh, HOOKQ_WIRE=1:zstd nix-store --serve --write",
    "worker/ng28-copy-fresh, nix-daemon --stdio",
  })
  void whatever_is_changed_nothing_invalid_becomes_valid(String session, String command)
      throws Exception {
    var recorded = recorded(session, command);
    var seed = Long.getLong("hookq.fuzz.seed", System.nanoTime());
    assertThat(run(command, recorded)).as("what is not changed").isEmpty();
    assertThat(valid()).hasSize(4);

    for (var i = 0; i < MUTANTS; i++) {
      reset();
      var where = "%s, -Dhookq.fuzz.seed=%d".formatted(command, seed + i);
      var client = mutated(recorded, new Random(seed + i));
      var said = run(command, client);

      assertThat(said).as(where).doesNotContain("broken:");
      if (said.contains("--timeout")) {
        assertThat(isToNixesLiking(client)).as(where + ", without us").isFalse();
      }
      assertThat(said.lines()).as(where).allMatch(line -> line.startsWith("hookq receive: "));
      var valid = valid();
      assertThat(kept()).as(where).containsAll(valid);
      if (!valid.isEmpty()) {
        far.verify();
      }
    }
  }

  /** A session as its client said it, in the form that goes over the wire. */
  private static byte[] recorded(String session, String command) throws IOException {
    byte[] plain;
    try (var in =
        Objects.requireNonNull(
            FuzzedSessionTest.class.getResourceAsStream("/vectors/" + session + ".c2s"))) {
      plain = in.readAllBytes();
    }
    if (!command.startsWith(ZstdOffer.PREFIX)) {
      return plain;
    }
    var wire = new ByteArrayOutputStream();
    wire.write(plain, 0, ZstdOffer.GREETING_LENGTH);
    var packed = ZstdOutput.onto(wire);
    for (var at = ZstdOffer.GREETING_LENGTH; at < plain.length; at += PIECE) {
      packed.write(plain, at, Math.min(PIECE, plain.length - at));
      packed.flush();
    }
    packed.close();
    return wire.toByteArray();
  }

  private static byte[] mutated(byte[] bytes, Random random) {
    var mutant = bytes.clone();
    for (var changes = 1 + random.nextInt(3); changes > 0; changes--) {
      mutant[random.nextInt(mutant.length)] = (byte) random.nextInt(256);
    }
    return random.nextInt(4) == 0 ? Arrays.copyOf(mutant, random.nextInt(mutant.length)) : mutant;
  }

  /** A whole session; what was said to the client on stderr, but for the program's own words. */
  private String run(String command, byte[] client) throws Exception {
    var err = new ByteArrayOutputStream();
    var ended = new CompletableFuture<Integer>();
    try (var receiver = receiver()) {
      Thread.ofPlatform()
          .daemon()
          .start(() -> {
            try {
              ended.complete(
                  receiver.serve(
                      Optional.of(command),
                      new ByteArrayInputStream(client),
                      new ByteArrayOutputStream(),
                      new PrintStream(err, true, StandardCharsets.UTF_8)));
            } catch (InterruptedException | RuntimeException | Error e) {
              ended.completeExceptionally(e);
            }
          });
      ended.get(2, TimeUnit.MINUTES);
    }
    return err.toString(StandardCharsets.UTF_8);
  }

  /**
   * Whether Nix alone comes to an end with this. It does not with some lengths inside a NAR, and
   * computes for years; that is what limits are for.
   */
  private boolean isToNixesLiking(byte[] client) throws Exception {
    var process =
        new ProcessBuilder(
                far.bin().resolve("nix-store").toString(),
                "--serve",
                "--write",
                "--store",
                far.localUri())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      try (var stdin = process.getOutputStream()) {
        stdin.write(client);
      } catch (IOException e) {
        return true; // It is gone.
      }
      return process.waitFor(10, TimeUnit.SECONDS);
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  /** Not with their signatures, as otherwise: Nix takes any text for one, and judges it later. */
  private Set<StorePath> valid() {
    return far.run("nix", "path-info", "--all")
        .lines()
        .map(far.storeDir()::parse)
        .collect(Collectors.toSet());
  }

  private Set<StorePath> kept() throws IOException {
    try (var receiver = receiver()) {
      return receiver.list(Optional.empty()).values().stream()
          .flatMap(List::stream)
          .map(Kept::path)
          .collect(Collectors.toSet());
    }
  }

  /** Nothing is valid and nothing kept. */
  private void reset() throws IOException {
    TempFolder.delete(far.stateDir().resolve("gcroots/hookq-received"));
    far.collectGarbage();
    assertThat(valid()).isEmpty();
  }
}
