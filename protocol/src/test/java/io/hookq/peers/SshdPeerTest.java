package io.hookq.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class SshdPeerTest {
  @AutoClose private final TempFolder folder = TempFolder.create();

  @Test
  void openssh_itself_can_log_in_reach_nix_and_a_store_of_its_choice() {
    try (var sshd = SshdPeer.in(folder.resolve("sshd")).start();
        var nix = NixPeer.in(folder.resolve("far"))) {
      var path = nix.addText("there", "there");

      var listed =
          ssh(
                  sshd,
                  sshd.port(),
                  sshd.userKey(),
                  "nix-store --store '%s' -q --hash %s"
                      .formatted(nix.localUri(), nix.storeDir().print(path)))
              .orFail("ssh");

      assertThat(listed.stdout()).startsWith("sha256:");
    }
  }

  @Test
  void a_stopped_server_comes_back_on_its_port_with_its_keys() {
    try (var sshd = SshdPeer.in(folder.resolve("sshd")).start()) {
      var port = sshd.port();
      sshd.stop();
      assertThat(ssh(sshd, port, sshd.userKey(), "true").exitStatus()).isEqualTo(255);
      sshd.start();
      assertThat(sshd.port()).isEqualTo(port);
      ssh(sshd, port, sshd.userKey(), "true").orFail("ssh");
    }
  }

  @Test
  void a_key_that_is_not_authorized_is_refused() {
    try (var sshd = SshdPeer.in(folder.resolve("sshd")).start()) {
      var stranger = sshd.newKey("stranger", "ed25519", "");
      var refused = ssh(sshd, sshd.port(), stranger, "true");
      assertThat(refused.stderr()).contains("Permission denied");
    }
  }

  private static Finished ssh(SshdPeer sshd, int port, Path key, String command) {
    var words = new ArrayList<String>();
    words.add(Peers.require("ssh").toString());
    words.addAll(List.of("-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"));
    words.addAll(List.of("-o", "UserKnownHostsFile=" + sshd.knownHosts()));
    words.addAll(List.of("-i", key.toString(), "-p", "" + port));
    words.addAll(List.of(sshd.user() + "@" + sshd.host(), command));
    return PeerProcess.run(new ProcessBuilder(words));
  }
}
