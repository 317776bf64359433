package io.hookq.daemon.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.peers.SshdPeer;
import io.hookq.peers.TempFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A destination of which only OpenSSH's config knows where it is, and by way of whom. */
@Timeout(180)
class OpenSshConfigTest {
  private static final String THERE = "there";

  private final TempFolder folder = TempFolder.create();
  private Far far;
  private Near near;
  private SshdPeer jump;

  @BeforeEach
  void open() throws IOException {
    far = Far.in(folder.resolve("far"));
    near = Near.in(folder.resolve("near"));
    jump = SshdPeer.in(folder.resolve("jump")).start();
    // Its user's home is where its files are.
    var file = Files.createDirectories(folder.resolve("near/.ssh")).resolve("config");
    Files.writeString(
        file,
        """
        Host cache.alias
          HostName 127.0.0.1
          Port %d
          User %s
          IdentityFile %s
          UserKnownHostsFile %s
          ProxyJump jump.alias
        Host jump.alias
          HostName 127.0.0.1
          Port %d
          User %s
          IdentityFile %s
          UserKnownHostsFile %s
        """
            .formatted(
                far.sshd().port(),
                far.sshd().user(),
                far.sshd().userKey(),
                far.sshd().knownHosts(),
                jump.port(),
                jump.user(),
                jump.userKey(),
                jump.knownHosts()));
  }

  @AfterEach
  void close() {
    jump.close();
    near.close();
    far.close();
    folder.close();
  }

  @Test
  void paths_go_by_way_of_the_jump_host_and_wait_while_it_is_down() {
    near.destination(
            THERE,
            """
            uri = "ssh://cache.alias"
            remote-store = "%s"
            idle-timeout = "100ms"
            """
                .formatted(far.nix().localUri()))
        .start();
    var first = near.nix().addText("first", "first\n");
    near.push(first);
    near.awaitDone(THERE);
    assertThat(jump.log()).contains("Accepted publickey");
    assertThat(far.sshd().log()).contains("Accepted publickey");

    jump.stop();
    var second = near.nix().addText("second", "second\n");
    near.push(second);
    near.awaitError(THERE, "127.0.0.1:" + jump.port());
    assertThat(near.job(THERE, second).attempts()).isZero();
    jump.start();
    near.awaitDone(THERE);
    far.assertWhole(List.of(first, second));
  }
}
