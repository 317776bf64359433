package io.hookq.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

final class PeerEndTest {
  private static final PeerEnd END = new PeerEnd("error: path is not valid\n", OptionalInt.of(1));

  @Test
  void a_peers_words_and_exit_status_are_part_of_the_message() {
    var path = new StorePath("i9pmrzmpshapij2kin22pff6fc2adavx-hello.txt");
    var failure = new PeerException("the peer closed the connection", Optional.of(path), END);
    assertThat(failure)
        .hasMessage("the peer closed the connection (exit status 1): error: path is not valid");
    assertThat(failure.suspect()).contains(path);
    assertThat(failure.exitStatus()).hasValue(1);
    assertThat(failure.stderrTail()).isEqualTo("error: path is not valid\n");
  }

  @Test
  void a_handshake_that_failed_carries_them_too() {
    var failure = new HandshakeException("not a Nix store", END);
    assertThat(failure).hasMessage("not a Nix store (exit status 1): error: path is not valid");
    assertThat(failure.exitStatus()).hasValue(1);
    assertThat(failure.stderrTail()).isEqualTo("error: path is not valid\n");
  }

  @Test
  void nothing_known_adds_nothing() {
    PeerEnd.Source nobody = PeerEnd::none;
    assertThat(new HandshakeException("no answer", nobody.peerEnd())).hasMessage("no answer");
  }
}
