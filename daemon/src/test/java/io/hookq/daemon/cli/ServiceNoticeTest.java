package io.hookq.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hookq.peers.TempFolder;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Against a receiver in Python, since Java has no datagram socket to listen on either. */
final class ServiceNoticeTest {
  /** Prints a line when it listens at its argument, then one a datagram. */
  private static final String RECEIVER =
      """
      import socket, sys
      name = sys.argv[1]
      listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
      listening.bind("\\0" + name[1:] if name[0] == "@" else name)
      print("listening", flush=True)
      while True:
          print(listening.recv(100).decode(), flush=True)
      """;

  @AutoClose private final TempFolder folder = TempFolder.create();

  @BeforeAll
  static void on_linux() {
    assumeTrue(System.getProperty("os.name").equals("Linux"), "systemd's own");
  }

  private void assertReaches(String socket) throws IOException {
    var process = new ProcessBuilder("python3", "-c", RECEIVER, socket).start();
    try (BufferedReader lines = process.inputReader()) {
      assertThat(lines.readLine()).isEqualTo("listening");
      var notice = ServiceNotice.in(Map.of("NOTIFY_SOCKET", socket));

      notice.ready();
      notice.stopping();

      assertThat(lines.readLine()).isEqualTo("READY=1");
      assertThat(lines.readLine()).isEqualTo("STOPPING=1");
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void it_reaches_a_socket_in_the_file_system() throws Exception {
    assertReaches(folder.resolve("notify").toString());
  }

  @Test
  void it_reaches_an_abstract_socket() throws Exception {
    assertReaches("@hookq-test-" + ProcessHandle.current().pid());
  }

  @Test
  void nobody_is_told_where_no_service_manager_asked() throws Exception {
    ServiceNotice.in(Map.of()).ready();
    ServiceNotice.in(Map.of("NOTIFY_SOCKET", "")).ready();
  }

  @Test
  void a_service_manager_that_is_gone_is_an_error() {
    var nobody = folder.resolve("nobody");
    assertThat(Files.exists(nobody)).isFalse();
    assertThatThrownBy(() -> ServiceNotice.in(Map.of("NOTIFY_SOCKET", nobody.toString())).ready())
        .isInstanceOf(IOException.class)
        .hasMessageContaining(nobody.toString());
  }

  @Test
  void a_name_that_is_no_unix_socket_is_an_error() {
    assertThatThrownBy(() -> ServiceNotice.in(Map.of("NOTIFY_SOCKET", "vsock:2:1")).ready())
        .isInstanceOf(IOException.class)
        .hasMessage("NOTIFY_SOCKET names no Unix socket: vsock:2:1");
  }
}
