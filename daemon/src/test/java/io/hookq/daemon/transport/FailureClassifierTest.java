package io.hookq.daemon.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.daemon.queue.Paths;
import io.hookq.daemon.transport.UploadFailure.Interrupted;
import io.hookq.daemon.transport.UploadFailure.Refused;
import io.hookq.daemon.transport.UploadFailure.ServerTrouble;
import io.hookq.daemon.transport.UploadFailure.SourceCorrupt;
import io.hookq.daemon.transport.UploadFailure.SourceTrouble;
import io.hookq.daemon.transport.UploadFailure.SourceUnreadable;
import io.hookq.daemon.transport.UploadFailure.Unreachable;
import io.hookq.store.HandshakeException;
import io.hookq.store.NarMismatchException;
import io.hookq.store.PeerEnd;
import io.hookq.store.PeerException;
import io.hookq.store.SourceReadException;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FailureClassifierTest {
  private static final StorePath PATH = Paths.path("app");

  private static UploadFailure of(IOException e) {
    return FailureClassifier.of(e, Optional.empty());
  }

  private static PeerEnd ended(int status, String stderr) {
    return new PeerEnd(stderr, OptionalInt.of(status));
  }

  private static PeerEnd unknown(String stderr) {
    return new PeerEnd(stderr, OptionalInt.empty());
  }

  private static IOException peer(PeerEnd end) {
    return new PeerException("the peer ended the connection", Optional.of(PATH), end);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          error: cannot add path '/nix/store/x' because it lacks a valid signature | MISSING_SIGNATURE
          error: cannot add path 'x' because it lacks a signature by a trusted key | MISSING_SIGNATURE
          error: importing paths is not allowed                                    | NOT_ALLOWED
          error: hash mismatch importing path '/nix/store/x'; specified: a got: b  | HASH_MISMATCH
          error: path '/nix/store/x' is not valid                                  | INVALID_REFERENCE
          error: bad archive: input doesn't look like a Nix archive                | OTHER
          """)
  void a_peer_that_exits_over_a_path_has_refused_it(String stderr, Refusal kind) {
    assertThat(of(peer(ended(1, stderr))))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> {
              assertThat(refused.path()).isEqualTo(PATH);
              assertThat(refused.kind()).isEqualTo(kind);
              assertThat(refused.words()).contains(stderr);
            });
  }

  @Test
  void an_error_on_stderr_is_a_verdict_even_without_an_exit_status() {
    assertThat(of(peer(unknown("error: bad archive")))).isInstanceOf(Refused.class);
  }

  @Test
  void a_connection_that_just_ended_is_unreachable() {
    assertThat(of(peer(unknown("")))).isInstanceOf(Unreachable.class);
    assertThat(of(peer(unknown("warning: SQLite is busy")))).isInstanceOf(Unreachable.class);
    assertThat(of(new ConnectException("Connection refused"))).isInstanceOf(Unreachable.class);
  }

  @Test
  void a_full_disk_there_is_nobodys_path() {
    assertThat(of(peer(ended(1, "error: writing to file: No space left on device"))))
        .isInstanceOf(ServerTrouble.class);
    assertThat(of(peer(ended(1, "error: database or disk is full"))))
        .isInstanceOf(ServerTrouble.class);
  }

  @Test
  void a_program_that_is_not_there_comes_with_a_hint() {
    var end = ended(127, "bash: nix-store: command not found");
    for (var e : new IOException[] {new HandshakeException("no answer", end), peer(end)}) {
      assertThat(of(e)).isInstanceOf(ServerTrouble.class);
      assertThat(of(e).words()).contains("command not found");
      assertThat(of(e).hint())
          .hasValueSatisfying(hint -> assertThat(hint).contains("remote-program"));
      assertThat(of(e).explained()).contains("command not found").contains("remote-program");
    }
  }

  @Test
  void a_peer_of_another_protocol_is_the_servers_trouble() {
    assertThat(of(new HandshakeException("wrong magic: 'Welcome '", unknown(""))))
        .isInstanceOf(ServerTrouble.class);
  }

  @Test
  void a_refusal_of_a_question_blames_no_path() {
    var e = new PeerException("ended", Optional.empty(), ended(1, "error: opening database"));
    assertThat(of(e)).isInstanceOf(ServerTrouble.class);
  }

  @Test
  void what_goes_wrong_here_is_told_apart_from_what_goes_wrong_there() {
    var unreadable = new SourceReadException("Permission denied");
    assertThat(FailureClassifier.of(unreadable, Optional.of(PATH)))
        .isEqualTo(new SourceUnreadable(PATH, "Permission denied"));
    assertThat(of(unreadable)).isEqualTo(new SourceTrouble("Permission denied"));
    assertThat(of(new NarMismatchException(PATH, "hashes to something else")))
        .isEqualTo(new SourceCorrupt(PATH, "hashes to something else"));
    assertThat(of(new InterruptedIOException("interrupted"))).isInstanceOf(Interrupted.class);
  }

  @Test
  void an_exception_without_words_still_says_something() {
    assertThat(of(new IOException()).words()).contains("IOException");
  }
}
