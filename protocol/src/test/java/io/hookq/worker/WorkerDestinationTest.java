package io.hookq.worker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hookq.serve.AnswerLog;
import io.hookq.serve.StoreObject;
import io.hookq.store.DestinationStore.AddListener;
import io.hookq.store.HandshakeException;
import io.hookq.store.NarHash;
import io.hookq.store.NarMismatchException;
import io.hookq.store.NarSource;
import io.hookq.store.PathInfo;
import io.hookq.store.PeerEnd;
import io.hookq.store.PeerException;
import io.hookq.store.Signature;
import io.hookq.store.SourceReadException;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the contract leaves open, over a daemon in memory. */
@Timeout(120)
final class WorkerDestinationTest {
  private final WorkerServer server = new WorkerServer(WorkerVersion.OURS);
  private final AnswerLog log = new AnswerLog();

  @ParameterizedTest
  @ValueSource(ints = {21, 22, 23, 25, 26, 27, 30, 33, 35, 37, 38})
  void every_version_from_the_floor_on_is_spoken(int minor) throws IOException {
    var old = new WorkerServer(new WorkerVersion(1, minor));
    var first = StoreObject.file("first", "1".repeat(40_000));
    var second = StoreObject.file("second", "2", first);
    var missing = StoreObject.file("third", "3").referringTo(List.of(StoreObject.path("missing")));
    try (var store = old.connect().open()) {
      assertThat(store.queryValid(List.of(first.path()), false)).isEmpty();
      for (var object : List.of(first, missing, second)) {
        store.add(object.info(), object, log);
      }
      store.drain();
      assertThat(store.queryValid(List.of(first.path(), missing.path(), second.path()), false))
          .containsExactlyInAnyOrder(first.path(), second.path());
      assertThat(store.protocol()).isEqualTo("worker 1." + minor);
    }
    assertThat(log.added()).containsExactly(first.path(), second.path());
    assertThat(log.refused()).containsExactly(missing.path());
  }

  @Test
  void a_wrong_nar_between_two_right_ones_costs_nobody_else_anything() throws IOException {
    var first = StoreObject.file("first", "1");
    var wrong = StoreObject.file("wrong", "x".repeat(300_000));
    var last = StoreObject.file("last", "2", first);
    NarSource unreadable =
        out -> {
          out.write(wrong.nar(), 0, 200_000);
          throw new SourceReadException("a bad sector");
        };
    try (var store = server.connect().open()) {
      store.add(first.info(), first, log);
      assertThatThrownBy(() ->
              store.add(
                  wrong.as(new NarHash("0".repeat(64)), wrong.nar().length).info(), wrong, log))
          .isInstanceOf(NarMismatchException.class);
      assertThat(store.isStillGood()).isTrue();
      assertThatThrownBy(() -> store.add(wrong.info(), unreadable, log))
          .isInstanceOf(SourceReadException.class);
      assertThat(store.isStillGood()).isTrue();
      store.add(last.info(), last, log);
      store.drain();
    }
    assertThat(log.added()).containsExactly(first.path(), last.path());
    assertThat(log.refused()).isEmpty();
    assertThat(server.valid()).containsOnlyKeys(first.path(), last.path());
  }

  @Test
  void below_frames_a_wrong_nar_ends_the_connection() throws IOException {
    var old = new WorkerServer(WorkerVersion.FLOOR);
    var wrong = StoreObject.file("wrong", "x").as(new NarHash("0".repeat(64)), 120);
    try (var store = old.connect().open()) {
      assertThatThrownBy(() -> store.add(wrong.info(), wrong, log))
          .isInstanceOf(NarMismatchException.class);
      assertThat(store.isStillGood()).isFalse();
      assertThatThrownBy(store::drain).isInstanceOf(NarMismatchException.class);
    }
    assertThat(old.valid()).isEmpty();
  }

