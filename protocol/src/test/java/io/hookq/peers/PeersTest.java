package io.hookq.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfEnvironmentVariable;

class PeersTest {
  @Test
  void a_peer_that_is_there_is_found() {
    assertThat(Peers.require("sh")).isExecutable();
  }

  @Test
  @DisabledIfEnvironmentVariable(named = "HOOKQ_SKIP_PEERS", matches = "1")
  void a_missing_peer_fails_the_test_with_the_line_that_installs_it() {
    assertThatThrownBy(() -> Peers.require("nix-no-such-program"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("apt-get install nix-bin");
  }
}
