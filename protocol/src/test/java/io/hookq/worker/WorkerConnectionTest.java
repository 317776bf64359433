package io.hookq.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.hookq.peers.MemoryPipe;
import io.hookq.store.HandshakeException;
import io.hookq.store.NarHash;
import io.hookq.store.PathInfo;
import io.hookq.store.PeerException;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.wire.WireReader;
import io.hookq.wire.WireWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
final class WorkerConnectionTest {
  private static final StorePath PATH = new StorePath("0".repeat(31) + "1-x");

  private static WorkerConnection open(byte[] answers) throws IOException {
    return WorkerConnection.open(
        new ByteArrayInputStream(answers), OutputStream.nullOutputStream(), StoreDir.DEFAULT);
  }

  private static byte[] concat(byte[]... parts) {
    var bytes = new ByteArrayOutputStream();
    for (var part : parts) {
      bytes.writeBytes(part);
    }
    return bytes.toByteArray();
  }

  private static byte[] written(Writing writing) {
    var bytes = new ByteArrayOutputStream();
    var writer = new WireWriter(bytes);
    try {
      writing.to(writer);
      writer.flush();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return bytes.toByteArray();
  }

  private interface Writing {
    void to(WireWriter out) throws IOException;
  }

  private static byte[] handshake() {
    return WorkerRecording.of("worker28-ops-1.34").serverHandshake();
  }

  // ── Golden bytes ───────────────────────────────────────────────────────────────────────────

  /** Takes every byte of both directions apart, and puts every log message together again. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "ng226-copy-fresh",
        "ng234-copy-fresh",
        "ng28-copy-again",
        "ng28-copy-fresh",
        "worker23-ops-1.21",
        "worker234-ops-1.38",
        "worker234-pipelined-1.38",
        "worker28-ops-1.21",
        "worker28-ops-1.34",
        "worker28-pipelined-1.34",
      })
  void asks_and_understands_as_nix_does(String name) throws IOException {
    var recording = WorkerRecording.of(name);
    var ours = List.of(1L, 11L, 12L, 26L, 31L, 38L);
    var asked =
        recording.exchanges().stream()
            .filter(exchange -> ours.contains(exchange.op()) && !exchange.failed())
            // A NAR last: whoever reads one reads ahead, and here the next answers are there.
            .sorted(Comparator.comparing(exchange -> exchange.op() == 38))
            .toList();
    var written = new ByteArrayOutputStream();
    try (var connection =
        WorkerConnection.open(
            new ByteArrayInputStream(recording.answersTo(asked)),
            written,
            StoreDir.DEFAULT,
            recording.version())) {
      assertThat(connection.version()).isEqualTo(recording.version());
      for (var exchange : asked) {
        repeat(exchange, connection);
      }
    }
    var expected = new ByteArrayOutputStream();
    expected.writeBytes(ourHandshake(recording));
    for (var exchange : asked) {
      expected.writeBytes(exchange.request());
      if (exchange.op() == 11 && recording.version().needsSyncWithGc()) {
        expected.writeBytes(written(out -> out.writeLong(13)));
      }
    }
    assertThat(written.toByteArray()).isEqualTo(expected.toByteArray());
  }

  /** As recorded, but that the client of that time had no features to name where we have one. */
  private static byte[] ourHandshake(WorkerRecording recording) throws IOException {
    var recorded = recording.clientHandshake();
    if (!recording.version().hasFeatures()) {
      return recorded;
    }
    var ours = new ByteArrayOutputStream();
    ours.write(recorded, 0, 2 * Long.BYTES);
    ours.writeBytes(
        written(out -> out.writeStrings(List.of(WorkerHandshake.REALISATION_WITH_PATH))));
    ours.write(recorded, 3 * Long.BYTES, recorded.length - 3 * Long.BYTES);
    return ours.toByteArray();
  }

  private static void repeat(WorkerRecording.Exchange exchange, WorkerConnection connection)
      throws IOException {
    var in = new WireReader(new ByteArrayInputStream(exchange.request()));
    switch ((int) in.readLong()) {
      case 1 -> connection.isValidPath(in.readStorePath(StoreDir.DEFAULT));
      case 11 -> connection.addTempRoots(List.of(in.readStorePath(StoreDir.DEFAULT)));
      case 12 -> connection.addIndirectRoot(in.readString(4096));
      case 26 -> {
        var path = in.readStorePath(StoreDir.DEFAULT);
        var found = exchange.answer()[0] == 1;
        assertThat(connection.queryPathInfo(path).isPresent()).isEqualTo(found);
      }
      case 31 -> connection.queryValidPaths(in.readStorePaths(StoreDir.DEFAULT));
      case 38 -> {
        var nar = new ByteArrayOutputStream();
        connection.narFromPath(in.readStorePath(StoreDir.DEFAULT), nar);
        assertThat(nar.toByteArray()).isEqualTo(exchange.answer());
      }
      default -> throw new AssertionError();
    }
  }

  // ── Handshake ──────────────────────────────────────────────────────────────────────────────

  @ParameterizedTest
  @ValueSource(strings = {"worker28-ops-1.21", "worker28-ops-1.34", "worker234-ops-1.38"})
  void every_truncation_of_the_handshake_is_a_handshake_error(String name) {
    var handshake = WorkerRecording.of(name).serverHandshake();
    for (var length = 0; length < handshake.length; length++) {
      var cut = Arrays.copyOf(handshake, length);
      assertThatThrownBy(() -> open(cut)).isInstanceOf(HandshakeException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"worker28-ops-1.21", "worker28-ops-1.34", "worker234-ops-1.38"})
  void every_changed_byte_of_the_handshake_is_an_error_or_harmless(String name) {
    var handshake = WorkerRecording.of(name).serverHandshake();
    for (var i = 0; i < handshake.length; i++) {
      for (var flip = 1; flip < 256; flip++) {
        var changed = handshake.clone();
        changed[i] ^= (byte) flip;
        var failure = catchThrowable(() -> open(changed).close());
        if (i < 8 || (i >= 9 && i < 16) || (i == 8 && (changed[8] & 0xff) < 21)) {
          assertThat(failure).isInstanceOf(HandshakeException.class);
        } else if (failure != null) {
          assertThat(failure).isInstanceOf(IOException.class);
        }
      }
    }
  }

  @Test
  void an_older_daemon_is_refused_by_its_version() {
    var old = handshake();
    old[8] = 20;
    assertThatThrownBy(() -> open(old))
        .isInstanceOf(HandshakeException.class)
        .hasMessage("the Nix daemon speaks worker 1.20, hookq needs 1.21 (Nix 2.1) or newer");
  }

  // ── Errors ─────────────────────────────────────────────────────────────────────────────────

  private static byte[] failure(String message, String... traces) {
    return written(out ->
        new StderrMessage.Failure(0, message, List.of(traces), 0)
            .write(out, new WorkerVersion(1, 34)));
  }

  private static final byte[] NO =
      written(out -> {
        new StderrMessage.Last().write(out, WorkerVersion.OURS);
        out.writeBool(false);
      });

  @Test
  void what_the_daemon_refuses_is_said_in_its_words_without_colours_and_the_connection_goes_on()
      throws IOException {
    var answers =
        concat(
            handshake(),
            failure(
                "\u001b[31;1merror:\u001b[0m path '\u001b[35;1m/nix/store/x\u001b[0m' is odd",
                "while \u001b[1mlooking\u001b[0m at it"),
            NO);
    try (var connection = open(answers)) {
      assertThatThrownBy(() -> connection.isValidPath(PATH))
          .isInstanceOf(PeerException.class)
          .hasMessage("error: path '/nix/store/x' is odd\n  … while looking at it");
      assertThat(connection.isUsable()).isTrue();
      assertThat(connection.isValidPath(PATH)).isFalse();
    }
  }

  @Test
  void one_refusal_among_many_infos_leaves_the_connection_in_step() throws IOException {
    var answers = concat(handshake(), NO, failure("the database is busy"), NO, NO);
    var paths = new ArrayList<StorePath>();
    for (var i = 0; i < 3; i++) {
      paths.add(new StorePath("0".repeat(31) + i + "-x"));
    }
    try (var connection = open(answers)) {
      assertThatThrownBy(() -> connection.queryPathInfos(paths))
          .isInstanceOf(PeerException.class)
          .hasMessage("the database is busy");
      assertThat(connection.isValidPath(PATH)).isFalse();
    }
  }

  @Test
  void a_nar_that_cannot_be_read_is_the_daemons_error_old_and_new() throws IOException {
    var last = written(out -> new StderrMessage.Last().write(out, WorkerVersion.OURS));
    var magic = written(out -> out.writeString("nix-archive-1"));
    var error = failure("No such file or directory");
    for (var answer : List.of(concat(last, error, error), concat(last, magic, error, error))) {
      try (var connection = open(concat(handshake(), answer))) {
        assertThatThrownBy(() -> connection.narFromPath(PATH, OutputStream.nullOutputStream()))
            .isInstanceOf(PeerException.class)
            .hasMessage("No such file or directory");
        assertThat(connection.isUsable()).isFalse();
      }
    }
  }

  @Test
  void a_connection_that_broke_is_never_used_again() throws IOException {
    try (var connection = open(concat(handshake(), new byte[] {1, 2, 3}))) {
      assertThatThrownBy(() -> connection.isValidPath(PATH)).isInstanceOf(IOException.class);
      assertThat(connection.isUsable()).isFalse();
      assertThatThrownBy(() -> connection.isValidPath(PATH)).hasMessageContaining("broke before");
    }
  }

  @Test
  void an_unknown_message_number_is_fatal() throws IOException {
    try (var connection = open(concat(handshake(), written(out -> out.writeLong(0x12345))))) {
      assertThatThrownBy(() -> connection.isValidPath(PATH))
          .hasMessageContaining("0x12345")
          .hasMessageContaining("a log message");
    }
  }

  @Test
  void absurd_lengths_are_refused_before_they_are_allocated() throws IOException {
    var bombs =
        List.of(
            written(out -> {
              out.writeLong(StderrMessage.Next.NUMBER);
              out.writeLong(Long.MAX_VALUE);
            }),
            written(out -> {
              out.writeLong(StderrMessage.Result.NUMBER);
              out.writeLong(1);
              out.writeLong(1);
              out.writeLong(1L << 40);
            }),
            written(out -> {
              out.writeLong(StderrMessage.Last.NUMBER);
              out.writeLong(1L << 62);
            }));
    for (var bomb : bombs) {
      try (var connection = open(concat(handshake(), bomb))) {
        assertThatThrownBy(() -> connection.queryValidPaths(List.of(PATH)))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("expected");
      }
    }
  }

  @Test
  void something_else_than_a_daemon_is_refused() {
    assertThatThrownBy(() -> open("HTTP/1.1 400 Bad Request\r\n".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(HandshakeException.class)
        .hasMessageContaining("no Nix daemon");
  }

  @Test
  void close_frees_an_asker_whose_daemon_never_answers() throws Exception {
    var toDaemon = new MemoryPipe(64 * 1024);
    var toClient = new MemoryPipe(1024);
    toClient.output().write(handshake());
    var connection = WorkerConnection.open(toClient.input(), toDaemon.output(), StoreDir.DEFAULT);
    var handshakeBytes = toDaemon.input().available();
    var failure = new CompletableFuture<Throwable>();
    Thread.startVirtualThread(
        () -> failure.complete(catchThrowable(() -> connection.isValidPath(PATH))));
    Awaitility.await().until(() -> toDaemon.input().available() > handshakeBytes);
    connection.close();
    assertThat(failure.get(60, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
  }

  @Test
  void thousands_of_infos_fit_through_the_smallest_buffers() throws Exception {
    var toDaemon = new MemoryPipe(8 * 1024);
    var toClient = new MemoryPipe(8 * 1024);
    var paths = new ArrayList<StorePath>();
    for (var i = 0; i < 5000; i++) {
      paths.add(new StorePath("%032d-%s".formatted(i, "n".repeat(200))));
    }
    // A daemon that reads one request, answers it, and only then reads the next.
    Thread.startVirtualThread(() -> answerOneByOne(toDaemon, toClient, paths.size()));
    try (var connection =
        WorkerConnection.open(toClient.input(), toDaemon.output(), StoreDir.DEFAULT)) {
      assertThat(connection.queryPathInfos(paths)).hasSize(paths.size());
    }
  }

  private static void answerOneByOne(MemoryPipe toDaemon, MemoryPipe toClient, int count) {
    try {
      var in = new WireReader(toDaemon.input());
      var out = new WireWriter(toClient.output());
      out.bytes().write(handshake());
      out.flush();
      for (var i = 0; i < 4; i++) {
        in.readLong();
      }
      for (var i = 0; i < count; i++) {
        in.readLong();
        var path = in.readStorePath(StoreDir.DEFAULT);
        new StderrMessage.Last().write(out, WorkerVersion.OURS);
        PathInfoAnswer.write(
            Optional.of(PathInfo.of(path, new NarHash("0".repeat(64)), 120, List.of(path))),
            out,
            StoreDir.DEFAULT);
        out.flush();
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
