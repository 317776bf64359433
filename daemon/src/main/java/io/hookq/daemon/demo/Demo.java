package io.hookq.daemon.demo;

import io.hookq.daemon.Hookqd;
import io.hookq.daemon.config.Config;
import io.hookq.daemon.config.ConfigException;
import io.hookq.daemon.config.Surroundings;
import io.hookq.daemon.control.ControlClient;
import io.hookq.daemon.control.StatusRequest;
import io.hookq.daemon.control.WaitRequest;
import io.hookq.daemon.planner.Closure;
import io.hookq.daemon.status.Figures;
import io.hookq.daemon.status.ScreenStyle;
import io.hookq.daemon.status.StatusJson;
import io.hookq.daemon.status.StatusReport;
import io.hookq.daemon.status.StatusScreen;
import io.hookq.nar.NarDump;
import io.hookq.ssh.GeneratedKey;
import io.hookq.ssh.HostKeyPolicy;
import io.hookq.ssh.SshConnector;
import io.hookq.ssh.SshEndpoint;
import io.hookq.store.PathInfo;
import io.hookq.store.StorePath;
import java.io.Closeable;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The whole journey on this machine: things are built, the hook runs, the daemon uploads, the far
 * end is checked.
 *
 * <p>Run once, by one thread; to stop it that thread is interrupted. However {@link #run} ends,
 * nothing that it made or started is left.
 */
public final class Demo {
  private static final String DESTINATION = "far";
  private static final Duration TRAVEL = Duration.ofMinutes(2);
  private static final Duration ANSWER = Duration.ofSeconds(10);
  private static final Duration LOOK = Duration.ofMillis(250);
  private static final int HOOK_RUNS = 15;

  private final PrintStream out;
  private final ScreenStyle style;
  private final boolean embedded;
  private final Path hook;
  private final Deque<Closeable> open = new ArrayDeque<>();

  /**
   * Prepares it; starts nothing.
   *
   * @param out told of every step
   * @param style what {@code out} can show
   * @param embedded use neither Nix nor sshd, installed or not
   * @param hook the hook's executable
   */
  public Demo(PrintStream out, ScreenStyle style, boolean embedded, Path hook) {
    this.out = out;
    this.style = style;
    this.embedded = embedded;
    this.hook = hook;
  }

  /**
   * Makes the journey.
   *
   * @throws IOException if it did not come to a good end; the message says where
   * @throws InterruptedException if it was stopped
   */
  public void run() throws IOException, InterruptedException {
    try {
      travel();
    } finally {
      cleanUp();
    }
  }

  private void travel() throws IOException, InterruptedException {
    var start = System.nanoTime();
    var scratch = keep(ScratchFolder.create());
    var call =
        new HookCall(
            hook,
            scratch.path().resolve("hookq.sock"),
            scratch.path().resolve("state/spool"),
            scratch.path().resolve("near/nix/var/nix/gcroots/hookq"));
    var nix = embedded ? Optional.<NixInstallation>empty() : NixInstallation.find();

    out.println("hookq demo: from a build to another store, all below " + scratch.path());
    out.println();
    var near = near(scratch, nix, call);
    say("near", near.description());
    var far = far(scratch, nix);
    say("far", far.description());
    var key = GeneratedKey.ed25519();
    key.writeTo(scratch.path().resolve("id_ed25519"));
    var door = door(scratch, nix.isPresent(), key, far);
    say("hook", hook.toString());
    out.println();

    keep(start(scratch, near, door, call));
    var daemon = new ControlClient(call.socket());
    var built = near.build(call, this::step);
    await(daemon);
    out.println();
    var arrived = status(daemon);
    out.print(new StatusScreen(style).render(arrived, Instant.now()));
    out.println();

    var paths = Closure.of(near.source(), built).paths();
    var closure = near.source().queryPathInfos(paths).values();
    step("checking the far end");
    var bytes = verify(closure, far);
    var took = Duration.ofNanos(System.nanoTime() - start);
    step("running the hook again for what is there already");
    var hookMillis = measure(call, built.getLast());
    await(daemon);
    requireNothingSent(arrived, status(daemon));

    out.println();
    out.println(
        "done: %d store paths, %s, every NAR the same at the far end, in %.1f s"
            .formatted(closure.size(), Figures.bytes(bytes), took.toMillis() / 1000.0));
    out.println(hookMillis);
    out.println("a second run sent nothing; all of it is taken away again");
  }

  private void say(String what, String value) {
    out.println("  %-5s %s".formatted(what, value));
  }

  private void step(String what) {
    out.println("  " + what);
  }

  // ── The two ends ───────────────────────────────────────────────────────────────────────────

  private NearStore near(ScratchFolder scratch, Optional<NixInstallation> nix, HookCall call)
      throws IOException, InterruptedException {
    return keep(
        nix.isPresent()
            ? NixNearStore.start(scratch, nix.get(), call)
            : new FolderNearStore(scratch));
  }

  private static FarStore far(ScratchFolder scratch, Optional<NixInstallation> nix)
      throws IOException, InterruptedException {
    return nix.isPresent() ? NixFarStore.make(scratch, nix.get()) : new FolderFarStore(scratch);
  }

  /** The installed sshd where there is one that lets us in; it must run Nix, so only beside it. */
  private SshDoor door(ScratchFolder scratch, boolean nix, GeneratedKey key, FarStore far)
      throws IOException, InterruptedException {
    var sshd = nix ? Program.find("sshd") : Optional.<Path>empty();
    if (sshd.isPresent()) {
      try {
        var door = LocalSshd.start(scratch, sshd.get(), key, far.environment());
        keep(door);
        return announced(door, door.description() + ", " + logIn(door, key));
      } catch (IOException e) {
        step("the installed sshd is of no use here: " + e.getMessage());
      }
    }
    var door = keep(EmbeddedDoor.open(key, far));
    return announced(door, door.description());
  }

  private SshDoor announced(SshDoor door, String description) {
    say("ssh", description + ", on 127.0.0.1:" + door.port());
    return door;
  }

  /** Tries the way in: some accounts have no shell, or are locked. */
  private static String logIn(SshDoor door, GeneratedKey key) throws IOException {
    var endpoint =
        new SshEndpoint(
            "127.0.0.1",
            door.port(),
            door.user(),
            List.of(key),
            HostKeyPolicy.pinned(door.hostKey()),
            ANSWER,
            ANSWER,
            false);
    try (var connector = new SshConnector();
        var session = connector.connect(endpoint);
        var command = session.exec("nix-store --version")) {
      command.stdin().close();
      var said = new String(command.stdout().readAllBytes(), StandardCharsets.UTF_8);
      if (!said.contains("Nix")) {
        throw new IOException("no nix-store there: " + command.stderrTail().strip());
      }
      return session.serverVersion();
    }
  }

  // ── The daemon between them ────────────────────────────────────────────────────────────────

  private static Hookqd start(ScratchFolder scratch, NearStore near, SshDoor door, HookCall call)
      throws IOException {
    var text =
        """
        [daemon]
        state-dir = "%s/state"
        socket = "%s"
        %s
        [destinations.%s]
        uri = "ssh://%s@127.0.0.1:%d"
        ssh-key = "%s/id_ed25519"
        ssh-config = false
        host-key = "%s"
        """
            .formatted(
                scratch.path(),
                call.socket(),
                near.location().map(store -> "store = \"" + store + "\"").orElse(""),
                DESTINATION,
                door.user(),
                door.port(),
                scratch.path(),
                door.hostKey());
    // Of this process's own surroundings only what cannot mislead: no HOOKQ_ variable.
    var here = Surroundings.here();
    var surroundings =
        new Surroundings(
            Map.of("HOOKQ_GCROOTS", call.gcRoots().toString()), here.home(), here.mac());
    try {
      var config = Config.parse(text, "the demo's config", surroundings);
      return near.location().isPresent()
          ? Hookqd.start(config, surroundings)
          : Hookqd.start(config, surroundings, near.source());
    } catch (ConfigException e) {
      throw new IllegalStateException("the demo writes a config that is refused", e);
    }
  }

  private void await(ControlClient daemon) throws IOException, InterruptedException {
    var watcher = Thread.startVirtualThread(() -> watch(daemon));
    try {
      var reply =
          daemon.call(
              new WaitRequest(
                  List.of(), Optional.empty(), Optional.of(Instant.EPOCH), Optional.of(TRAVEL)),
              ANSWER);
      if (reply.timedOut()) {
        throw new IOException("not there after " + TRAVEL.toSeconds() + " s: " + lastError(daemon));
      }
      if (!reply.failed().isEmpty()) {
        var job = reply.failed().getFirst();
        throw new IOException(
            "%s is %s: %s".formatted(job.path(), job.state(), job.reason().orElse("no reason")));
      }
    } finally {
      watcher.interrupt();
      watcher.join();
    }
  }

  /** Says how far the upload is, until interrupted. */
  private void watch(ControlClient daemon) {
    var said = "";
    try {
      while (true) {
        Thread.sleep(LOOK);
        for (var destination : status(daemon).destinations()) {
          var line =
              destination.bytesPlanned() > 0
                  ? "uploading  "
                      + Figures.bytesOf(destination.bytesSent(), destination.bytesPlanned())
                  : destination.lastError().map(error -> "waiting: " + error).orElse("");
          if (!line.isEmpty() && !line.equals(said)) {
            step(line);
            said = line;
          }
        }
      }
    } catch (InterruptedException e) {
      return;
    } catch (IOException e) {
      // Whoever waits for the end is told the same.
      return;
    }
  }

  private static String lastError(ControlClient daemon) throws IOException {
    return status(daemon).destinations().stream()
        .flatMap(destination -> destination.lastError().stream())
        .findFirst()
        .orElse("no reason known");
  }

  private static StatusReport status(ControlClient daemon) throws IOException {
    return StatusJson.read(daemon.call(new StatusRequest(), ANSWER).document());
  }

  // ── The proof ──────────────────────────────────────────────────────────────────────────────

  private long verify(Collection<PathInfo> closure, FarStore far)
      throws IOException, InterruptedException {
    var bytes = 0L;
    for (var info : closure) {
      var there = HashingStream.of(new NarDump(far.realStoreDir().resolve(info.path().baseName())));
      if (!there.narHash().equals(info.narHash()) || there.size() != info.narSize()) {
        throw new IOException(
            "%s differs at the far end: %s here, %s there"
                .formatted(info.path(), info.narHash(), there.narHash()));
      }
      bytes += info.narSize();
    }
    var also = far.verify(closure.stream().map(PathInfo::path).toList());
    if (!also.isEmpty()) {
      step(also);
    }
    return bytes;
  }

  /** How long the hook takes, beside a program that does nothing, for both start a process. */
  private static String measure(HookCall call, StorePath path)
      throws IOException, InterruptedException {
    var nothing = Program.find("true");
    var hook = new ArrayList<Duration>();
    var idle = new ArrayList<Duration>();
    for (var i = 0; i < HOOK_RUNS; i++) {
      if (nothing.isPresent()) {
        idle.add(
            new HookCall(nothing.get(), call.socket(), call.spool(), call.gcRoots())
                .run(List.of(path)));
      }
      hook.add(call.run(List.of(path)));
    }
    return "the hook took %s, durably queued, where %s"
        .formatted(
            millis(hook),
            nothing.isPresent() ? "a program that does nothing took " + millis(idle) : "it ran");
  }

  private static String millis(List<Duration> times) {
    var median = times.stream().sorted().skip(times.size() / 2).findFirst().orElse(Duration.ZERO);
    return "%.1f ms".formatted(median.toNanos() / 1e6);
  }

  private static void requireNothingSent(StatusReport before, StatusReport after)
      throws IOException {
    var sent = sent(after) - sent(before);
    if (sent != 0) {
      throw new IOException("a second run sent " + Figures.bytes(sent) + " again");
    }
  }

  private static long sent(StatusReport report) {
    return report.destinations().stream()
        .mapToLong(destination -> destination.narBytesSentTotal())
        .sum();
  }

  // ── Leaving ────────────────────────────────────────────────────────────────────────────────

  private <T extends Closeable> T keep(T resource) {
    open.push(resource);
    return resource;
  }

  private void cleanUp() throws IOException {
    // To end a process in good order takes waiting, which an interrupted thread cannot.
    var interrupted = Thread.interrupted();
    IOException first = null;
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (IOException e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (first != null) {
      throw first;
    }
  }
}
