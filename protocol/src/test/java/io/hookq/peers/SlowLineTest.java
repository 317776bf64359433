package io.hookq.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

class SlowLineTest {
  private static final int SOON = 300;

  @Test
  void answers_can_be_held_back_while_requests_go_on_and_a_cut_breaks_the_line()
      throws IOException {
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var line = SlowLine.to(server.getLocalPort());
        var near = new Socket(InetAddress.getLoopbackAddress(), line.port());
        var far = server.accept()) {
      near.setSoTimeout(SOON);
      near.getOutputStream().write(1);
      assertThat(far.getInputStream().read()).isEqualTo(1);
      far.getOutputStream().write(2);
      assertThat(near.getInputStream().read()).isEqualTo(2);

      line.freezeAnswers();
      far.getOutputStream().write(3);
      near.getOutputStream().write(4);
      assertThat(far.getInputStream().read()).isEqualTo(4);
      Assertions.assertThatThrownBy(() -> near.getInputStream().read())
          .isInstanceOf(SocketTimeoutException.class);
      line.thaw();
      near.setSoTimeout(0);
      assertThat(near.getInputStream().read()).isEqualTo(3);
      assertThat(line.bytesUp()).isEqualTo(2);

      line.cut();
      assertThat(far.getInputStream().read()).isNegative();
    }
  }
}
