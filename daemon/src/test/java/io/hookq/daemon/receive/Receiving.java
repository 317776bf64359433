package io.hookq.daemon.receive;

import io.hookq.daemon.config.Config;
import io.hookq.daemon.config.ConfigException;
import io.hookq.daemon.config.Surroundings;
import io.hookq.daemon.transport.SshDestinationConnector;
import io.hookq.peers.Finished;
import io.hookq.peers.NixPeer;
import io.hookq.peers.PeerProcess;
import io.hookq.peers.Peers;
import io.hookq.peers.SshdPeer;
import io.hookq.ssh.SshConnector;
import io.hookq.store.StorePath;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * A server that only receives: a real sshd with the {@code authorized_keys} line of the docs, the
 * store behind it, and the machine that pushes.
 */
public final class Receiving implements AutoCloseable {
  private final Path folder;
  private final NixPeer near;
  private final NixPeer far;
  private final SshdPeer sshd;
  private final Path key;

  private Receiving(Path folder, NixPeer near, NixPeer far, SshdPeer sshd, Path key) {
    this.folder = folder;
    this.near = near;
    this.far = far;
    this.sshd = sshd;
    this.key = key;
  }

  /** A server whose forced command has these options besides the store and {@code --name}. */
  static Receiving in(Path folder, String... options) {
    var near = NixPeer.in(folder.resolve("near"));
    var far = NixPeer.in(folder.resolve("far"));
    var sshd = SshdPeer.in(folder.resolve("sshd"));
    var key = sshd.newKey("upload", "ed25519", "");
    // All that a key without restrictions could have.
    sshd.option("Subsystem", "sftp internal-sftp")
        .option("AllowAgentForwarding", "yes")
        .option("AllowTcpForwarding", "yes")
        .option("X11Forwarding", "yes")
        .option("PermitTunnel", "yes")
        .option("AcceptEnv", "LANG LC_* NIX_* HOOKQ_*");
    sshd.authorize(key, "restrict," + command(far, options));
    return new Receiving(folder, near, far, sshd.start(), key);
  }

  /** {@code command="hookq receive …" }, as it stands before a key, for the store behind it. */
  public static String command(NixPeer far, String... options) {
    var words = new ArrayList<>(program());
    words.addAll(List.of("receive", "--store", far.localUri(), "--name", "macbook"));
    words.addAll(Arrays.asList(options));
    var command = words.stream().map(Receiving::quoted).collect(Collectors.joining(" "));
    return "command=\"%s\" ".formatted(command.replace("\"", "\\\""));
  }

  /** {@code hookq}, as the launcher starts it. */
  static List<String> program() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xmx64m",
        "-Xshare:auto",
        "--enable-native-access=ALL-UNNAMED",
        // As in jvm-flags: zstd-jni's classes of old.
        "-Djdk.util.jar.enableMultiRelease=false",
        "-cp",
        System.getProperty("java.class.path"),
        "io.hookq.daemon.cli.Main");
  }

  private static String quoted(String word) {
    return "'" + word.replace("'", "'\\''") + "'";
  }

  NixPeer near() {
    return near;
  }

  NixPeer far() {
    return far;
  }

  SshdPeer sshd() {
    return sshd;
  }

  /** The private half of the upload key. */
  Path key() {
    return key;
  }

  /** Where the roots of the key are. */
  Path roots() {
    return far.stateDir().resolve("gcroots/hookq-received/macbook");
  }

  private List<String> sshOptions(Path key) {
    return List.of(
        "-F",
        "/dev/null",
        "-oPort=" + sshd.port(),
        "-i",
        key.toString(),
        "-oIdentitiesOnly=yes",
        "-oBatchMode=yes",
        "-oUserKnownHostsFile=" + sshd.knownHosts());
  }

  /** One more key of the same name, its forced command with these options. */
  Path newKey(String file, String... options) {
    var fresh = sshd.newKey(file, "ed25519", "");
    sshd.authorize(fresh, "restrict," + command(far, options));
    return fresh;
  }

  /** OpenSSH's own client with the upload key: options, then what it is to run. */
  Finished ssh(List<String> options, String... command) {
    var arguments = new ArrayList<>(options);
    arguments.add(address());
    arguments.addAll(Arrays.asList(command));
    return PeerProcess.run(client("ssh", arguments));
  }

  /** {@code ssh}, {@code scp} or {@code sftp} with the upload key, to be run. */
  ProcessBuilder client(String program, List<String> arguments) {
    return client(key, program, arguments);
  }

  /** The same with another key. */
  ProcessBuilder client(Path key, String program, List<String> arguments) {
    var words = new ArrayList<>(List.of(Peers.require(program).toString()));
    words.addAll(sshOptions(key));
    words.addAll(arguments);
    return new ProcessBuilder(words);
  }

  /** Who logs in where. */
  String address() {
    return sshd.user() + "@" + sshd.host();
  }

  /** hookq's own way here, with any key and more lines of the configuration. */
  SshDestinationConnector connector(SshConnector ssh, String scheme, Path key, String... lines)
      throws ConfigException {
    var text =
        """
        [destinations.server]
        uri = "%s://%s:%d"
        ssh-key = "%s"
        ssh-config = false
        host-key = "%s"
        %s
        """
            .formatted(
                scheme,
                address(),
                sshd.port(),
                key,
                sshd.hostKey("ed25519"),
                String.join("\n", lines));
    var config = Config.parse(text, "test.toml", new Surroundings(Map.of(), folder, false));
    return new SshDestinationConnector(
        Objects.requireNonNull(config.destinations().get("server")),
        folder,
        folder.resolve("known_hosts"),
        near.storeDir(),
        ssh);
  }

  /** {@code nix copy}, with the upload key. */
  Finished copy(String scheme, StorePath... paths) {
    return copy(key, scheme, paths);
  }

  /** The same with another key. */
  Finished copy(Path key, String scheme, StorePath... paths) {
    var uri = "%s://%s@%s".formatted(scheme, sshd.user(), sshd.host());
    var words = new ArrayList<>(List.of("copy", "--no-check-sigs", "--to", uri));
    for (var path : paths) {
      words.add(near.storeDir().print(path));
    }
    return nix(key, words.toArray(String[]::new));
  }

  /** Any {@code nix} command, with the upload key. */
  Finished nix(String... arguments) {
    return nix(key, arguments);
  }

  private Finished nix(Path key, String... arguments) {
    var builder = near.command("nix", arguments);
    builder.environment().put("NIX_SSHOPTS", String.join(" ", sshOptions(key)));
    return PeerProcess.run(builder);
  }

  @Override
  public void close() {
    sshd.close();
    near.close();
    far.close();
  }
}
