package io.hookq.daemon.receive;

import io.hookq.peers.Finished;
import io.hookq.peers.NixPeer;
import io.hookq.peers.PeerProcess;
import io.hookq.peers.Peers;
import io.hookq.peers.SshdPeer;
import io.hookq.store.StorePath;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A server that only receives: a real sshd with the {@code authorized_keys} line of the docs, the
 * store behind it, and the machine that pushes.
 */
final class Receiving implements AutoCloseable {
  private final NixPeer near;
  private final NixPeer far;
  private final SshdPeer sshd;
  private final Path key;

  private Receiving(NixPeer near, NixPeer far, SshdPeer sshd, Path key) {
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
    var words = new ArrayList<>(program());
    words.addAll(List.of("receive", "--store", far.localUri(), "--name", "macbook"));
    words.addAll(Arrays.asList(options));
    var command = words.stream().map(Receiving::quoted).collect(Collectors.joining(" "));
    sshd.authorize(key, "restrict,command=\"%s\" ".formatted(command.replace("\"", "\\\"")));
    return new Receiving(near, far, sshd.start(), key);
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

  private List<String> sshOptions() {
    return List.of(
        "-p",
        "" + sshd.port(),
        "-i",
        key.toString(),
        "-oIdentitiesOnly=yes",
        "-oBatchMode=yes",
        "-oUserKnownHostsFile=" + sshd.knownHosts());
  }

  /** OpenSSH's own client with the upload key: options, then what it is to run. */
  Finished ssh(List<String> options, String... command) {
    var words = new ArrayList<>(List.of(Peers.require("ssh").toString(), "-F", "/dev/null"));
    words.addAll(sshOptions());
    words.addAll(options);
    words.add(sshd.user() + "@" + sshd.host());
    words.addAll(Arrays.asList(command));
    return PeerProcess.run(new ProcessBuilder(words));
  }

  /** {@code nix copy}, with the upload key. */
  Finished copy(String scheme, StorePath... paths) {
    return nix(
        "copy",
        "--no-check-sigs",
        "--to",
        "%s://%s@%s".formatted(scheme, sshd.user(), sshd.host()),
        paths);
  }

  private Finished nix(String command, String flag, String to, String uri, StorePath... paths) {
    var words = new ArrayList<>(List.of(command, flag, to, uri));
    for (var path : paths) {
      words.add(near.storeDir().print(path));
    }
    return nix(words.toArray(String[]::new));
  }

  /** Any {@code nix} command, with the upload key. */
  Finished nix(String... arguments) {
    var builder = near.command("nix", arguments);
    builder.environment().put("NIX_SSHOPTS", "-F /dev/null " + String.join(" ", sshOptions()));
    return PeerProcess.run(builder);
  }

  @Override
  public void close() {
    sshd.close();
    near.close();
    far.close();
  }
}
