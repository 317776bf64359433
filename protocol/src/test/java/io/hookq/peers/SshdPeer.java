package io.hookq.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A real OpenSSH server on 127.0.0.1, run by and for the current user, with keys made for the test.
 *
 * <p>Its commands see Nix's programs on their {@code PATH} and a Nix configuration of their own;
 * which store they open is said by the client ({@code remote-store=local?root=…}). It keeps its
 * port and host keys over {@link #stop} and {@link #start}.
 *
 * <p>Not thread-safe. Deleting the folder is the business of whoever made it.
 */
public final class SshdPeer implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(60);
  private static final int PORTS_TO_TRY = 10;
  private static final List<String> HOST_KEY_TYPES = List.of("ed25519", "rsa", "ecdsa");

  private final Path folder;
  private final Path sshd;
  private final Path keygen;
  private final Map<String, String> options = new TreeMap<>();
  private final Map<String, String> environment = new TreeMap<>();
  private int port;
  private @Nullable PeerProcess process;

  private SshdPeer(Path folder, Path sshd, Path keygen) {
    this.folder = folder;
    this.sshd = sshd;
    this.keygen = keygen;
  }

  /**
   * Makes a server in {@code folder}, with host keys and one authorized Ed25519 user key; it is not
   * started yet.
   *
   * @throws AssertionError if OpenSSH is not installed
   */
  public static SshdPeer in(Path folder) {
    try {
      var peer =
          new SshdPeer(
              Files.createDirectories(folder).toRealPath(),
              Peers.require("sshd"),
              Peers.require("ssh-keygen"));
      for (var type : HOST_KEY_TYPES) {
        peer.newKey("host_" + type, type, "");
      }
      Files.createFile(peer.authorizedKeys());
      peer.authorize(peer.newKey("id_ed25519", "ed25519", ""), "");
      var nix = Files.createDirectories(peer.folder.resolve("etc"));
      Files.writeString(
          nix.resolve("nix.conf"),
          """
          build-users-group =
          substituters =
          fsync-metadata = false
          experimental-features = nix-command
          """);
      peer.environment.put("NIX_CONF_DIR", nix.toString());
      peer.environment.put("NIX_USER_CONF_FILES", "/dev/null");
      peer.environment.put("PATH", Peers.farPath());
      peer.option("PasswordAuthentication", "no");
      peer.option("KbdInteractiveAuthentication", "no");
      peer.option("PermitRootLogin", "yes");
      peer.option("UsePAM", "no");
      // The folder of a test may lie below one that others can write to.
      peer.option("StrictModes", "no");
      peer.option("MaxStartups", "100");
      peer.option("LogLevel", "VERBOSE");
      return peer;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // ── Configuration ──────────────────────────────────────────────────────────────────────────

  /** Sets an option of {@code sshd_config}, for the next start. */
  public SshdPeer option(String name, String value) {
    options.put(name, value);
    return this;
  }

  /** Sets a variable that remote commands see, from the next start on. */
  public SshdPeer environment(String name, String value) {
    environment.put(name, value);
    return this;
  }

  /**
   * Makes a key pair of that type ({@code ed25519}, {@code rsa}, {@code ecdsa}); not authorized.
   */
  public Path newKey(String name, String type, String passphrase) {
    var file = folder.resolve(name);
    var words = new ArrayList<>(List.of(keygen.toString(), "-q", "-t", type, "-N", passphrase));
    words.addAll(List.of("-C", name, "-f", file.toString()));
    if (type.equals("rsa")) {
      // A longer one takes seconds to find.
      words.addAll(List.of("-b", "2048"));
    }
    PeerProcess.run(new ProcessBuilder(words)).orFail("ssh-keygen");
    return file;
  }

  /** Lets the owner of {@code privateKey} in; {@code restrictions} is empty or ends in a blank. */
  public void authorize(Path privateKey, String restrictions) {
    append(authorizedKeys(), restrictions + publicKey(privateKey) + "\n");
  }

  /** Lets nobody in any more. */
  public void authorizeNobody() {
    try {
      Files.writeString(authorizedKeys(), "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path authorizedKeys() {
    return folder.resolve("authorized_keys");
  }

  private static void append(Path file, String text) {
    try {
      Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // ── What a client needs ────────────────────────────────────────────────────────────────────

  /** The numeric loopback address: Nix short-cuts the name {@code localhost} and uses no SSH. */
  public String host() {
    return "127.0.0.1";
  }

  /** The port, from the first {@link #start} on. */
  public int port() {
    return port;
  }

  /** Who logs in: the user who runs the test. */
  public String user() {
    return System.getProperty("user.name");
  }

  /** The private key of a user who may log in. */
  public Path userKey() {
    return folder.resolve("id_ed25519");
  }

  /** One line in OpenSSH's form, {@code ssh-ed25519 AAAA…}, of a private key file made here. */
  public static String publicKey(Path privateKey) {
    try {
      var fields = Files.readString(Path.of(privateKey + ".pub")).split(" ", -1);
      return fields[0] + " " + fields[1].strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The server's key of that type, {@code ssh-ed25519 AAAA…}. */
  public String hostKey(String type) {
    return publicKey(folder.resolve("host_" + type));
  }

  /** The lines of {@code known_hosts} for this server reached at {@code port}. */
  public String knownHostsLines(int port) {
    var lines = new StringBuilder();
    for (var type : HOST_KEY_TYPES) {
      lines.append("[127.0.0.1]:%d %s\n".formatted(port, hostKey(type)));
    }
    return lines.toString();
  }

  /** A {@code known_hosts} file that knows this server, from the first {@link #start} on. */
  public Path knownHosts() {
    return folder.resolve("known_hosts");
  }

  /** {@code ssh://USER@127.0.0.1:PORT}. */
  public String uri() {
    return "ssh://" + user() + "@" + host() + ":" + port;
  }

  // ── Life ───────────────────────────────────────────────────────────────────────────────────

  /** Starts the server, on a free port the first time and on the same one ever after. */
  public SshdPeer start() {
    if (process != null) {
      throw new IllegalStateException("sshd runs already");
    }
    try {
      makePrivilegeSeparationFolder();
      if (port != 0) {
        launch(port);
        return this;
      }
      for (var i = 0; ; i++) {
        port = freePort();
        try {
          launch(port);
          Files.writeString(knownHosts(), knownHostsLines(port));
          return this;
        } catch (AssertionError e) {
          // Somebody else took the port between our look and sshd's.
          stop();
          if (i == PORTS_TO_TRY || !log().contains("in use")) {
            throw e;
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A server that root runs wants this folder, which the distribution's start script makes. */
  private static void makePrivilegeSeparationFolder() throws IOException {
    var folder = Path.of("/run/sshd");
    if (System.getProperty("user.name").equals("root") && !Files.exists(folder)) {
      Files.createDirectories(folder);
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void launch(int port) throws IOException {
    var config = folder.resolve("sshd_config");
    Files.writeString(config, config(port));
    var sshd =
        PeerProcess.start(
            "sshd",
            new ProcessBuilder(this.sshd.toString(), "-D", "-e", "-f", config.toString()),
            folder.resolve("sshd.log"));
    process = sshd;
    Awaitility.await("sshd listens")
        .atMost(START)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> {
          if (!sshd.isAlive()) {
            throw new AssertionError("sshd ended: " + sshd.output());
          }
          return accepts(port);
        });
  }

  private String config(int port) {
    var lines = new ArrayList<String>();
    lines.add("ListenAddress 127.0.0.1:" + port);
    HOST_KEY_TYPES.forEach(type -> lines.add("HostKey " + folder.resolve("host_" + type)));
    lines.add("AuthorizedKeysFile " + authorizedKeys());
    lines.add("PidFile none");
    options.forEach((name, value) -> lines.add(name + " " + value));
    var variables = new StringBuilder("SetEnv");
    environment.forEach((name, value) -> variables.append(" \"%s=%s\"".formatted(name, value)));
    lines.add(variables.toString());
    return String.join("\n", lines) + "\n";
  }

  private static boolean accepts(int port) throws IOException {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Ends the server and every session of it; the port is refused from now on. */
  public void stop() {
    var sshd = process;
    process = null;
    if (sshd != null) {
      sshd.close();
    }
  }

  /** What the server has logged over all its lives. */
  public String log() {
    try {
      var log = folder.resolve("sshd.log");
      return Files.exists(log) ? Files.readString(log) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends the server and every session of it. */
  @Override
  public void close() {
    stop();
  }
}
