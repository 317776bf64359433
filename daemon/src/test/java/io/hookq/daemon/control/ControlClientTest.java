package io.hookq.daemon.control;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class ControlClientTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path folder;

  @Test
  void without_a_socket_no_daemon_is_reachable() {
    var socket = folder.resolve("s");

    assertThatExceptionOfType(ControlUnreachableException.class)
        .isThrownBy(() -> new ControlClient(socket).call(new StatusRequest(), LONG))
        .withMessage("the daemon is not reachable at " + socket + ": no such socket");
  }

  @Test
  void behind_a_dead_socket_no_daemon_is_reachable() throws Exception {
    var socket = folder.resolve("s");
    ServerSocketChannel.open(StandardProtocolFamily.UNIX)
        .bind(UnixDomainSocketAddress.of(socket))
        .close();

    assertThatExceptionOfType(ControlUnreachableException.class)
        .isThrownBy(() -> new ControlClient(socket).call(new StatusRequest(), LONG))
        .withMessage("the daemon is not reachable at " + socket + ": Connection refused");
  }

  @Test
  void a_silent_daemon_is_not_waited_for_for_ever() throws Exception {
    var socket = folder.resolve("s");
    try (var silent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      silent.bind(UnixDomainSocketAddress.of(socket));

      assertThatExceptionOfType(ControlUnreachableException.class)
          .isThrownBy(
              () -> new ControlClient(socket).call(new StatusRequest(), Duration.ofMillis(50)))
          .withMessage("no answer within 50 ms from " + socket);
      assertThatExceptionOfType(ControlUnreachableException.class)
          .isThrownBy(() ->
              new ControlClient(socket)
                  .call(
                      new WaitRequest(
                          List.of(),
                          Optional.empty(),
                          Optional.empty(),
                          Optional.of(Duration.ofMillis(20))),
                      Duration.ofMillis(30)))
          .withMessage("no answer within 50 ms from " + socket);
    }
  }

  @Test
  void a_daemon_that_hangs_up_is_unreachable_and_one_that_babbles_is_not_understood()
      throws Exception {
    assertThatExceptionOfType(ControlUnreachableException.class)
        .isThrownBy(() -> answered(""))
        .withMessageStartingWith("hung up without an answer: ");
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> answered("HTTP/1.1 400 Bad Request\r\n"))
        .withMessageStartingWith("the daemon's answer is not understood: ")
        .isNotInstanceOf(ControlUnreachableException.class);
  }

  /** It hung up with the request unread, for which the kernel has another word. */
  @Test
  void a_daemon_that_resets_the_connection_is_unreachable() throws Exception {
    var socket = folder.resolve("s");
    try (var listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listening.bind(UnixDomainSocketAddress.of(socket));
      var many = new ArrayList<String>();
      for (var i = 0; i < 20_000; i++) {
        many.add("/nix/store/00000000000000000000000000000000-n");
      }
      var request = new EnqueueRequest(many, Optional.empty(), "push", Optional.empty());
      var peer = Thread.ofVirtual().start(() -> answer(listening, ""));
      assertThatExceptionOfType(ControlUnreachableException.class)
          .isThrownBy(() -> new ControlClient(socket).call(request, LONG))
          .withMessage("hung up without an answer: " + socket);
      peer.join();
    }
  }

  private void answered(String answer) throws IOException, InterruptedException {
    var socket = folder.resolve("s" + answer.length());
    try (var listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listening.bind(UnixDomainSocketAddress.of(socket));
      var peer = Thread.ofVirtual().start(() -> answer(listening, answer));
      try {
        new ControlClient(socket).call(new StatusRequest(), LONG);
      } finally {
        peer.join();
      }
    }
  }

  private static void answer(ServerSocketChannel listening, String answer) {
    try (var peer = listening.accept()) {
      peer.read(ByteBuffer.allocate(100));
      peer.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void a_request_too_long_for_a_line_is_not_sent() {
    var many = new ArrayList<String>();
    for (var i = 0; i < 30_000; i++) {
      many.add("/nix/store/00000000000000000000000000000000-name");
    }
    var request = new EnqueueRequest(many, Optional.empty(), "push", Optional.empty());

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> new ControlClient(folder.resolve("s")).call(request, LONG))
        .withMessageMatching(
            "a request has at most 1048576 bytes, this one has \\d+; ask in parts");
  }
}