  @Test
  void a_refusal_comes_with_the_words_and_traces_of_the_daemon_without_colours()
      throws IOException {
    var missing = StoreObject.file("x", "3").referringTo(List.of(StoreObject.path("missing")));
    var reasons = new ArrayList<String>();
    var listener =
        new AddListener() {
          @Override
          public void added(PathInfo info) {}

          @Override
          public void refused(PathInfo info, String reason) {
            reasons.add(reason);
          }
        };
    try (var store = server.connect().open()) {
      store.add(missing.info(), missing, listener);
      store.drain();
    }
    assertThat(reasons)
        .containsExactly(
            "error: path '/nix/store/%s' is not valid\n  … while testing"
                .formatted(StoreObject.path("missing").baseName()));
  }

  @Test
  void two_alike_refusals_in_a_row_are_two_refusals() throws IOException {
    var missing = List.of(StoreObject.path("missing"));
    var one = StoreObject.file("one", "1").referringTo(missing);
    var two = StoreObject.file("two", "2").referringTo(missing);
    try (var store = server.connect().open()) {
      store.add(one.info(), one, log);
      store.add(two.info(), two, log);
      store.drain();
    }
    assertThat(log.refused()).containsExactly(one.path(), two.path());
  }

  @Test
  void a_request_that_the_daemon_cannot_parse_is_held_against_its_path_and_no_other()
      throws IOException {
    var good = StoreObject.file("good", "1");
    var bad = StoreObject.file(WorkerServer.UNPARSABLE, "2");
    var next = StoreObject.file("next", "3");
    try (var store = server.connect().open()) {
      var failure =
          catchThrowableOfType(
              PeerException.class,
              () -> {
                for (var object : List.of(good, bad, next)) {
                  store.add(object.info(), object, log);
                }
                store.drain();
              });
      assertThat(failure.suspect()).contains(bad.path());
      assertThat(failure.stderrTail()).contains("I cannot read");
      assertThat(store.isStillGood()).isFalse();
    }
    assertThat(log.added()).containsExactly(good.path());
    assertThat(log.refused()).doesNotContain(next.path());
  }

  @ParameterizedTest
  @ValueSource(ints = {21, 26, 27, 38})
  void what_the_far_side_can_fetch_is_valid_after_the_question(int minor) throws IOException {
    var far = new WorkerServer(new WorkerVersion(1, minor));
    var object = StoreObject.file("fetched", "1");
    far.substitutable().add(object.path());
    try (var store = far.connect().open()) {
      assertThat(store.queryValid(List.of(object.path()), false)).isEmpty();
      assertThat(store.queryValid(List.of(object.path(), StoreObject.path("other")), true))
          .containsExactly(object.path());
    }
  }

  @Test
  void roots_are_asked_for_before_validity_in_one_round_trip() throws IOException {
    var paths = new ArrayList<StorePath>();
    for (var i = 0; i < 10_000; i++) {
      paths.add(StoreObject.path("p-" + i));
    }
    try (var store = server.connect().open()) {
      assertThat(store.queryValid(paths, false)).isEmpty();
    }
    assertThat(server.operations()).hasSize(10_001).startsWith(11L, 11L).endsWith(11L, 31L);
  }

  @Test
  void signatures_are_added_where_they_are_missing_and_only_there() throws IOException {
    var ours = new Signature("ours", "AAAA");
    var theirs = new Signature("theirs", "BBBB");
    var lacking = StoreObject.file("lacking", "1");
    var having = signed(StoreObject.file("having", "2").info(), ours);
    try (var store = server.connect().open()) {
      store.add(signed(lacking.info(), theirs), lacking, log);
      store.add(having, StoreObject.file("having", "2"), log);
      store.drain();
      store.addSignatures(List.of(signed(lacking.info(), ours), having));
      store.addSignatures(List.of(signed(StoreObject.file("not-there", "3").info(), ours)));
      store.addSignatures(List.of(StoreObject.file("unsigned", "4").info()));
      assertThat(store.queryValid(List.of(lacking.path()), false)).hasSize(1);
    }
    assertThat(server.valid())
        .hasEntrySatisfying(
            lacking.path(), info -> assertThat(info.signatures()).containsExactly(ours, theirs));
    assertThat(server.operations().stream().filter(op -> op == 37)).hasSize(1);
  }

