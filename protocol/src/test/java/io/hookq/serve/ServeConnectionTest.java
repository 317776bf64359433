package io.hookq.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.hamcrest.Matchers.equalTo;

import io.hookq.peers.MemoryPipe;
import io.hookq.peers.PipedProcess;
import io.hookq.store.HandshakeException;
import io.hookq.store.PeerEnd;
import io.hookq.store.PeerException;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.wire.WireReader;
import io.hookq.wire.WireWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
final class ServeConnectionTest {
  private static final byte[] GREETING = greeting(0x207);
  private static final StoreObject HELLO = StoreObject.file("hello", "hello\n");

  private static byte[] greeting(long version) {
    return integers(0x5452eecbL, version);
  }

  private static byte[] integers(long... values) {
    var bytes = new ByteArrayOutputStream();
    var writer = new WireWriter(bytes);
    try {
      for (var value : values) {
        writer.writeLong(value);
      }
      writer.flush();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return bytes.toByteArray();
  }

  private static byte[] concat(byte[]... parts) {
    var bytes = new ByteArrayOutputStream();
    for (var part : parts) {
      bytes.writeBytes(part);
    }
    return bytes.toByteArray();
  }

  /** Opens a connection to a peer that says this and ends. */
  private static ServeConnection open(byte[] answers) throws IOException {
    return ServeConnection.open(
        new ByteArrayInputStream(answers),
        OutputStream.nullOutputStream(),
        StoreDir.DEFAULT,
        PeerEnd::none);
  }

  /** Opens a connection to a peer that says this and stays. */
  private static ServeConnection openLive(byte[] answers) throws IOException {
    var toClient = new MemoryPipe(1024);
    toClient.output().write(answers);
    return ServeConnection.open(
        toClient.input(), new EndOfInput(toClient), StoreDir.DEFAULT, PeerEnd::none);
  }

  /** Ends the peer's output with its input, as a program does. */
  private static final class EndOfInput extends OutputStream {
    private final MemoryPipe toClient;

    EndOfInput(MemoryPipe toClient) {
      this.toClient = toClient;
    }

    @Override
    public void write(int b) {}

    @Override
    public void close() throws IOException {
      toClient.output().close();
    }
  }

  // ── Golden bytes ───────────────────────────────────────────────────────────────────────────

  @ParameterizedTest
  @ValueSource(
      strings = {
        "serve28-copy-fresh",
        "serve28-copy-again",
        "serve23-copy-fresh",
        "serve226-copy-fresh",
        "serve234-copy-fresh",
        "serve28-already-valid",
        "serve28-pipelined-ok",
      })
  void writes_what_nix_writes(String name) throws IOException {
    var recording = Recording.of(name);
    var asked =
        recording.requests().stream()
            .takeWhile(request -> !(request.request() instanceof ServeRequest.QueryClosure))
            .toList();
    var written = new ByteArrayOutputStream();
    var log = new AnswerLog();
    var sent = new ArrayList<StorePath>();
    // Played by a store of ours, whose answers are those recorded: see ServeServerTest.
    var store = new MemoryStore();
    recording.validBefore().forEach(store::with);
    var peer = ServedStore.start(store);
    var tee = new Tee(peer.stdin(), written);
    var connection = ServeConnection.open(peer.stdout(), tee, StoreDir.DEFAULT, peer);
    for (var request : asked) {
      switch (request.request()) {
        case ServeRequest.QueryValidPaths query ->
            assertThat(query.paths())
                .containsAll(connection.queryValid(query.paths(), query.substitute()));
        case ServeRequest.QueryPathInfos query -> connection.queryPathInfos(query.paths());
        case ServeRequest.DumpStorePath dump -> {
          var nar = new ByteArrayOutputStream();
          connection.dump(dump.path(), nar);
          assertThat(nar.size()).isPositive();
        }
        case ServeRequest.AddToStoreNar add -> {
          connection.add(add.info(), request.object(), log);
          sent.add(add.info().path());
        }
        case ServeRequest.QueryClosure query -> throw new AssertionError();
      }
    }
    connection.drain();
    assertThat(log.added()).isEqualTo(sent);

    var expected = recording.client().clone();
    for (var request : asked) {
      if (request.request() instanceof ServeRequest.QueryValidPaths) {
        expected[request.offset() + Long.BYTES] = 1; // Nix does not lock, we do
      }
    }
    var from = Recording.GREETING;
    assertThat(Arrays.copyOfRange(written.toByteArray(), from, written.size()))
        .isEqualTo(Arrays.copyOfRange(expected, from, written.size()));
    assertThat(Arrays.copyOf(written.toByteArray(), from)).isEqualTo(integers(0x390c9debL, 0x207));
  }

  private static final class Tee extends OutputStream {
    private final OutputStream one;
    private final OutputStream other;

    Tee(OutputStream one, OutputStream other) {
      this.one = one;
      this.other = other;
    }

    @Override
    public void write(int b) {
      throw new AssertionError();
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      one.write(bytes, offset, length);
      other.write(bytes, offset, length);
    }
  }

  @Test
  void path_infos_are_read_as_nix_writes_them() throws IOException {
    var objects = Recording.of("serve28-copy-fresh").objects();
    var store = new MemoryStore();
    objects.forEach(store::with);
    var peer = ServedStore.start(store);
    try (var connection =
        ServeConnection.open(peer.stdout(), peer.stdin(), StoreDir.DEFAULT, peer)) {
      var infos = connection.queryPathInfos(DestinationStoreContract.paths(objects));
      assertThat(infos).hasSize(4);
      assertThat(infos.values()).anyMatch(info -> info.signatures().size() == 2);
      assertThat(connection.queryPathInfos(List.of(HELLO.path()))).isEmpty();
    }
  }

  // ── Handshake ──────────────────────────────────────────────────────────────────────────────

  @Test
  void every_truncation_of_the_greeting_is_a_handshake_error() {
    for (var length = 0; length < GREETING.length; length++) {
      var cut = Arrays.copyOf(GREETING, length);
      assertThatThrownBy(() -> open(cut)).isInstanceOf(HandshakeException.class);
    }
  }

  @Test
  void every_changed_byte_of_the_greeting_is_a_handshake_error_or_a_version_we_know()
      throws IOException {
    for (var i = 0; i < GREETING.length; i++) {
      for (var flip = 1; flip < 256; flip++) {
        var changed = GREETING.clone();
        changed[i] ^= (byte) flip;
        var minor = changed[8] & 0xff;
        if (i == 8 && minor >= 5) {
          openLive(changed).close();
        } else {
          assertThatThrownBy(() -> open(changed)).isInstanceOf(HandshakeException.class);
        }
      }
    }
  }

  @Test
  void an_older_version_is_refused_by_name() {
    assertThatThrownBy(() -> open(greeting(0x203)))
        .isInstanceOf(HandshakeException.class)
        .hasMessage(
            "the far side speaks serve 2.3 (Nix 1.x / 2.0), hookq needs 2.5 (Nix 2.1) or newer");
  }

  @Test
  void a_newer_version_is_spoken_as_ours_and_an_older_one_as_theirs() throws IOException {
    assertThat(protocol(0x209)).isEqualTo("serve 2.7");
    assertThat(protocol(0x205)).isEqualTo("serve 2.5");
  }

  private static String protocol(long version) throws IOException {
    try (var connection = openLive(greeting(version))) {
      return connection.protocol();
    }
  }

  @Test
  void a_banner_before_the_greeting_is_in_the_error_and_the_write_side_is_closed() {
    var closed = new CountDownLatch(1);
    var out =
        new ByteArrayOutputStream() {
          @Override
          public void close() {
            closed.countDown();
          }
        };
    var banner =
        concat(
            "Welcome to \u001b[1mserver\u001b[0m!\nYou have mail.\n"
                .getBytes(StandardCharsets.UTF_8),
            GREETING);
    assertThatThrownBy(() ->
            ServeConnection.open(
                new ByteArrayInputStream(banner), out, StoreDir.DEFAULT, PeerEnd::none))
        .isInstanceOf(HandshakeException.class)
        .hasMessageContaining("Welcome to")
        .hasMessageContaining("You have mail.");
    assertThat(closed.getCount()).isZero();
  }

  @Test
  void an_endless_banner_is_cut() {
    var endless =
        new InputStream() {
          @Override
          public int read() {
            return 'x';
          }
        };
    var failure =
        catchThrowable(() ->
            ServeConnection.open(
                endless, OutputStream.nullOutputStream(), StoreDir.DEFAULT, PeerEnd::none));
    assertThat(failure).isInstanceOf(HandshakeException.class);
    assertThat(String.valueOf(failure.getMessage()).length()).isLessThan(5000);
  }

  @Test
  void a_program_that_is_not_there_is_explained_by_its_shell() {
    try (var process =
        PipedProcess.start(new ProcessBuilder("sh", "-c", "hookq-has-no-such-program --serve"))) {
      var failure =
          catchThrowableOfType(
              HandshakeException.class,
              () ->
                  ServeConnection.open(
                      process.stdout(), process.stdin(), StoreDir.DEFAULT, process));
      assertThat(failure.exitStatus()).hasValue(127);
      assertThat(failure.stderrTail()).contains("not found");
    }
  }

  @Test
  void the_greeting_and_the_first_query_go_out_in_one_write() throws IOException {
    var writes = new AtomicInteger();
    var answers = new MemoryPipe(1024);
    var counting =
        new OutputStream() {
          @Override
          public void write(int b) {
            throw new AssertionError();
          }

          @Override
          public void write(byte[] bytes, int offset, int length) throws IOException {
            writes.incrementAndGet();
            answers.output().write(concat(GREETING, integers(0)));
          }

          @Override
          public void close() throws IOException {
            answers.output().close();
          }
        };
    try (var connection =
        ServeConnection.greet(answers.input(), counting, StoreDir.DEFAULT, PeerEnd::none)) {
      connection.queryValid(List.of(HELLO.path()), false);
      assertThat(writes).hasValue(1);
      assertThat(connection.protocol()).isEqualTo("serve 2.7");
    }
  }

  // ── Hostile peers ──────────────────────────────────────────────────────────────────────────

  @Test
  void an_answer_other_than_1_is_an_error_that_names_the_path() throws IOException {
    var failure = failureOfAdds(concat(GREETING, integers(1, 2)));
    assertThat(failure.suspect()).contains(StoreObject.path("link-1"));
    assertThat(failure).hasMessageContaining("1, the answer to AddToStoreNar");
  }

  @Test
  void an_end_inside_an_answer_is_an_error_that_names_the_path() throws IOException {
    var answers = concat(GREETING, integers(1, 1));
    var failure = failureOfAdds(Arrays.copyOf(answers, answers.length - 3));
    assertThat(failure.suspect()).contains(StoreObject.path("link-1"));
    assertThat(failure).hasMessageContaining("after 1 answers");
  }

  /** Adds three objects to a peer that gives these answers once it has got all of them. */
  private static PeerException failureOfAdds(byte[] answers) throws IOException {
    var toClient = new MemoryPipe(1024);
    var sent = new ByteArrayOutputStream();
    toClient.output().write(answers, 0, Recording.GREETING);
    try (var connection =
        ServeConnection.open(toClient.input(), sent, StoreDir.DEFAULT, PeerEnd::none)) {
      for (var object : DestinationStoreContract.chain(3)) {
        connection.add(object.info(), object, new AnswerLog());
      }
      toClient.output().write(answers, Recording.GREETING, answers.length - Recording.GREETING);
      toClient.output().close();
      return catchThrowableOfType(PeerException.class, connection::drain);
    }
  }

  @Test
  void an_answer_that_nobody_asked_for_is_an_error() throws IOException {
    var toClient = new MemoryPipe(1024);
    toClient.output().write(GREETING);
    try (var connection =
        ServeConnection.open(
            toClient.input(), OutputStream.nullOutputStream(), StoreDir.DEFAULT, PeerEnd::none)) {
      toClient.output().write(integers(1));
      Awaitility.await()
          .untilAsserted(() ->
              assertThatThrownBy(connection::drain)
                  .isInstanceOf(PeerException.class)
                  .hasMessageContaining("an answer to no request"));
    }
  }

  @Test
  void a_list_of_absurd_length_is_refused_before_it_is_allocated() throws IOException {
    for (var count : new long[] {Long.MAX_VALUE, -1, 1L << 40, 1 << 30}) {
      var toClient = new MemoryPipe(1024);
      toClient.output().write(GREETING);
      try (var connection =
          ServeConnection.open(
              toClient.input(),
              new AnswerOnWrite(toClient, integers(count)),
              StoreDir.DEFAULT,
              PeerEnd::none)) {
        assertThatThrownBy(() -> connection.queryValid(List.of(HELLO.path()), false))
            .isInstanceOf(PeerException.class)
            .hasMessageContaining("a list of at most");
      }
    }
  }

  /** Answers what comes after the greeting. */
  private static final class AnswerOnWrite extends OutputStream {
    private final MemoryPipe toClient;
    private final byte[] answer;
    private boolean greeted;

    AnswerOnWrite(MemoryPipe toClient, byte[] answer) {
      this.toClient = toClient;
      this.answer = answer;
    }

    @Override
    public void write(int b) {
      throw new AssertionError();
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      if (greeted) {
        toClient.output().write(answer);
      }
      greeted = true;
    }
  }

  @Test
  void the_peers_last_words_win_over_a_broken_pipe() throws IOException {
    var toServer = new MemoryPipe(1024);
    var toClient = new MemoryPipe(1024);
    toClient.output().write(GREETING);
    PeerEnd.Source end = () -> new PeerEnd("error: No space left on device\n", OptionalInt.of(1));
    var big = new BigFile("big", 10 << 20);
    try (var connection =
        ServeConnection.open(toClient.input(), toServer.output(), StoreDir.DEFAULT, end)) {
      Thread.startVirtualThread(() -> readThenDie(toServer, toClient, 100_000));
      var failure =
          catchThrowableOfType(
              PeerException.class, () -> connection.add(big.info(), big, new AnswerLog()));
      assertThat(failure).hasMessageContaining("No space left on device");
      assertThat(failure.suspect()).contains(big.info().path());
      assertThat(failure.exitStatus()).hasValue(1);
    }
  }

  private static void readThenDie(MemoryPipe toServer, MemoryPipe toClient, int bytes) {
    try {
      toServer.input().readNBytes(bytes);
      toServer.input().close();
      toClient.output().close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void a_peer_that_stops_talking_but_goes_on_reading_is_noticed_while_writing() throws IOException {
    var toServer = new MemoryPipe(1024);
    var toClient = new MemoryPipe(1024);
    toClient.output().write(GREETING);
    var big = new BigFile("big", (1L << 20) + 7);
    try (var connection =
        ServeConnection.open(
            toClient.input(), toServer.output(), StoreDir.DEFAULT, PeerEnd::none)) {
      Thread.startVirtualThread(() -> {
        try {
          toServer.input().readNBytes(100_000);
          toClient.output().close();
          toServer.input().transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
          // Closed under it, as intended.
        }
      });
      assertThatThrownBy(() -> connection.add(big.info(), big, new AnswerLog()))
          .isInstanceOf(PeerException.class)
          .hasMessageContaining("ended the connection instead of answering the import of");
    }
  }

  @Test
  void close_frees_a_writer_whose_peer_never_reads() throws Exception {
    var toServer = new MemoryPipe(1024);
    var toClient = new MemoryPipe(1024);
    toClient.output().write(GREETING);
    var big = new BigFile("big", 1 << 20);
    var connection =
        ServeConnection.open(toClient.input(), toServer.output(), StoreDir.DEFAULT, PeerEnd::none);
    var add = inBackground(() -> connection.add(big.info(), big, new AnswerLog()));
    Awaitility.await().until(() -> toServer.input().available() == 1024);
    connection.close();
    assertThat(failureOf(add)).isInstanceOf(IOException.class).hasMessageContaining("closed");
  }

  @Test
  void close_frees_an_asker_whose_peer_never_answers() throws Exception {
    var toServer = new MemoryPipe(64 * 1024);
    var toClient = new MemoryPipe(1024);
    toClient.output().write(GREETING);
    var connection =
        ServeConnection.open(toClient.input(), toServer.output(), StoreDir.DEFAULT, PeerEnd::none);
    var query = inBackground(() -> connection.queryValid(List.of(HELLO.path()), false));
    Awaitility.await().until(() -> toServer.input().available() > Recording.GREETING);
    connection.close();
    assertThat(failureOf(query)).isInstanceOf(IOException.class).hasMessageContaining("closed");
  }

  @Test
  void close_frees_whoever_waits_for_the_greeting() throws Exception {
    var toServer = new MemoryPipe(1024);
    var toClient = new MemoryPipe(1024);
    var connection =
        ServeConnection.greet(toClient.input(), toServer.output(), StoreDir.DEFAULT, PeerEnd::none);
    var query = inBackground(() -> connection.queryValid(List.of(HELLO.path()), false));
    Awaitility.await().until(() -> toServer.input().available() > 0);
    connection.close();
    assertThat(failureOf(query)).isInstanceOf(IOException.class);
  }

  @Test
  void a_full_window_is_flushed_and_waits_for_answers() throws Exception {
    var toServer = new MemoryPipe(16 << 20);
    var toClient = new MemoryPipe(1 << 20);
    toClient.output().write(GREETING);
    var connection =
        ServeConnection.open(toClient.input(), toServer.output(), StoreDir.DEFAULT, PeerEnd::none);
    var written = new AtomicInteger();
    var count = 5000;
    var log = new AnswerLog();
    var adds =
        inBackground(() -> {
          for (var i = 0; i < count; i++) {
            connection.add(HELLO.info(), HELLO, log);
            written.incrementAndGet();
          }
          connection.drain();
        });
    Awaitility.await().untilAtomic(written, equalTo(4096));
    // All that is unanswered has arrived: nobody waits for an answer to what is still here.
    var server = new WireReader(toServer.input());
    server.readLong();
    server.readLong();
    readAdds(server, 4096);
    assertThat(adds).isNotDone();
    toClient.output().write(ones(4096));
    readAdds(server, count - 4096);
    toClient.output().write(ones(count - 4096));
    adds.get(60, TimeUnit.SECONDS);
    assertThat(log.added()).hasSize(count);
    connection.close();
  }

  private static byte[] ones(int count) {
    var ones = new long[count];
    Arrays.fill(ones, 1);
    return integers(ones);
  }

  private static void readAdds(WireReader in, int count) throws IOException {
    for (var i = 0; i < count; i++) {
      assertThat(in.readLong()).isEqualTo(ServeCommand.ADD_TO_STORE_NAR.code);
      var add = ServeRequest.AddToStoreNar.readFields(in, StoreDir.DEFAULT);
      in.limited(add.info().narSize()).skipNBytes(add.info().narSize());
    }
  }

  @Test
  void small_objects_share_writes() throws IOException {
    var store = new MemoryStore();
    var peer = ServedStore.start(store);
    var writes = new AtomicInteger();
    var counting =
        new OutputStream() {
          @Override
          public void write(int b) {
            throw new AssertionError();
          }

          @Override
          public void write(byte[] bytes, int offset, int length) throws IOException {
            writes.incrementAndGet();
            peer.stdin().write(bytes, offset, length);
          }

          @Override
          public void close() throws IOException {
            peer.stdin().close();
          }
        };
    try (var connection = ServeConnection.open(peer.stdout(), counting, StoreDir.DEFAULT, peer)) {
      for (var object : DestinationStoreContract.chain(500)) {
        connection.add(object.info(), object, new AnswerLog());
      }
      connection.drain();
    }
    assertThat(writes.get()).isLessThan(20);
  }

  @Test
  void an_interrupted_caller_gets_out_of_a_wait() throws Exception {
    var toServer = new MemoryPipe(64 * 1024);
    var toClient = new MemoryPipe(1024);
    toClient.output().write(GREETING);
    var connection =
        ServeConnection.open(toClient.input(), toServer.output(), StoreDir.DEFAULT, PeerEnd::none);
    var failure = new CompletableFuture<Throwable>();
    var thread =
        Thread.startVirtualThread(() ->
            failure.complete(
                catchThrowable(() -> connection.queryValid(List.of(HELLO.path()), false))));
    Awaitility.await().until(() -> toServer.input().available() > Recording.GREETING);
    thread.interrupt();
    assertThat(failure.get(60, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
    connection.close();
  }

  private interface Action {
    void run() throws IOException;
  }

  private static CompletableFuture<Void> inBackground(Action action) {
    var done = new CompletableFuture<Void>();
    Thread.startVirtualThread(() -> {
      try {
        action.run();
        done.complete(null);
      } catch (Throwable e) {
        done.completeExceptionally(e);
      }
    });
    return done;
  }

  private static Throwable failureOf(CompletableFuture<Void> future) throws Exception {
    var failure =
        catchThrowableOfType(
            ExecutionException.class,
            () -> future.get(Duration.ofSeconds(60).toMillis(), TimeUnit.MILLISECONDS));
    return Objects.requireNonNull(failure.getCause());
  }
}
