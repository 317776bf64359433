package io.hookq.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hookq.peers.FaultProxy;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Peers that go silent, each at another moment: nothing may wait for ever. */
@Timeout(120)
class DeadPeerTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Duration SHORT = Duration.ofMillis(800);

  @AutoClose private final SshConnector connector = new SshConnector();
  private final GeneratedKey key = GeneratedKey.ed25519();

  @Test
  void a_server_that_accepts_and_says_nothing_is_given_up() throws IOException {
    try (ServerSocket silent = listen()) {
      assertThat(failure(endpoint(silent.getLocalPort(), SHORT, LONG)))
          .hasMessageContaining("127.0.0.1:" + silent.getLocalPort())
          .hasMessageContaining("800 ms")
          .hasMessageContaining("greeting");
    }
  }

  @Test
  void a_server_that_greets_and_says_no_more_is_given_up() throws IOException {
    try (ServerSocket server = listen()) {
      var kept = greet(server, "SSH-2.0-Silent_1.0\r\n");
      assertThat(failure(endpoint(server.getLocalPort(), SHORT, LONG)))
          .hasMessageContaining("exchanging keys");
      kept.join().close();
    }
  }

  @Test
  void a_server_that_closes_at_once_is_quoted() throws IOException {
    try (ServerSocket server = listen()) {
      var kept = greet(server, "Not allowed at this time\r\n");
      Thread.ofVirtual().start(() -> closeInOrder(kept.join()));
      assertThat(failure(endpoint(server.getLocalPort(), LONG, LONG)))
          .hasMessageContaining("127.0.0.1:" + server.getLocalPort())
          .hasMessageContaining("it closed the connection")
          .hasMessageEndingWith("it said: Not allowed at this time");
    }
  }

  @Test
  void a_port_where_nobody_listens_is_refused() throws IOException {
    int port;
    try (ServerSocket server = listen()) {
      port = server.getLocalPort();
    }
    assertThat(failure(endpoint(port, LONG, LONG)))
        .hasMessageContaining("127.0.0.1:" + port)
        .hasMessageContaining("refused");
  }

  @Test
  void a_name_that_nobody_knows_is_told_apart() {
    var endpoint =
        new SshEndpoint(
            "no-such-host.invalid",
            22,
            "nobody",
            List.of(key),
            new HostKeyPolicy.Strict(List.of()),
            LONG,
            LONG,
            false);
    assertThat(failure(endpoint)).hasMessageContaining("no-such-host.invalid does not resolve");
  }

  @Test
  void an_address_that_answers_nothing_is_given_up_when_its_time_is_up() throws IOException {
    // A listener whose queue is full drops what comes.
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket first = new Socket(full.getInetAddress(), full.getLocalPort());
        Socket second = new Socket(full.getInetAddress(), full.getLocalPort())) {
      assertThat(first.isConnected() && second.isConnected()).isTrue();
      assertThat(failure(endpoint(full.getLocalPort(), SHORT, LONG)))
          .hasMessageContaining("did not answer within 800 ms");
    }
  }

  @Test
  void an_interrupted_connect_ends() throws Exception {
    try (ServerSocket silent = listen()) {
      var thrown = new AtomicReference<Throwable>();
      var flag = new AtomicReference<Boolean>();
      Thread connecting =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  connector.connect(endpoint(silent.getLocalPort(), LONG, LONG)).close();
                } catch (IOException e) {
                  thrown.set(e);
                  flag.set(Thread.currentThread().isInterrupted());
                }
              });
      try (Socket accepted = silent.accept()) {
        assertThat(accepted.isConnected()).isTrue();
        connecting.interrupt();
        connecting.join();
      }
      assertThat(thrown.get()).isInstanceOf(InterruptedIOException.class);
      assertThat(flag.get()).isTrue();
    }
  }

  @Test
  void a_line_that_freezes_in_the_middle_of_an_upload_ends_the_writer_and_the_reader()
      throws Exception {
    try (var server = EmbeddedSshServer.start(List.of(key.publicLine()), DeadPeerTest::swallow);
        var line = FaultProxy.to(server.port())) {
      SshEndpoint endpoint = endpoint(server, line.port(), Duration.ofSeconds(1));
      try (SshSession session = connector.connect(endpoint);
          RemoteCommand remote = session.exec("swallow")) {
        remote.stdin().write(new byte[1_000_000]);
        var reader = new CompletableFuture<IOException>();
        Thread.ofVirtual()
            .start(() -> {
              try {
                int unexpected = remote.stdout().read();
                reader.completeExceptionally(new AssertionError("read " + unexpected));
              } catch (IOException e) {
                reader.complete(e);
              }
            });
        line.freeze();
        assertThatThrownBy(
                () -> {
                  while (true) {
                    remote.stdin().write(new byte[256 * 1024]);
                  }
                })
            .isInstanceOf(SshUnreachableException.class)
            .hasMessageContaining("no SSH packet from 127.0.0.1:" + line.port() + " for 1 s");
        assertThat(reader.get(60, TimeUnit.SECONDS)).hasMessageContaining("no SSH packet");
        assertThat(session.isOpen()).isFalse();
        assertThatThrownBy(() -> session.exec("true")).hasMessageContaining("no SSH packet");
      }
    }
  }

  @Test
  void a_line_that_freezes_while_a_command_is_started_ends_the_wait() throws Exception {
    try (var server = EmbeddedSshServer.start(List.of(key.publicLine()), DeadPeerTest::swallow);
        var line = FaultProxy.to(server.port());
        SshSession session =
            connector.connect(endpoint(server, line.port(), Duration.ofSeconds(1)))) {
      line.freeze();
      assertThatThrownBy(() -> session.exec("swallow"))
          .isInstanceOf(SshUnreachableException.class)
          .hasMessageContaining("no SSH packet");
    }
  }

  @Test
  void a_line_that_is_cut_ends_the_session_at_once() throws Exception {
    try (var server = EmbeddedSshServer.start(List.of(key.publicLine()), DeadPeerTest::swallow);
        var line = FaultProxy.to(server.port());
        SshSession session = connector.connect(endpoint(server, line.port(), LONG));
        RemoteCommand remote = session.exec("swallow")) {
      remote.stdin().write(new byte[1_000_000]);
      line.cut();
      assertThatThrownBy(() -> remote.stdout().read())
          .isInstanceOf(SshUnreachableException.class)
          .hasMessageContaining("127.0.0.1:" + line.port());
    }
  }

  private static int swallow(String command, InputStream in, OutputStream out, OutputStream err)
      throws IOException {
    in.transferTo(OutputStream.nullOutputStream());
    return 0;
  }

  private SshUnreachableException failure(SshEndpoint endpoint) {
    return catchThrowableOfType(
        SshUnreachableException.class, () -> connector.connect(endpoint).close());
  }

  private SshEndpoint endpoint(int port, Duration connectTimeout, Duration stallTimeout) {
    return new SshEndpoint(
        "127.0.0.1",
        port,
        "nobody",
        List.of(key),
        new HostKeyPolicy.Strict(List.of()),
        connectTimeout,
        stallTimeout,
        false);
  }

  private SshEndpoint endpoint(EmbeddedSshServer server, int port, Duration stallTimeout) {
    return new SshEndpoint(
        "127.0.0.1",
        port,
        "nobody",
        List.of(key),
        HostKeyPolicy.pinned(server.hostKey()),
        LONG,
        stallTimeout,
        false);
  }

  private static ServerSocket listen() throws IOException {
    return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  /** Accepts one connection, says that and keeps it open. */
  private static CompletableFuture<Socket> greet(ServerSocket server, String words) {
    var greeted = new CompletableFuture<Socket>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            Socket socket = server.accept();
            socket.getOutputStream().write(words.getBytes(StandardCharsets.US_ASCII));
            greeted.complete(socket);
          } catch (IOException e) {
            greeted.completeExceptionally(e);
          }
        });
    return greeted;
  }

  /** Reads what the client sent, since closing over unread bytes is a reset. */
  private static void closeInOrder(Socket socket) {
    try (socket) {
      socket.shutdownOutput();
      socket.getInputStream().transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      // It is gone either way.
    }
  }
}
