package io.hookq.daemon.demo;

import io.hookq.store.SourceStore;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.worker.DaemonSocket;
import io.hookq.worker.DaemonStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * A store of its own below a root, with a {@code nix-daemon} of its own, built in by {@code
 * nix-build}; Nix runs the hook.
 *
 * <p>Where Nix may not build, for want of the right to make a sandbox, files are added with {@code
 * nix-store --add} and the hook is run by us. Closing it ends the daemon.
 */
final class NixNearStore implements NearStore {
  private static final Duration START = Duration.ofSeconds(20);
  private static final Pattern BUILDING =
      Pattern.compile("building '/nix/store/[^-]*-(.*)\\.drv'.*");

  private final NixRoot root;
  private final Path workshop;
  private final Process daemon;
  private final DaemonStore source;
  private final Program client;

  private NixNearStore(NixRoot root, Path workshop, Process daemon) {
    this.root = root;
    this.workshop = workshop;
    this.daemon = daemon;
    this.client = root.program("nix-store").with(Map.of("NIX_REMOTE", root.daemonUri()));
    this.source =
        new DaemonStore(new DaemonSocket(root.socket()), StoreDir.DEFAULT, root.realStoreDir());
  }

  /** Makes the store and starts its daemon, which will run {@code hook} after each build. */
  static NixNearStore start(ScratchFolder scratch, NixInstallation nix, HookCall hook)
      throws IOException, InterruptedException {
    var root = NixRoot.make(scratch.folder("near"), nix);
    root.configure(
        """
        sandbox = true
        sandbox-fallback = false
        %s
        post-build-hook = %s
        """
            .formatted(sandboxShell(), hook.hook()));
    var log = scratch.path().resolve("nix-daemon.log").toFile();
    var builder = root.program("nix-daemon").with(hook.environment()).command();
    var daemon = builder.redirectErrorStream(true).redirectOutput(log).start();
    try {
      Patience.await(START, daemon, "nix-daemon", log.toPath(), () -> Files.exists(root.socket()));
      return new NixNearStore(root, scratch.folder("workshop"), daemon);
    } catch (IOException | InterruptedException | RuntimeException e) {
      Program.stop(daemon);
      throw e;
    }
  }

  /**
   * Which shell builders find at {@code /bin/sh}. A Nix from Nixpkgs brings one; others need one
   * without libraries, or the libraries too.
   */
  private static String sandboxShell() {
    for (var candidate : List.of("/bin/busybox", "/usr/bin/busybox", "/bin/busybox.static")) {
      if (Files.isExecutable(Path.of(candidate)) && Elf.isStatic(Path.of(candidate))) {
        return "sandbox-paths = /bin/sh=" + candidate;
      }
    }
    return Files.isDirectory(Path.of("/lib"))
        ? "sandbox-paths = /bin/sh /lib? /lib64? /usr/lib? /usr/lib64?"
        : "";
  }

  @Override
  public String description() {
    return "a store of its own, by " + root.version() + " (nix-daemon, nix-build)";
  }

  @Override
  public Optional<String> location() {
    return Optional.of(root.daemonUri());
  }

  @Override
  public SourceStore source() {
    return source;
  }

  @Override
  public Path gcRoots() {
    return root.gcRoots();
  }

  @Override
  public List<StorePath> build(HookCall hook, Consumer<String> talk)
      throws IOException, InterruptedException {
    try {
      return nixBuild(talk);
    } catch (IOException e) {
      talk.accept("nix-build is not possible here: " + e.getMessage());
      talk.accept("adding files with nix-store --add instead; the hook is run by the demo");
      return addFiles(hook, talk);
    }
  }

  private List<StorePath> nixBuild(Consumer<String> talk) throws IOException, InterruptedException {
    var expression = Journey.unpack(workshop);
    var built =
        client
            .beside("nix-build")
            .run(
                line -> {
                  var building = BUILDING.matcher(line);
                  if (building.matches()) {
                    talk.accept("building " + building.group(1));
                  }
                },
                expression.toString(),
                "--no-out-link",
                "--argstr",
                "salt",
                Long.toHexString(new Random().nextLong()));
    return parse(built);
  }

  private List<StorePath> addFiles(HookCall hook, Consumer<String> talk)
      throws IOException, InterruptedException {
    var random = new Random();
    var added = new ArrayList<StorePath>();
    for (var i = 1; i <= 8; i++) {
      var contents = new byte[1 << (10 + i)];
      random.nextBytes(contents);
      var file = Files.write(workshop.resolve("hookq-demo-" + i), contents);
      var path = parse(client.run("--add", file.toString()));
      talk.accept("added " + path.getFirst().name());
      hook.run(path);
      added.addAll(path);
    }
    return added;
  }

  private static List<StorePath> parse(String lines) {
    return lines.lines().map(StoreDir.DEFAULT::parse).toList();
  }

  @Override
  public void close() throws IOException {
    try {
      source.close();
    } finally {
      Program.stop(daemon);
    }
  }
}
