package io.hookq.daemon.story;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hookq.peers.Finished;
import io.hookq.peers.NixPeer;
import io.hookq.peers.PeerProcess;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * The near side of a story: a machine with a Nix of its own, the real hook configured there, and
 * the daemon as a process of its own, started as the launcher does.
 *
 * <p>Used by one thread. Deleting the folder is the business of whoever made it.
 */
public final class Machine implements AutoCloseable {
  /** Generous: machines that run tests are slow now and then. */
  public static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final NixPeer nix;
  private final Map<String, String> destinations = new TreeMap<>();
  private Path stateDir;
  private @Nullable PeerProcess daemon;
  private int starts;
  private boolean debugging;

  private Machine(Path folder, NixPeer nix) {
    this.folder = folder;
    this.nix = nix;
    this.stateDir = folder.resolve("state");
  }

  /** A machine whose Nix runs, with the hook configured, and without destinations or daemon. */
  public static Machine in(Path folder) {
    try {
      Files.createDirectories(folder);
      var nix = NixPeer.in(folder.resolve("nix"));
      var machine = new Machine(folder.toRealPath(), nix);
      Files.createDirectories(machine.stateDir);
      Files.createDirectories(machine.gcRoots());
      // As root or the module would have left it.
      Files.createDirectories(machine.spool());
      nix.postBuildHook(hookBinary(), machine.hookEnvironment());
      machine.writeConfig();
      return machine;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The hook as its own module has built it. */
  public static Path hookBinary() {
    var binary =
        Path.of(System.getProperty("basedir", "."))
            .resolve("../hook/target/hookq-hook")
            .toAbsolutePath()
            .normalize();
    assertThat(binary).as("the hook, which its own module builds").isExecutable();
    return binary;
  }

  /** Where things are built. */
  public NixPeer nix() {
    return nix;
  }

  /** The daemon's socket. */
  public Path socket() {
    return folder.resolve("hookq.sock");
  }

  /** Where the queue is. */
  public Path stateDir() {
    return stateDir;
  }

  /** The config file. */
  public Path config() {
    return folder.resolve("hookq.toml");
  }

  /** Where the hook leaves what the daemon does not take. */
  public Path spool() {
    return folder.resolve("spool");
  }

  /** The folder of hookq's own GC roots. */
  public Path gcRoots() {
    return nix.stateDir().resolve("gcroots/hookq");
  }

  /** What the hook is told by its environment. */
  public Map<String, String> hookEnvironment() {
    return Map.of(
        "HOOKQ_SOCKET", socket().toString(),
        "HOOKQ_SPOOL", spool().toString(),
        "HOOKQ_GCROOTS", gcRoots().toString());
  }

  // ── Configuration ──────────────────────────────────────────────────────────────────────────

  /** Adds a destination, or gives it other settings; a running daemon has read the old ones. */
  public Machine destination(String name, String settings) {
    destinations.put(name, settings);
    writeConfig();
    return this;
  }

  /** Keeps the queue somewhere else from the next start on. */
  public Machine stateDir(Path other) {
    stateDir = other;
    writeConfig();
    return this;
  }

  private void writeConfig() {
    try {
      var group = Files.readAttributes(folder, PosixFileAttributes.class).group().getName();
      var text =
          new StringBuilder(
              """
              [daemon]
              state-dir = "%s"
              socket = "%s"
              allow-group = "%s"
              store = "%s"

              [retry]
              initial = "100ms"
              max = "500ms"
              """
                  .formatted(stateDir, socket(), group, nix.daemonUri()));
      destinations.forEach((name, settings) ->
          text.append("\n[destinations.").append(name).append("]\n").append(settings));
      Files.writeString(config(), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // ── The daemon ─────────────────────────────────────────────────────────────────────────────

  /**
   * Starts the daemon and waits until it takes requests.
   *
   * @param launcher the words of a program that becomes the daemon, if any
   */
  public PeerProcess startDaemon(String... launcher) {
    var process = launchDaemon(launcher);
    Awaitility.await("the daemon takes requests")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> {
          if (!process.isAlive()) {
            throw new AssertionError("the daemon ended: " + process.output());
          }
          return answers();
        });
    return process;
  }

  /** From the next start on the daemon says all that it ever says. */
  public Machine debugging() {
    debugging = true;
    return this;
  }

  /** Starts the daemon and does not wait. */
  public PeerProcess launchDaemon(String... launcher) {
    var builder = debugging ? java(List.of(), "daemon", "--debug") : java(List.of(), "daemon");
    builder.command().addAll(0, List.of(launcher));
    var process =
        PeerProcess.start("hookq daemon", builder, folder.resolve("daemon-" + ++starts + ".log"));
    daemon = process;
    return process;
  }

  private boolean answers() {
    try {
      return ask("{\"op\":\"version\"}").path("ok").asBoolean();
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  /** The daemon's process, whether it still runs or not. */
  public PeerProcess daemon() {
    var process = daemon;
    if (process == null) {
      throw new IllegalStateException("the daemon was never started");
    }
    return process;
  }

  private ProcessBuilder java(List<String> flags, String... arguments) {
    var words = new ArrayList<String>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // As the launcher does.
    words.addAll(List.of("-XX:+UseSerialGC", "-Xmx64m", "-Xshare:auto", "-XX:-UsePerfData"));
    words.addAll(List.of("-Xlog:disable", "-Xlog:all=warning:stderr"));
    words.add("--enable-native-access=ALL-UNNAMED");
    words.addAll(flags);
    words.addAll(List.of("-cp", System.getProperty("java.class.path")));
    words.add("io.hookq.daemon.cli.Main");
    words.addAll(Arrays.asList(arguments));
    var builder = new ProcessBuilder(words);
    builder.environment().keySet().removeIf(name -> name.startsWith("HOOKQ_"));
    builder.environment().put("HOOKQ_CONFIG", config().toString());
    builder.environment().putAll(hookEnvironment());
    return builder;
  }

  // ── What users do ──────────────────────────────────────────────────────────────────────────

  /** Runs a {@code hookq} command to its end. */
  public Finished hookq(String... arguments) {
    return PeerProcess.run(java(List.of("-XX:TieredStopAtLevel=1"), arguments));
  }

  /** Runs the hook by hand, as a Nix would that sets these variables. */
  public Finished hook(Map<String, String> variables) {
    var builder = new ProcessBuilder(hookBinary().toString());
    builder.environment().putAll(hookEnvironment());
    builder.environment().putAll(variables);
    return PeerProcess.run(builder);
  }

  /** Runs {@code hookq push}. */
  public Finished push(Collection<StorePath> paths, String... options) {
    return hookq(
        Stream.of(
                Stream.of("push"),
                Arrays.stream(options),
                paths.stream().map(nix.storeDir()::print))
            .flatMap(words -> words)
            .toArray(String[]::new));
  }

  /**
   * Waits by {@code hookq wait} until nothing is on its way any more.
   *
   * @throws AssertionError unless all is done
   */
  public void awaitAllDone() {
    var finished = hookq("wait", "--timeout", PATIENCE.toSeconds() + "s");
    if (finished.exitStatus() != 0) {
      throw new AssertionError(
          "hookq wait: " + finished + "\n" + status().toPrettyString() + "\n" + log());
    }
  }

  /** What {@code hookq status --json} prints. */
  public JsonNode status() {
    return json("status", "--json");
  }

  /** The first and only destination of {@link #status}. */
  public JsonNode destinationStatus() {
    return status().path("destinations").path(0);
  }

  /** What {@code hookq list --json} prints. */
  public JsonNode list() {
    return json("list", "--json");
  }

  private JsonNode json(String... arguments) {
    try {
      return JSON.readTree(hookq(arguments).orFail("hookq " + arguments[0]).stdout());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Everything the daemon's latest life has logged. */
  public String log() {
    return daemon == null ? "" : daemon().output();
  }

  // ── The bare socket ────────────────────────────────────────────────────────────────────────

  /** Says one line to the daemon's socket; returns the one line that is answered. */
  public JsonNode ask(String line) {
    return ask((line + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** Says these very bytes to the daemon's socket; returns the one line that is answered. */
  public JsonNode ask(byte[] bytes) {
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket()));
      Thread.ofVirtual().start(() -> send(channel, bytes));
      return JSON.readTree(line(Channels.newInputStream(channel)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void send(SocketChannel channel, byte[] bytes) {
    try {
      var buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    } catch (IOException e) {
      // The daemon need not listen to all of it before it answers.
    }
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int c; (c = in.read()) >= 0 && c != '\n'; ) {
      line.append((char) c);
    }
    return line.toString();
  }

  // ── The end ────────────────────────────────────────────────────────────────────────────────

  /** Stops the daemon as systemd does; it must obey within its promised time. */
  public void stopDaemon() {
    assertThat(daemon().terminate()).as("exit status after SIGTERM\n%s", log()).isIn(0, 143);
  }

  @Override
  public void close() {
    if (daemon != null) {
      daemon().close();
    }
    nix.close();
  }
}
