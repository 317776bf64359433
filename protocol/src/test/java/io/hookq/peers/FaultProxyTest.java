package io.hookq.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hookq.peers.FaultProxy.Direction;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class FaultProxyTest {
  private static final int SOON = 300;

  @AutoClose private ServerSocket server;
  @AutoClose private FaultProxy proxy;

  @BeforeEach
  void open() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    proxy = FaultProxy.to(server.getLocalPort());
  }

  @Test
  void answers_can_be_held_back_while_requests_go_on_and_a_cut_breaks_the_line()
      throws IOException {
    try (var near = connect();
        var far = server.accept()) {
      say(near, 1);
      assertThat(hear(far)).isEqualTo(1);
      say(far, 2);
      assertThat(hear(near)).isEqualTo(2);

      proxy.freezeAnswers();
      say(far, 3);
      say(near, 4);
      assertThat(hear(far)).isEqualTo(4);
      assertSilent(near);
      proxy.pass();
      assertThat(hear(near)).isEqualTo(3);
      assertThat(proxy.bytesUp()).isEqualTo(2);

      proxy.cut();
      assertThat(hear(far)).isNegative();
    }
  }

  @Test
  void a_frozen_line_goes_on_where_it_stopped() throws IOException {
    try (var near = connect();
        var far = server.accept()) {
      proxy.freeze();
      say(near, 1);
      assertSilent(far);
      proxy.pass();
      assertThat(hear(far)).isEqualTo(1);
    }
  }

  @Test
  void a_black_hole_takes_connections_and_gives_nothing_and_ends_by_a_reset() throws IOException {
    try (var before = connect();
        var far = server.accept()) {
      proxy.blackHole();
      say(before, 1);
      assertSilent(far);
      try (var during = connect()) {
        say(during, 1);
        assertSilent(during);
        proxy.pass();
        assertThatThrownBy(() -> hear(during)).isInstanceOf(SocketException.class);
      }
      assertThatThrownBy(() -> hear(before)).isInstanceOf(SocketException.class);
    }
    try (var after = connect();
        var far = server.accept()) {
      say(after, 7);
      assertThat(hear(far)).isEqualTo(7);
    }
  }

  @Test
  void a_refusing_port_is_the_same_when_it_comes_back_and_open_lines_live_on() throws IOException {
    try (var near = connect();
        var far = server.accept()) {
      proxy.refuse();
      assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
      say(near, 1);
      assertThat(hear(far)).isEqualTo(1);
    }
    proxy.pass();
    connect().close();
  }

  @Test
  void a_reset_is_one() throws IOException {
    try (var near = connect();
        var far = server.accept()) {
      proxy.reset();
      assertThatThrownBy(() -> hear(near)).hasMessageContaining("reset");
      assertThatThrownBy(() -> hear(far)).hasMessageContaining("reset");
    }
    proxy.resetNew();
    try (var near = connect()) {
      assertThatThrownBy(() -> hear(near)).hasMessageContaining("reset");
    }
  }

  @Test
  void a_fault_happens_at_its_very_byte() throws IOException {
    try (var near = connect();
        var far = server.accept()) {
      proxy.after(Direction.UP, 3, FaultProxy::cut);
      near.getOutputStream().write(new byte[100]);
      assertThat(far.getInputStream().readAllBytes()).hasSize(3);
      assertThat(proxy.bytesUp()).isEqualTo(3);
    }
    proxy.pass();
    try (var near = connect();
        var far = server.accept()) {
      proxy.after(Direction.DOWN, 50, FaultProxy::freeze);
      far.getOutputStream().write(new byte[100]);
      assertThat(near.getInputStream().readNBytes(50)).hasSize(50);
      assertSilent(near);
      proxy.pass();
      assertThat(near.getInputStream().readNBytes(50)).hasSize(50);
    }
  }

  @Test
  void a_delay_is_at_least_as_long_as_said_and_much_fits_on_the_way() throws IOException {
    proxy.delay(Duration.ofMillis(200));
    try (var near = connect();
        var far = server.accept()) {
      var start = System.nanoTime();
      near.getOutputStream().write(new byte[500_000]);
      assertThat(far.getInputStream().readNBytes(500_000)).hasSize(500_000);
      say(far, 1);
      assertThat(hear(near)).isEqualTo(1);
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isBetween(Duration.ofMillis(199), Duration.ofSeconds(30));
    }
  }

  @Test
  void a_rate_holds_bytes_back() throws IOException {
    proxy.rate(100_000);
    try (var near = connect();
        var far = server.accept()) {
      var start = System.nanoTime();
      near.getOutputStream().write(new byte[50_000]);
      assertThat(far.getInputStream().readNBytes(50_000)).hasSize(50_000);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(200));
    }
  }

  @Test
  void a_flapping_line_goes_and_comes_until_it_is_told_to_pass() throws IOException {
    proxy.flap(Duration.ofMillis(50), Duration.ofMillis(50));
    for (var i = 0; i < 2; i++) {
      Awaitility.await().pollInterval(Duration.ofMillis(5)).until(() -> !accepts());
      Awaitility.await().pollInterval(Duration.ofMillis(5)).until(this::accepts);
    }
    proxy.pass();
    try (var near = connect()) {
      say(near, 1);
      assertThat(near.isConnected()).isTrue();
    }
  }

  @Test
  void an_end_of_stream_goes_through_one_way_at_a_time() throws IOException {
    try (var near = connect();
        var far = server.accept()) {
      say(near, 1);
      near.shutdownOutput();
      assertThat(hear(far)).isEqualTo(1);
      assertThat(hear(far)).isNegative();
      say(far, 2);
      far.shutdownOutput();
      assertThat(hear(near)).isEqualTo(2);
      assertThat(hear(near)).isNegative();
    }
  }

  private Socket connect() throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), proxy.port());
  }

  private boolean accepts() {
    try (var socket = connect()) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  private static void say(Socket socket, int b) throws IOException {
    socket.getOutputStream().write(b);
  }

  private static int hear(Socket socket) throws IOException {
    socket.setSoTimeout(0);
    return socket.getInputStream().read();
  }

  private static void assertSilent(Socket socket) throws IOException {
    socket.setSoTimeout(SOON);
    assertThatThrownBy(() -> socket.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
  }
}
