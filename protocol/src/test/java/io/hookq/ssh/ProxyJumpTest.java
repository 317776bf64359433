package io.hookq.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hookq.docs.Operations;
import io.hookq.peers.SshdPeer;
import io.hookq.peers.TempFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** By way of one and two real OpenSSH servers to a third. */
@Timeout(120)
class ProxyJumpTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final TempFolder FOLDER = TempFolder.create();
  private static final SshConnector CONNECTOR = new SshConnector();
  private static final SshdPeer TARGET = SshdPeer.in(FOLDER.resolve("target")).start();
  private static final SshdPeer NEAR = SshdPeer.in(FOLDER.resolve("near")).start();
  private static final SshdPeer FAR = SshdPeer.in(FOLDER.resolve("far")).start();

  @AfterAll
  static void stop() {
    CONNECTOR.close();
    TARGET.close();
    NEAR.close();
    FAR.close();
    FOLDER.close();
  }

  @Test
  void twenty_megabytes_go_by_way_of_two_hosts_and_back() throws Exception {
    byte[] data = new byte[20_000_000];
    new Random(7).nextBytes(data);
    try (SshSession session =
            CONNECTOR.connect(endpoint(TARGET).by(endpoint(FAR).by(endpoint(NEAR))));
        RemoteCommand remote = session.exec("cat; echo done >&2")) {
      var writer =
          CompletableFuture.runAsync(
              () -> {
                try (var out = remote.stdin()) {
                  out.write(data);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              },
              Thread::startVirtualThread);
      byte[] back = remote.stdout().readAllBytes();
      writer.get(60, TimeUnit.SECONDS);
      assertThat(MessageDigest.isEqual(back, data)).isTrue();
      assertThat(remote.awaitExit(LONG)).hasValue(0);
    }
    assertThat(FAR.log()).contains("Accepted publickey");
  }

  @Test
  void closing_the_session_closes_those_on_the_way() throws Exception {
    try (var jump = SshdPeer.in(FOLDER.resolve("jump")).start()) {
      SshSession session = CONNECTOR.connect(endpoint(TARGET).by(endpoint(jump)));
      assertThat(session.isOpen()).isTrue();
      session.close();
      Awaitility.await()
          .atMost(LONG)
          .until(
              () -> jump.log().contains("isconnect") || jump.log().contains("Connection closed"));
    }
  }

  @Test
  void a_jump_host_that_goes_down_ends_the_session_with_its_name() throws IOException {
    try (var mortal = SshdPeer.in(FOLDER.resolve("mortal")).start();
        SshSession session = CONNECTOR.connect(endpoint(TARGET).by(endpoint(mortal)));
        RemoteCommand remote = session.exec("echo begun; cat")) {
      assertThat(remote.stdout().readNBytes(6)).asString().isEqualTo("begun\n");
      mortal.stop();
      assertThatThrownBy(() -> remote.stdout().read())
          .isInstanceOf(SshUnreachableException.class)
          .hasMessageContaining(endpoint(TARGET).address());
      Awaitility.await().atMost(LONG).until(() -> !session.isOpen());
    }
  }

  @Test
  void an_idle_session_through_a_jump_lives_longer_than_its_stall_timeout() throws IOException {
    try (SshSession session =
            CONNECTOR.connect(
                endpoint(TARGET, Duration.ofMillis(900))
                    .by(endpoint(NEAR, Duration.ofMillis(900))));
        RemoteCommand remote = session.exec("sleep 3; echo awake")) {
      assertThat(remote.stdout().readAllBytes()).asString().isEqualTo("awake\n");
    }
  }

  @Test
  void a_jump_host_that_cannot_reach_the_next_says_so() {
    int nobody;
    try (var once = SshdPeer.in(FOLDER.resolve("once")).start()) {
      nobody = once.port();
    }
    SshEndpoint target = endpoint(TARGET);
    var gone =
        new SshEndpoint(
            target.host(),
            nobody,
            target.user(),
            target.identities(),
            target.hostKeys(),
            LONG,
            LONG,
            false);
    var e = unreachable(gone.by(endpoint(NEAR)));
    assertThat(e)
        .hasMessageContaining(endpoint(NEAR).address() + " does not connect to 127.0.0.1:" + nobody)
        .hasMessageContaining("refused");
    assertThat(e.getMessage()).is(Operations.says("JUMP does not connect to HOST"));
  }

  @Test
  void a_jump_host_that_forbids_it_says_so() {
    try (var strict =
        SshdPeer.in(FOLDER.resolve("strict")).option("AllowTcpForwarding", "no").start()) {
      var e = unreachable(endpoint(TARGET).by(endpoint(strict)));
      assertThat(e).hasMessageContaining("prohibited");
      assertThat(e.hint().orElseThrow()).contains("AllowTcpForwarding");
    }
  }

  @Test
  void each_host_on_the_way_is_checked_by_its_own_key() {
    SshEndpoint near = endpoint(NEAR);
    var unknown =
        new SshEndpoint(
            near.host(),
            near.port(),
            near.user(),
            near.identities(),
            new HostKeyPolicy.Strict(List.of(TARGET.knownHosts())),
            LONG,
            LONG,
            false);
    assertThatThrownBy(() -> CONNECTOR.connect(endpoint(TARGET).by(unknown)))
        .isInstanceOf(SshHostKeyException.class)
        .hasMessageContaining(near.address());
  }

  private static SshUnreachableException unreachable(SshEndpoint endpoint) {
    return catchThrowableOfType(
        SshUnreachableException.class, () -> CONNECTOR.connect(endpoint).close());
  }

  private static SshEndpoint endpoint(SshdPeer peer) {
    return endpoint(peer, LONG);
  }

  private static SshEndpoint endpoint(SshdPeer peer, Duration stallTimeout) {
    return new SshEndpoint(
        peer.host(),
        peer.port(),
        peer.user(),
        List.of(SshIdentity.keyFile(peer.userKey())),
        new HostKeyPolicy.Strict(List.of(peer.knownHosts())),
        LONG,
        stallTimeout,
        false);
  }
}
