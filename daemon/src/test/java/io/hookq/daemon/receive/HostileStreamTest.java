package io.hookq.daemon.receive;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.docs.Operations;
import io.hookq.peers.MemoryPipe;
import io.hookq.peers.PipedProcess;
import io.hookq.peers.TempFolder;
import io.hookq.serve.ServeConnection;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.wire.WireWriter;
import io.hookq.zstd.ZstdOffer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;

/** A client that has agreed on zstd and means no good: streams made by hand, byte by byte. */
class HostileStreamTest {
  private static final byte[] MAGIC = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd};
  private static final int CHUNK = 128 * 1024;

  /** Of a zstd block. */
  private static final int RAW = 0;

  private static final int REPEATED = 1;

  /** In the JVM of a test, which has neither a cache nor the launcher's flags. */
  private static final long MEMORY_KIB = 200 << 10;

  @AutoClose private final TempFolder folder = TempFolder.create();

  private final Path seen = folder.resolve("seen");
  private final Path memory = folder.resolve("memory");

  // ── Streams ────────────────────────────────────────────────────────────────────────────────

  private static byte[] joined(byte[]... parts) {
    var all = new ByteArrayOutputStream();
    for (var part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  private static byte[] little(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  private static byte[] plain(byte... bytes) {
    return joined(little(bytes.length), bytes);
  }

  private static byte[] packed(byte[]... parts) {
    var bytes = joined(parts);
    return joined(little(bytes.length | 0x8000_0000), bytes);
  }

  /** How a frame begins whose window is that power of two. */
  private static byte[] frame(int windowLog) {
    return joined(MAGIC, new byte[] {0, (byte) ((windowLog - 10) << 3)});
  }

  /** A block that is not the last; RFC 8878, 3.1.1.2. */
  private static byte[] block(int kind, int size, byte... content) {
    return joined(Arrays.copyOf(little(kind << 1 | size << 3), 3), content);
  }

  private static byte[] zeros(int size) {
    return block(REPEATED, size, (byte) 0);
  }

  private static byte[] repeated(byte[] part, int times) {
    var all = new byte[part.length * times];
    for (var i = 0; i < times; i++) {
      System.arraycopy(part, 0, all, i * part.length, part.length);
    }
    return all;
  }

  private static Arguments stream(String what, String complaint, byte[] stream) {
    return Arguments.of(what, complaint, stream);
  }

  private static final String WINDOW = "a frame with a window of more than 16 MiB";
  private static final String OTHER = "a frame of another kind than ours";
  private static final String EXCESS = "a piece that stands for more than 131072 bytes";
  private static final String NOTHING = "a piece that stands for nothing";
  private static final String REQUEST = "refused: serve command 0";

  @SuppressWarnings("unused") // named below
  private static final List<Arguments> STREAMS =
      List.of(
          stream("a window of 32 MiB", WINDOW, packed(frame(25), zeros(8))),
          stream("a window of 128 MiB", WINDOW, packed(frame(27), zeros(8))),
          stream("a window of 2 GiB", WINDOW, packed(frame(31), zeros(8))),
          stream("a window of 2 TiB", WINDOW, packed(frame(41), zeros(8))),
          stream("a little more than ours", WINDOW, packed(MAGIC, new byte[] {0, 0x71}, zeros(8))),
          stream(
              "a huge window behind a good frame",
              WINDOW,
              packed(frame(24), new byte[] {0x43, 0, 0, 0}, frame(31), zeros(8))),
          stream(
              "a skippable frame of 4 GiB",
              OTHER,
              packed(new byte[] {0x50, 0x2a, 0x4d, 0x18, -1, -1, -1, -1}, new byte[100])),
          stream(
              "a single segment of 2^62 bytes",
              OTHER,
              packed(MAGIC, new byte[] {(byte) 0xe0, 0, 0, 0, 0, 0, 0, 0, 0x40}, zeros(8))),
          stream("a dictionary", OTHER, packed(MAGIC, new byte[] {3, 0x70, 1, 2, 3, 4}, zeros(8))),
          stream(
              "a checksum that is wrong",
              "checksum",
              packed(MAGIC, new byte[] {4, 0x70}, new byte[] {0x43, 0, 0, 0}, new byte[4])),
          stream("a frame's first byte alone", "half the header", packed(new byte[] {0x28})),
          stream("no zstd", OTHER, packed(new byte[1000])),
          stream("a bomb in one piece", EXCESS, packed(frame(24), repeated(zeros(CHUNK), 8192))),
          stream("one byte too many", EXCESS, packed(frame(24), zeros(CHUNK), zeros(1))),
          stream("a bomb of requests", REQUEST, packed(frame(24), zeros(CHUNK))),
          stream("a request that is none", REQUEST, plain(new byte[8])),
          stream("empty blocks", NOTHING, packed(frame(24), repeated(block(RAW, 0), 40_000))),
          stream("just a header", NOTHING, packed(frame(24))),
          stream("a block larger than may be", "malformed", packed(frame(24), zeros(CHUNK + 1))),
          stream("a reserved kind", "malformed", packed(frame(24), block(3, 8, new byte[8]))),
          stream("an empty piece", "a piece of 1 to", plain()),
          stream("an empty compressed piece", "a piece of 1 to", packed()),
          stream("a plain piece too large", "a piece of 1 to", little(CHUNK + 1)),
          stream("a compressed one of 2 GiB", "a piece of 1 to", little(-1)));

  // ── One session ────────────────────────────────────────────────────────────────────────────

  /** Takes what reaches it, and tells how much memory that took the receiver. */
  private Receiver.Settings settings(Limits limits) throws IOException {
    var program = folder.folder("bin").resolve("nix-store");
    Files.writeString(
        program,
        """
        #!/bin/sh
        PATH=/usr/bin:/bin
        head -c 4096 >%s
        cat >/dev/null
        grep VmHWM /proc/$PPID/status >%s
        """
            .formatted(seen, memory));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.createDirectories(folder.resolve("store/nix/var/nix/gcroots"));
    return new Receiver.Settings(
        new KeyName("hostile"),
        Optional.of("local?root=" + folder.resolve("store")),
        Optional.empty(),
        program.resolveSibling(".").normalize().toString(),
        folder.path(),
        "user",
        Retention.ALL,
        limits);
  }

  private static final Limits NONE =
      new Limits(Optional.empty(), Optional.empty(), Optional.empty());

  private record Ended(int status, String stderr) {}

  private Ended serve(InputStream client, Limits limits) throws Exception {
    var err = new ByteArrayOutputStream();
    var ended = new CompletableFuture<Integer>();
    try (var receiver = new Receiver(settings(limits), InstantSource.system())) {
      Thread.ofPlatform()
          .daemon()
          .start(() -> {
            try {
              ended.complete(
                  receiver.serve(
                      Optional.of(ZstdOffer.PREFIX + "nix-store --serve --write"),
                      client,
                      OutputStream.nullOutputStream(),
                      new PrintStream(err, true, StandardCharsets.UTF_8)));
            } catch (InterruptedException | RuntimeException | Error e) {
              ended.completeExceptionally(e);
            }
          });
      return new Ended(ended.get(1, TimeUnit.MINUTES), err.toString(StandardCharsets.UTF_8));
    }
  }

  @ParameterizedTest(name = "{0}")
  @FieldSource("STREAMS")
  void what_is_no_stream_of_ours_ends_the_session_at_once(
      String what, String complaint, byte[] stream) throws Exception {
    // The client stays and says no more: it is on us to end this.
    var client = new MemoryPipe(1 << 20);
    try (var said = client.output()) {
      said.write(ServeConnection.greeting());
      said.write(stream);

      var ended = serve(client.input(), NONE);

      assertThat(ended.status()).as(what).isEqualTo(1);
      assertThat(ended.stderr()).as(what).startsWith("hookq receive: ").contains(complaint);
      assertThat(ended.stderr().lines()).as(what).hasSize(1);
      assertThat(Files.readAllBytes(seen)).as(what).isEqualTo(ServeConnection.greeting());
    }
  }

  @Test
  void a_stream_that_is_cut_anywhere_adds_nothing_to_what_was_said() throws Exception {
    var query = new ByteArrayOutputStream();
    var writer = new WireWriter(query);
    writer.writeLong(1);
    writer.writeBool(true);
    writer.writeBool(false);
    writer.writeStorePaths(StoreDir.DEFAULT, List.of(new StorePath("0".repeat(32) + "-cut")));
    writer.flush();
    var said = joined(ServeConnection.greeting(), query.toByteArray());
    var wire =
        joined(
            ServeConnection.greeting(),
            packed(frame(24), block(RAW, query.size(), query.toByteArray())));
    for (var length = 0; length < wire.length; length += 5) {
      var ended = serve(new ByteArrayInputStream(wire, 0, length), NONE);

      assertThat(ended).as("%d bytes", length).isEqualTo(new Ended(0, ""));
      var arrived = Files.readAllBytes(seen);
      assertThat(arrived).as("%d bytes", length).isEqualTo(Arrays.copyOf(said, arrived.length));
    }
  }

  @Test
  void a_bomb_in_a_nar_counts_with_what_it_stands_for() throws Exception {
    var limits = new Limits(Optional.empty(), Optional.of(1L << 20), Optional.empty());

    var ended = serve(new ByteArrayInputStream(bomb(1L << 30, 64)), limits);

    assertThat(ended)
        .isEqualTo(
            new Ended(
                1,
                "hookq receive: refused: more than 1048576 bytes in one session (--max-bytes)\n"));
    assertThat(Files.readAllBytes(seen)).hasSizeLessThan(4096);
  }

  /** A path whose NAR is all zeros, and so many of the pieces that these are. */
  private static byte[] bomb(long narSize, int pieces) throws IOException {
    var add = new ByteArrayOutputStream();
    var writer = new WireWriter(add);
    writer.writeLong(9);
    writer.writeStorePath(StoreDir.DEFAULT, new StorePath("0".repeat(32) + "-bomb"));
    writer.writeOptionalStorePath(StoreDir.DEFAULT, Optional.empty());
    writer.writeString("0".repeat(64));
    writer.writeStorePaths(StoreDir.DEFAULT, List.of());
    writer.writeLong(1);
    writer.writeLong(narSize);
    writer.writeBool(false);
    writer.writeStrings(List.of());
    writer.writeString("");
    writer.flush();
    return joined(
        ServeConnection.greeting(),
        plain(add.toByteArray()),
        packed(frame(24), zeros(CHUNK)),
        repeated(packed(zeros(CHUNK)), pieces - 1));
  }

  @Test
  void neither_windows_nor_bombs_nor_endless_emptiness_make_it_grow(TestReporter report)
      throws Exception {
    var size = 1 << 30;
    var bytes = new byte[] {0};
    // A byte in a thousand blocks, again and again; then a frame nobody has room for.
    var emptiness = packed(repeated(block(RAW, 0), 1000), block(RAW, 1, bytes));
    var stream =
        joined(
            bomb((long) size + 1000, size / CHUNK),
            repeated(emptiness, 999),
            packed(block(RAW, 1, bytes)),
            packed(new byte[] {1, 0, 0}, frame(31), zeros(8)));
    var words = new ArrayList<>(Receiving.program());
    var settings = settings(NONE);
    words.addAll(List.of("receive", "--name", "hostile", "--path", settings.searchPath()));
    words.addAll(List.of("--store", settings.store().orElseThrow()));
    var builder = new ProcessBuilder(words);
    builder
        .environment()
        .put("SSH_ORIGINAL_COMMAND", "HOOKQ_WIRE=1:zstd nix-store --serve --write");

    try (var receiver = PipedProcess.start(builder)) {
      receiver.stdin().write(stream);
      receiver.stdin().flush();
      // Ends although its client stays.
      assertThat(receiver.awaitExit()).hasValue(1);
      assertThat(receiver.peerEnd().stderrTail())
          .is(Operations.says("hookq receive: the client does not follow the protocol: …"))
          .contains(WINDOW);
    }
    var kib = Files.readString(memory).replaceAll("[^0-9]", "");
    report.publishEntry("receiver at most", kib + " KiB");
    assertThat(Long.parseLong(kib)).as("KiB at most").isLessThan(MEMORY_KIB);
  }
}
