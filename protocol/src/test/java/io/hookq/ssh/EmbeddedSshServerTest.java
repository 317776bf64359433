package io.hookq.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hookq.peers.PeerProcess;
import io.hookq.peers.Peers;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.common.kex.KexProposalOption;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedSshServerTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  private final GeneratedKey key = GeneratedKey.ed25519();
  private final CountDownLatch interrupted = new CountDownLatch(1);
  @AutoClose private final SshConnector connector = new SshConnector();
  @AutoClose private EmbeddedSshServer server = server();

  private EmbeddedSshServer server() {
    try {
      return EmbeddedSshServer.start(List.of(key.publicLine() + " comment"), this::play);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @BeforeEach
  void listens_on_loopback() {
    assertThat(server.port()).isPositive();
    assertThat(server.host()).isEqualTo("127.0.0.1");
  }

  @Test
  void a_command_gets_its_streams_and_gives_its_status() throws IOException {
    try (SshSession session = connect(key);
        RemoteCommand remote = session.exec("greet world")) {
      remote.stdin().close();
      assertThat(remote.stdout().readAllBytes()).asString().isEqualTo("hello world");
      assertThat(remote.awaitExit(LONG)).hasValue(5);
      assertThat(remote.stderrTail()).isEqualTo("greeting");
    }
  }

  @Test
  void the_key_exchange_is_post_quantum_and_the_cipher_is_fast() throws IOException {
    try (SshSession session = connect(key)) {
      assertThat(session.agreed(KexProposalOption.ALGORITHMS)).isEqualTo("mlkem768x25519-sha256");
      assertThat(session.agreed(KexProposalOption.C2SENC)).isEqualTo("aes128-gcm@openssh.com");
    }
  }

  @Test
  void two_hundred_commands_run_over_one_session() throws IOException {
    try (SshSession session = connect(key)) {
      for (int i = 0; i < 200; i++) {
        try (RemoteCommand remote = session.exec("greet " + i)) {
          assertThat(remote.stdout().readAllBytes()).asString().isEqualTo("hello " + i);
          assertThat(remote.awaitExit(LONG)).hasValue(5);
        }
      }
    }
  }

  @Test
  void bytes_come_back_as_they_went() throws Exception {
    byte[] sent = new byte[20_000_000];
    new Random(7).nextBytes(sent);
    try (SshSession session = connect(key);
        RemoteCommand remote = session.exec("cat")) {
      Thread writer =
          Thread.ofVirtual()
              .start(() -> {
                try (OutputStream out = remote.stdin()) {
                  out.write(sent);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      assertThat(remote.stdout().readAllBytes()).isEqualTo(sent);
      writer.join();
      assertThat(remote.awaitExit(LONG)).hasValue(0);
    }
  }

  @Test
  void a_handler_that_fails_says_why_on_stderr() throws IOException {
    try (SshSession session = connect(key);
        RemoteCommand remote = session.exec("fail")) {
      assertThat(remote.stdout().readAllBytes()).isEmpty();
      assertThat(remote.awaitExit(LONG)).hasValue(255);
      assertThat(remote.stderrTail()).isEqualTo("no such store\n");
    }
  }

  @Test
  void a_client_that_goes_away_interrupts_the_handler() throws Exception {
    try (SshSession session = connect(key)) {
      session.exec("wait").close();
      assertThat(interrupted.await(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void a_stranger_is_not_let_in() {
    assertThatThrownBy(() -> connect(GeneratedKey.ed25519()).close())
        .isInstanceOf(SshAuthenticationException.class)
        .hasMessageContaining("a generated key");
  }

  @Test
  void closing_the_server_ends_sessions() throws IOException {
    try (SshSession session = connect(key);
        RemoteCommand remote = session.exec("cat")) {
      server.close();
      assertThatThrownBy(() -> remote.stdout().read()).isInstanceOf(SshUnreachableException.class);
    }
  }

  @Test
  void closing_the_connector_ends_sessions() throws IOException {
    var other = new SshConnector();
    try (SshSession session = other.connect(endpoint(key));
        RemoteCommand remote = session.exec("cat")) {
      other.close();
      assertThat(session.isOpen()).isFalse();
      assertThatThrownBy(() -> remote.stdout().read()).isInstanceOf(IOException.class);
    }
  }

  @Test
  void openssh_itself_can_run_a_command(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("key");
    key.writeTo(file);
    Path hosts =
        Files.writeString(
            folder.resolve("known_hosts"),
            "[127.0.0.1]:%d %s\n".formatted(server.port(), server.hostKey()));
    var done =
        PeerProcess.run(
            new ProcessBuilder(
                Peers.require("ssh").toString(),
                "-F",
                "none",
                "-o",
                "BatchMode=yes",
                "-o",
                "UserKnownHostsFile=" + hosts,
                "-i",
                file.toString(),
                "-p",
                "" + server.port(),
                "anyone@127.0.0.1",
                "greet openssh"),
            "");
    assertThat(done.stdout()).isEqualTo("hello openssh");
    assertThat(done.exitStatus()).isEqualTo(5);
  }

  private int play(String command, InputStream in, OutputStream out, OutputStream err)
      throws IOException {
    List<String> words = List.of(command.split(" ", 2));
    switch (words.getFirst()) {
      case "greet" -> {
        out.write(("hello " + words.get(1)).getBytes(StandardCharsets.UTF_8));
        err.write("greeting".getBytes(StandardCharsets.UTF_8));
        return 5;
      }
      case "cat" -> in.transferTo(out);
      case "wait" -> {
        try {
          new CountDownLatch(1).await();
        } catch (InterruptedException e) {
          interrupted.countDown();
        }
      }
      default -> throw new IOException("no such store");
    }
    return 0;
  }

  private SshSession connect(SshIdentity identity) throws IOException {
    return connector.connect(endpoint(identity));
  }

  private SshEndpoint endpoint(SshIdentity identity) {
    return new SshEndpoint(
        server.host(),
        server.port(),
        "anyone",
        List.of(identity),
        HostKeyPolicy.pinned(server.hostKey()),
        LONG,
        LONG,
        false);
  }
}
