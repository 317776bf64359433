package io.hookq.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hookq.docs.Operations;
import io.hookq.peers.SshdPeer;
import io.hookq.peers.TempFolder;
import io.hookq.serve.ServeConnection;
import io.hookq.store.HandshakeException;
import io.hookq.store.PeerEnd;
import io.hookq.store.StoreDir;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.sshd.common.kex.KexProposalOption;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What real servers do to people who log in. */
@Timeout(120)
class ServerMannersTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final TempFolder FOLDER = TempFolder.create();
  private static final SshConnector CONNECTOR = new SshConnector();
  private static final SshdPeer SSHD = SshdPeer.in(FOLDER.resolve("sshd"));
  private static int keys;

  @BeforeAll
  static void start() throws IOException {
    Path banner = Files.writeString(FOLDER.resolve("banner"), "Authorised people only.\n");
    SSHD.option("Banner", banner.toString()).start();
  }

  @AfterAll
  static void stop() {
    CONNECTOR.close();
    SSHD.close();
    FOLDER.close();
  }

  @Test
  void a_banner_hinders_nothing_and_is_part_of_an_error() throws IOException {
    try (SshSession session = CONNECTOR.connect(endpoint(SSHD, SSHD.userKey()));
        RemoteCommand remote = session.exec("echo in")) {
      assertThat(new String(remote.stdout().readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo("in\n");
      assertThat(session.agreed(KexProposalOption.C2SENC)).isEqualTo("aes128-gcm@openssh.com");
    }
    Path stranger = SSHD.newKey("stranger", "ed25519", "");
    assertThat(
            catchThrowableOfType(
                SshAuthenticationException.class,
                () -> CONNECTOR.connect(endpoint(SSHD, stranger)).close()))
        .hasMessageContaining("it said: Authorised people only.");
  }

  @ParameterizedTest
  @CsvSource({
    "echo Welcome home; eval \\\"$SSH_ORIGINAL_COMMAND\\\", Welcome home",
    "/usr/sbin/nologin, not available",
    "echo go away >&2; exit 9, go away",
    "internal-sftp, This service allows sftp connections only"
  })
  void a_shell_that_talks_or_runs_something_else_is_quoted(String forced, String words)
      throws IOException {
    Path key = SSHD.newKey("forced" + keys++, "ed25519", "");
    SSHD.authorize(key, "restrict,command=\"%s\" ".formatted(forced));
    try (SshSession session = CONNECTOR.connect(endpoint(SSHD, key));
        RemoteCommand remote = session.exec("cat")) {
      PeerEnd.Source end = () -> new PeerEnd(remote.stderrTail(), remote.awaitExit(LONG));
      assertThat(
              catchThrowableOfType(
                  HandshakeException.class,
                  () ->
                      ServeConnection.open(remote.stdout(), remote.stdin(), StoreDir.DEFAULT, end)
                          .close()))
          .hasMessageContaining(words);
    }
  }

  @Test
  void a_server_with_too_many_guests_is_unreachable() throws IOException {
    try (var full = SshdPeer.in(FOLDER.resolve("full")).option("MaxStartups", "1").start()) {
      // The one place may be taken for a moment by who asked whether the server listens.
      var idlers = new ArrayList<Socket>();
      Awaitility.await()
          .atMost(LONG)
          .until(() -> {
            idlers.add(new Socket(full.host(), full.port()));
            return idlers.getLast().getInputStream().read() == 'S';
          });
      var e =
          catchThrowableOfType(
              SshUnreachableException.class,
              () -> CONNECTOR.connect(endpoint(full, full.userKey())).close());
      assertThat(e).hasMessageContaining(endpoint(full, full.userKey()).address());
      // Its words may be overtaken by the reset that follows them.
      assertThat(e.getMessage())
          .is(Operations.says("… cannot be reached, while waiting for the server's greeting: …"));
      for (Socket idler : idlers) {
        idler.close();
      }
    }
  }

  private static SshEndpoint endpoint(SshdPeer peer, Path key) {
    return new SshEndpoint(
        peer.host(),
        peer.port(),
        peer.user(),
        List.of(SshIdentity.keyFile(key)),
        new HostKeyPolicy.Strict(List.of(peer.knownHosts())),
        LONG,
        LONG,
        false);
  }
}