  private static PathInfo signed(PathInfo info, Signature signature) {
    return new PathInfo(
        info.path(),
        info.narHash(),
        info.narSize(),
        info.references(),
        info.deriver(),
        0,
        false,
        List.of(signature),
        info.contentAddress());
  }

  // ── Greetings ──────────────────────────────────────────────────────────────────────────────

  private static WorkerDestination open(byte[] answers, PeerEnd end) throws IOException {
    return WorkerDestination.open(
        new ByteArrayInputStream(answers),
        OutputStream.nullOutputStream(),
        StoreDir.DEFAULT,
        () -> end);
  }

  @ParameterizedTest
  @ValueSource(strings = {"worker28-ops-1.21", "worker28-ops-1.34", "worker234-ops-1.38"})
  void every_truncation_of_the_handshake_is_a_handshake_error(String name) {
    var handshake = WorkerRecording.of(name).serverHandshake();
    for (var length = 0; length < handshake.length; length++) {
      var cut = Arrays.copyOf(handshake, length);
      assertThatThrownBy(
              () -> {
                try (var store = open(cut, PeerEnd.none())) {
                  store.queryValid(List.of(), false);
                }
              })
          .isInstanceOf(HandshakeException.class);
    }
  }

  @Test
  void a_banner_and_a_program_that_is_not_there_are_said_in_their_own_words() {
    var end = new PeerEnd("sh: nix-daemon: not found\n", OptionalInt.of(127));
    assertThatThrownBy(() -> open(new byte[0], end))
        .isInstanceOf(HandshakeException.class)
        .hasMessageContaining("not found")
        .hasMessageContaining("127");
    assertThatThrownBy(() -> open("Welcome to the machine".getBytes(UTF_8), PeerEnd.none()))
        .isInstanceOf(HandshakeException.class)
        .hasMessageContaining("'Welcome to the machine'");
  }

  // ── Cuts ───────────────────────────────────────────────────────────────────────────────────

  @Test
  void wherever_the_line_is_cut_what_was_acknowledged_is_there_and_nothing_more_is_claimed()
      throws IOException {
    var objects = new ArrayList<StoreObject>();
    for (var i = 0; i < 6; i++) {
      objects.add(
          i == 0
              ? StoreObject.file("link-0", "0")
              : StoreObject.file("link-" + i, "x".repeat(i * 50), objects.getLast()));
    }
    for (var allowed = 0; allowed < 6000; allowed += 37) {
      var far = new WorkerServer(WorkerVersion.OURS);
      var answers = new AnswerLog();
      var client = far.connect();
      var line = new CutOutput(client.out(), allowed);
      var failure =
          catchThrowableOfType(
              IOException.class,
              () -> {
                try (var store =
                    WorkerDestination.open(client.in(), line, StoreDir.DEFAULT, client)) {
                  for (var object : objects) {
                    store.add(object.info(), object, answers);
                  }
                  store.drain();
                }
              });
      if (failure == null) {
        assertThat(answers.added()).hasSize(objects.size());
        assertThat(far.valid()).hasSize(objects.size());
        return;
      }
      assertThat(far.valid().keySet()).as("cut at %s", allowed).containsAll(answers.added());
      assertThat(answers.refused()).as("cut at %s", allowed).isEmpty();
    }
    throw new AssertionError("never all of it got through");
  }

  /** Passes on so many bytes, then nothing, and ends the line. */
  private static final class CutOutput extends OutputStream {
    private final OutputStream out;
    private int left;

    private CutOutput(OutputStream out, int left) {
      this.out = out;
      this.left = left;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      var through = Math.min(left, length);
      out.write(bytes, offset, through);
      left -= through;
      if (through < length) {
        out.close();
        throw new IOException("cut");
      }
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }
}
