package io.hookq.daemon.demo;

import io.hookq.ssh.GeneratedKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The installed {@code sshd} on a free port of the loopback address, run by the current user with
 * keys and a configuration of its own. Closing it ends it and its sessions.
 */
final class LocalSshd implements SshDoor {
  private static final Duration START = Duration.ofSeconds(10);
  private static final int PORTS_TO_TRY = 5;

  /** OpenSSH's compiled-in folder, which root's sshd wants and a start script usually makes. */
  private static final Path PRIVILEGE_SEPARATION = Path.of("/run/sshd");

  private final Process process;
  private final int port;
  private final String hostKey;
  private final boolean madeFolder;

  private LocalSshd(Process process, int port, String hostKey, boolean madeFolder) {
    this.process = process;
    this.port = port;
    this.hostKey = hostKey;
    this.madeFolder = madeFolder;
  }

  /**
   * Starts it.
   *
   * @param sshd the executable
   * @param user whose key is let in
   * @param environment what commands see
   * @throws IOException if it does not start, with what it said
   */
  static LocalSshd start(
      ScratchFolder scratch, Path sshd, GeneratedKey user, Map<String, String> environment)
      throws IOException, InterruptedException {
    var folder = scratch.folder("sshd");
    var host = GeneratedKey.ed25519();
    host.writeTo(folder.resolve("host_key"));
    Files.writeString(folder.resolve("authorized_keys"), user.publicLine() + "\n");
    var madeFolder = makePrivilegeSeparationFolder();
    for (var tries = 1; ; tries++) {
      var port = freePort();
      try {
        var process = launch(folder, sshd, port, environment);
        return new LocalSshd(process, port, host.publicLine(), madeFolder);
      } catch (IOException e) {
        // Somebody else may have taken the port between our look and sshd's.
        if (tries == PORTS_TO_TRY || !String.valueOf(e.getMessage()).contains("in use")) {
          removeIf(madeFolder);
          throw e;
        }
      }
    }
  }

  private static Process launch(Path folder, Path sshd, int port, Map<String, String> environment)
      throws IOException, InterruptedException {
    var config = folder.resolve("sshd_config");
    Files.writeString(config, config(folder, port, environment));
    var log = folder.resolve("log");
    var process =
        new Program(sshd, Map.of())
            .command("-D", "-e", "-f", config.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      Patience.await(START, process, "sshd", log, () -> accepts(port));
      return process;
    } catch (IOException | InterruptedException | RuntimeException e) {
      Program.stop(process);
      throw e;
    }
  }

  private static String config(Path folder, int port, Map<String, String> environment) {
    // StrictModes: temporary files lie below a folder that everybody may write to.
    return """
    ListenAddress 127.0.0.1:%d
    HostKey "%s/host_key"
    AuthorizedKeysFile "%s/authorized_keys"
    PidFile none
    PasswordAuthentication no
    KbdInteractiveAuthentication no
    PermitRootLogin yes
    StrictModes no
    UsePAM no
    PrintMotd no
    SetEnv %s
    """
        .formatted(
            port,
            folder,
            folder,
            environment.entrySet().stream()
                .map(entry -> "\"" + entry.getKey() + "=" + entry.getValue() + "\"")
                .collect(Collectors.joining(" ")));
  }

  private static boolean makePrivilegeSeparationFolder() throws IOException {
    if (!System.getProperty("user.name").equals("root") || Files.exists(PRIVILEGE_SEPARATION)) {
      return false;
    }
    Files.createDirectory(PRIVILEGE_SEPARATION);
    return true;
  }

  private static void removeIf(boolean made) throws IOException {
    if (made) {
      Files.deleteIfExists(PRIVILEGE_SEPARATION);
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static boolean accepts(int port) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public String user() {
    return System.getProperty("user.name");
  }

  @Override
  public String description() {
    return "the installed sshd";
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public String hostKey() {
    return hostKey;
  }

  @Override
  public void close() throws IOException {
    Program.stop(process);
    removeIf(madeFolder);
  }
}
