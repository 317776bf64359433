package io.hookq.peers;

import io.hookq.store.ContentAddress;
import io.hookq.store.NarHash;
import io.hookq.store.PathInfo;
import io.hookq.store.Signature;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A real Nix store in a folder, with the logical directory {@code /nix/store}, real files below
 * {@link #realStoreDir}, its own configuration and, when started, its own {@code nix-daemon}.
 *
 * <p>Commands such as {@link #add} and {@link #pathInfos} open the store directly, as {@code
 * local?root=…}, and need no daemon. {@link #build} goes through the daemon, as on a real machine,
 * and the daemon runs the post-build-hook. Builds are real but tiny: the builder is a static
 * busybox in Nix's sandbox, which a store under a root of its own cannot do without.
 *
 * <p>Not thread-safe but for {@link #pathInfos}, {@link #validPaths} and {@link #run}. Deleting the
 * folder is the business of whoever made it.
 */
public final class NixPeer implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(60);

  private final Path folder;
  private final Path bin;
  private final Map<String, String> settings = new TreeMap<>();
  private final Map<String, String> daemonEnvironment = new TreeMap<>();
  private @Nullable PeerProcess daemon;

  private NixPeer(Path folder, Path bin) {
    this.folder = folder;
    this.bin = bin;
  }

  /**
   * Makes an empty store in {@code folder}, without a daemon.
   *
   * @throws AssertionError if Nix is not installed
   */
  public static NixPeer in(Path folder) {
    return in(folder, Peers.folderOf("nix-store"));
  }

  /**
   * The same for a store behind a server: of the Nix that {@code HOOKQ_FAR_NIX} names, if it does,
   * so that two releases can be tried on each other.
   *
   * @throws AssertionError if Nix is not installed
   */
  public static NixPeer far(Path folder) {
    return in(folder, Peers.farNix());
  }

  private static NixPeer in(Path folder, Path bin) {
    try {
      var peer = new NixPeer(Files.createDirectories(folder).toRealPath(), bin);
      Files.createDirectories(peer.confDir());
      Files.createDirectories(peer.home());
      peer.settings.put("sandbox", "true");
      peer.settings.put("sandbox-fallback", "false");
      peer.settings.put("build-users-group", "");
      peer.settings.put("substituters", "");
      peer.settings.put("experimental-features", "nix-command");
      peer.settings.put("max-jobs", "2");
      // What is thrown away after the test need not reach the disk.
      peer.settings.put("fsync-metadata", "false");
      peer.writeSettings();
      peer.run("nix-store", "--init");
      return peer;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // ── Where things are ───────────────────────────────────────────────────────────────────────

  /** {@code /nix/store}. */
  public StoreDir storeDir() {
    return StoreDir.DEFAULT;
  }

  /** The root under which {@code nix/store} and {@code nix/var/nix} lie. */
  public Path root() {
    return folder.resolve("root");
  }

  /** Where the files of {@code /nix/store} really are. */
  public Path realStoreDir() {
    return root().resolve("nix/store");
  }

  /** The real file or folder of a store path. */
  public Path real(StorePath path) {
    return realStoreDir().resolve(path.baseName());
  }

  /** Nix's state folder, {@code nix/var/nix} below the root. */
  public Path stateDir() {
    return root().resolve("nix/var/nix");
  }

  /** The daemon's Unix socket. */
  public Path socket() {
    return folder.resolve("nix.sock");
  }

  /** The store as its daemon's clients name it, {@code unix://SOCKET?root=ROOT}. */
  public String daemonUri() {
    return "unix://" + socket() + "?root=" + root();
  }

  /** The store as a program names it that opens it directly, {@code local?root=ROOT}. */
  public String localUri() {
    return "local?root=" + root();
  }

  /** The folder of Nix's programs. */
  public Path bin() {
    return bin;
  }

  /** The folder of {@code nix.conf}, for {@code NIX_CONF_DIR}. */
  public Path confDir() {
    return folder.resolve("etc");
  }

  private Path home() {
    return folder.resolve("home");
  }

  // ── Configuration and daemon ───────────────────────────────────────────────────────────────

  /** Sets an option of {@code nix.conf}; a running daemon has read the old one. */
  public NixPeer set(String option, String value) {
    settings.put(option, value);
    writeSettings();
    return this;
  }

  /** Has every build report to {@code hook}, run with these variables added to its environment. */
  public NixPeer postBuildHook(Path hook, Map<String, String> environment) {
    daemonEnvironment.putAll(environment);
    return set("post-build-hook", hook.toString());
  }

  /** Has every build signed by a new key of that name; returns the public key. */
  public String signBuilds(String keyName) {
    var secret = newSecretKey(keyName);
    set("secret-key-files", secret.toString());
    return publicKey(secret);
  }

  /** Makes a secret key file of Nix. */
  public Path newSecretKey(String keyName) {
    var secret = folder.resolve(keyName + ".secret");
    run("nix-store", "--generate-binary-cache-key", keyName, "" + secret, secret + ".public");
    return secret;
  }

  /** The public half of a key made by {@link #newSecretKey}. */
  public String publicKey(Path secret) {
    try {
      return Files.readString(Path.of(secret + ".public")).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void writeSettings() {
    var text =
        settings.entrySet().stream()
            .map(setting -> setting.getKey() + " = " + setting.getValue() + "\n")
            .collect(Collectors.joining());
    try {
      Files.writeString(confDir().resolve("nix.conf"), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts {@code nix-daemon} and waits until it answers. */
  public NixPeer startDaemon() {
    if (daemon != null) {
      throw new IllegalStateException("the daemon runs already");
    }
    // Builders see this shell and nothing else of the machine.
    set("sandbox-paths", "/bin/sh=" + Peers.require("busybox"));
    var builder = command("nix-daemon");
    builder.environment().putAll(daemonEnvironment);
    var process = PeerProcess.start("nix-daemon", builder, folder.resolve("nix-daemon.log"));
    daemon = process;
    Awaitility.await("nix-daemon listens")
        .atMost(START)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> {
          if (!process.isAlive()) {
            throw new AssertionError("nix-daemon ended: " + process.output());
          }
          return accepts(socket());
        });
    return this;
  }

  private static boolean accepts(Path socket) throws IOException {
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      return false;
    }
  }

  /** Stops the daemon; connections to it break. The store stays. */
  public void stopDaemon() {
    var process = daemon;
    daemon = null;
    if (process != null) {
      process.close();
    }
  }

  /** What the daemon has printed, the output of its hooks not included. */
  public String daemonLog() {
    var process = daemon;
    return process == null ? "" : process.output();
  }

  /** Stops the daemon. */
  @Override
  public void close() {
    stopDaemon();
  }

  // ── Programs ───────────────────────────────────────────────────────────────────────────────

  /** One of Nix's programs, to be started on this store directly. */
  public ProcessBuilder command(String program, String... arguments) {
    var words = new ArrayList<String>();
    words.add(bin.resolve(program).toString());
    words.addAll(Arrays.asList(arguments));
    var builder = new ProcessBuilder(words);
    var environment = builder.environment();
    environment.keySet().removeIf(name -> name.startsWith("NIX_") || name.startsWith("HOOKQ_"));
    environment.remove("OUT_PATHS");
    environment.remove("DRV_PATH");
    environment.putAll(environment());
    return builder;
  }

  /** The variables that keep a Nix program to this store and away from the machine's. */
  public Map<String, String> environment() {
    return Map.of(
        "NIX_REMOTE", localUri(),
        "NIX_CONF_DIR", confDir().toString(),
        "NIX_USER_CONF_FILES", "/dev/null",
        "NIX_DAEMON_SOCKET_PATH", socket().toString(),
        "NIX_PATH", "",
        "HOME", home().toString(),
        "XDG_CACHE_HOME", home().resolve("cache").toString());
  }

  /**
   * Runs one of Nix's programs on this store, directly; returns its stdout.
   *
   * @throws AssertionError with its stderr if it fails
   */
  public String run(String program, String... arguments) {
    return PeerProcess.run(command(program, arguments)).orFail(program).stdout();
  }

  // ── Store objects ──────────────────────────────────────────────────────────────────────────

  /** Adds a file or tree, content-addressed, without a derivation. */
  public StorePath add(Path tree) {
    return storeDir().parse(run("nix-store", "--add", tree.toString()).strip());
  }

  /** Adds a file with that text. */
  public StorePath addText(String name, String text) {
    try {
      var file = Files.createDirectories(folder.resolve("in")).resolve(name);
      Files.writeString(file, text);
      return add(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Builds what a Nix expression stands for, by a real {@code nix-build} through the daemon.
   *
   * <p>The expression may call {@code sh NAME ATTRIBUTES SCRIPT}: a derivation whose builder is
   * busybox's shell with that script; {@code PATH} holds nothing, so applets are called as {@code
   * /bin/sh}'s own ({@code mkdir}, {@code ln}, {@code dd} …), through the {@code busybox} function.
   *
   * @return its outputs, in the order in which {@code nix-build} prints them
   * @throws AssertionError with what Nix said if the build fails
   */
  public List<StorePath> build(String expression) {
    return tryBuild(expression)
        .orFail("nix-build")
        .stdout()
        .lines()
        .map(storeDir()::parse)
        .toList();
  }

  /** As {@link #build}, but returns whatever happened. */
  public Finished tryBuild(String expression) {
    var builder = command("nix-build", "--no-out-link", "--expr", PRELUDE + expression);
    builder.environment().put("NIX_REMOTE", daemonUri());
    return PeerProcess.run(builder);
  }

  private static final String PRELUDE =
      """
      let
        sh = name: attributes: script: derivation ({
          inherit name;
          system = builtins.currentSystem;
          builder = "/bin/sh";
          args = [ "-e" "-c" script ];
        } // attributes);
      in
      """;

  /** Every valid path. */
  public Set<StorePath> validPaths() {
    return new TreeSet<>(pathInfos().keySet());
  }

  /** What Nix itself says of every valid path; the registration time is left at 0. */
  public Map<StorePath, PathInfo> pathInfos() {
    var signed = trust("--all");
    var infos = new TreeMap<StorePath, PathInfo>();
    var lines = run("nix-store", "--dump-db").lines().iterator();
    while (lines.hasNext()) {
      var path = storeDir().parse(lines.next());
      var hash = NarHash.parse(lines.next());
      var size = Long.parseLong(lines.next());
      var deriver = lines.next();
      var count = Integer.parseInt(lines.next());
      var references = new ArrayList<StorePath>();
      for (var i = 0; i < count; i++) {
        references.add(storeDir().parse(lines.next()));
      }
      var trust = signed.getOrDefault(path, Trust.NONE);
      infos.put(
          path,
          new PathInfo(
              path,
              hash,
              size,
              references,
              deriver.isEmpty() ? Optional.empty() : Optional.of(storeDir().parse(deriver)),
              0,
              trust.ultimate(),
              trust.signatures(),
              trust.contentAddress()));
    }
    return infos;
  }

  /**
   * What Nix itself says of one valid path.
   *
   * @throws NoSuchElementException if it is not valid
   */
  public PathInfo pathInfo(StorePath path) {
    return Optional.ofNullable(pathInfos().get(path)).orElseThrow();
  }

  /** Reads {@code nix path-info --sigs}: path, {@code ultimate}, {@code ca:…} and signatures. */
  private Map<StorePath, Trust> trust(String... selection) {
    var words = new ArrayList<>(List.of("path-info", "--sigs"));
    words.addAll(List.of(selection));
    var trusts = new TreeMap<StorePath, Trust>();
    run("nix", words.toArray(String[]::new))
        .lines()
        .forEach(line -> {
          var fields = line.split("\\s+", 0);
          var signatures = new ArrayList<Signature>();
          var ultimate = false;
          var contentAddress = Optional.<ContentAddress>empty();
          for (var field : Arrays.asList(fields).subList(1, fields.length)) {
            if (field.equals("ultimate")) {
              ultimate = true;
            } else if (field.startsWith("ca:")) {
              contentAddress = Optional.of(new ContentAddress(field.substring(3)));
            } else {
              signatures.add(Signature.parse(field).orElseThrow());
            }
          }
          trusts.put(storeDir().parse(fields[0]), new Trust(ultimate, signatures, contentAddress));
        });
    return trusts;
  }

  private record Trust(
      boolean ultimate, List<Signature> signatures, Optional<ContentAddress> contentAddress) {
    static final Trust NONE = new Trust(false, List.of(), Optional.empty());
  }

  /** The closure of some valid paths, themselves included. */
  public Set<StorePath> closure(Collection<StorePath> paths) {
    return query("--requisites", paths);
  }

  /** What {@code nix-store -q QUERY} prints for these paths. */
  public Set<StorePath> query(String query, Collection<StorePath> paths) {
    var words = new ArrayList<>(List.of("--query", query));
    paths.forEach(path -> words.add(storeDir().print(path)));
    return run("nix-store", words.toArray(String[]::new))
        .lines()
        .map(storeDir()::parse)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /**
   * Has Nix check every valid path: there, and hashing to what is recorded.
   *
   * @throws AssertionError with what Nix found, if anything is wrong
   */
  public void verify() {
    PeerProcess.run(command("nix-store", "--verify", "--check-contents")).orFail("verify");
  }

  /** Collects the garbage of this store; returns what Nix said. */
  public String collectGarbage() {
    return run("nix-store", "--gc");
  }

  /** Deletes one path that nothing needs. */
  public void delete(StorePath path) {
    run("nix-store", "--delete", storeDir().print(path));
  }
}
