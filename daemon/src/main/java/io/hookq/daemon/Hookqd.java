package io.hookq.daemon;

import io.hookq.daemon.config.Config;
import io.hookq.daemon.config.DestinationConfig;
import io.hookq.daemon.config.KeyFile;
import io.hookq.daemon.config.RetryConfig;
import io.hookq.daemon.config.StoreLocation;
import io.hookq.daemon.config.Surroundings;
import io.hookq.daemon.control.ChangeBell;
import io.hookq.daemon.control.ControlDesk;
import io.hookq.daemon.control.ControlServer;
import io.hookq.daemon.control.EnqueueRequest;
import io.hookq.daemon.intake.Intake;
import io.hookq.daemon.intake.Order;
import io.hookq.daemon.intake.RefusedException;
import io.hookq.daemon.intake.SpoolWatcher;
import io.hookq.daemon.intake.Upkeep;
import io.hookq.daemon.queue.JobQueue;
import io.hookq.daemon.queue.QueueCorruptException;
import io.hookq.daemon.queue.QueueFile;
import io.hookq.daemon.queue.RetryPolicy;
import io.hookq.daemon.queue.StateLock;
import io.hookq.daemon.roots.DirectRoots;
import io.hookq.daemon.roots.GcRoots;
import io.hookq.daemon.roots.IndirectRoots;
import io.hookq.daemon.status.StatusReport;
import io.hookq.daemon.status.Version;
import io.hookq.daemon.transport.Destination;
import io.hookq.daemon.transport.DestinationSnapshot;
import io.hookq.daemon.transport.NearSide;
import io.hookq.log.Logged;
import io.hookq.ssh.SshConnector;
import io.hookq.store.SourceStore;
import io.hookq.store.StoreDir;
import io.hookq.worker.DaemonProgram;
import io.hookq.worker.DaemonSocket;
import io.hookq.worker.DaemonStore;
import java.io.Closeable;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon: every object made by hand here, handed what it needs, and closed in order.
 *
 * <pre>
 * socket ─▶ ControlServer ─▶ ControlDesk ─┐
 * spool  ─▶ SpoolWatcher  ────────────────┴▶ Intake ─▶ GcRoots, JobQueue ─▶ Destination ─▶ SSH
 *                                                        ▲ Upkeep              ▲ source store
 * </pre>
 *
 * <p>Many may live in one process: there is no global state and no exit.
 */
public final class Hookqd implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(Hookqd.class);

  /** What is open, the last opened first, which is the order in which it is closed. */
  private final Deque<Closeable> open = new ArrayDeque<>();

  private final CountDownLatch stopping = new CountDownLatch(1);

  private volatile Optional<QueueCorruptException> damage = Optional.empty();

  private Hookqd() {}

  /**
   * Takes the state folder, opens queue, store, lanes and socket; when this returns the daemon
   * takes requests.
   *
   * @throws IOException if something it needs is not to be had; nothing stays open
   */
  public static Hookqd start(Config config, Surroundings surroundings) throws IOException {
    return start(config, surroundings, Optional.empty());
  }

  /**
   * The same with another source store than the one that the config names: the demo's, where there
   * is no Nix. It stays the caller's to close.
   *
   * @throws IOException if something it needs is not to be had; nothing stays open
   */
  public static Hookqd start(Config config, Surroundings surroundings, SourceStore source)
      throws IOException {
    return start(config, surroundings, Optional.of(source));
  }

  private static Hookqd start(Config config, Surroundings surroundings, Optional<SourceStore> given)
      throws IOException {
    var daemon = new Hookqd();
    try {
      daemon.open(config, surroundings, given);
      return daemon;
    } catch (IOException | RuntimeException e) {
      daemon.closeAll().forEach(e::addSuppressed);
      throw e;
    }
  }

  private void open(Config config, Surroundings surroundings, Optional<SourceStore> given)
      throws IOException {
    var clock = InstantSource.system();
    var startedAt = clock.instant();
    var settings = config.daemon();
    requireCredentials(config);
    makePrivate(settings.stateDir());
    opened(StateLock.acquire(settings.stateDir()));
    opened(() -> setAsideIfDamaged(settings.database(), clock));
    var queue = opened(QueueFile.open(settings.database(), clock));
    queue.onDamage(this::stopFor);
    var recovered = queue.recover(policy(config.retry()));
    if (recovered > 0) {
      LOG.info("queued again what the last daemon died under: jobs={}", recovered);
    }

    SourceStore source = given.isPresent() ? given.get() : opened(nixStore(settings.store()));
    var roots = roots(config, surroundings, given, source.storeDir());
    var intake = new Intake(source, roots, queue, config.destinations().keySet());
    // Before anybody may take a root of the queue that was lost for a leftover.
    intake.readRoots();
    var destinations = destinations(config, surroundings, NearSide.of(source, queue, roots));
    opened(Upkeep.start(queue, roots, intake, clock, settings.keepDone(), settings.keepFailed()));
    var bell = new ChangeBell();
    var spool =
        opened(
            SpoolWatcher.start(
                surroundings.spool().orElse(settings.stateDir().resolve("spool")),
                ownUser(settings.stateDir()),
                line -> EnqueueRequest.parse(line).order(),
                (orders, writtenAt) -> takeSpooled(intake, queue, orders, writtenAt),
                bell::ring,
                intake::adoptLinksOfHook,
                clock));

    var desk =
        new ControlDesk(
            source,
            destinations,
            intake,
            queue,
            spool::count,
            () -> report(startedAt, queue, spool, destinations),
            startedAt,
            bell);
    opened(desk::close);
    Rehearsal.play(settings.stateDir(), source);
    opened(server(config, desk));
    LOG.info(
        "started: version={} state={} socket={} destinations={}",
        Version.CURRENT,
        Logged.name(settings.stateDir()),
        Logged.name(settings.socket()),
        String.join(",", config.destinations().keySet()));
  }

  /**
   * Once it is found damaged nothing that the queue says or takes can be relied upon. The next
   * start begins a new one with all that is rooted and spooled, and whoever runs us starts us.
   */
  private void stopFor(QueueCorruptException e) {
    LOG.error(
        "stops, for the queue turned out to be damaged: error={}", Logged.text(e.getMessage()));
    damage = Optional.of(e);
    stopping.countDown();
  }

  /** The check at the next start may not find it, or we would not have come so far. */
  private void setAsideIfDamaged(Path database, InstantSource clock) throws IOException {
    if (damage.isPresent()) {
      var aside = QueueFile.setAside(database, clock.instant());
      LOG.error(
          "the queue is set aside, to be begun anew at the next start: file={}",
          Logged.name(aside));
    }
  }

  private <T extends Closeable> T opened(T part) {
    open.push(part);
    return part;
  }

  /** A credential that systemd did not hand in would only be missed at the first upload. */
  private static void requireCredentials(Config config) throws IOException {
    for (var destination : config.destinations().values()) {
      var files =
          Stream.concat(
                  destination.sshKey().stream(),
                  Stream.concat(
                      destination.knownHosts().stream(), destination.signingKeys().stream()))
              .filter(KeyFile::credential)
              .toList();
      for (var file : files) {
        file.path();
      }
    }
  }

  private static void makePrivate(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      warnOfOthers(folder);
      return;
    }
    var parent = folder.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    Files.createDirectory(
        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  /** A folder that was there before us keeps its mode: somebody may have meant it. */
  private static void warnOfOthers(Path folder) throws IOException {
    var mode = Files.getPosixFilePermissions(folder);
    if (mode.contains(PosixFilePermission.GROUP_WRITE)
        || mode.contains(PosixFilePermission.OTHERS_WRITE)
        || mode.contains(PosixFilePermission.OTHERS_READ)) {
      LOG.warn(
          "the state folder is open to others, chmod 0700 closes it: folder={} mode={}",
          Logged.name(folder),
          Logged.text(PosixFilePermissions.toString(mode)));
    }
  }

  private static RetryPolicy policy(RetryConfig retry) {
    return new RetryPolicy(retry.initial(), retry.max(), retry.attempts());
  }

  private static DaemonStore nixStore(StoreLocation location) {
    return new DaemonStore(connector(location), StoreDir.DEFAULT, location.realStoreDir());
  }

  private static DaemonStore.Connector connector(StoreLocation location) {
    return switch (location) {
      case StoreLocation.Socket socket -> new DaemonSocket(socket.socket());
      case StoreLocation.Local _ -> new DaemonProgram();
    };
  }

  /** Right below Nix's own roots where we may write there, else announced to the Nix daemon. */
  private static GcRoots roots(
      Config config, Surroundings surroundings, Optional<SourceStore> given, StoreDir storeDir)
      throws IOException {
    var location = config.daemon().store();
    var folder = surroundings.gcRoots().orElse(location.gcRoots().resolve("hookq"));
    var direct =
        given.isEmpty() || surroundings.gcRoots().isPresent()
            ? DirectRoots.in(folder, storeDir)
            : Optional.<GcRoots>empty();
    if (direct.isPresent()) {
      return direct.get();
    }
    var own = config.daemon().stateDir().resolve("roots");
    makePrivate(own);
    if (given.isPresent()) {
      // No Nix, nobody to announce a root to.
      return DirectRoots.in(own, storeDir)
          .orElseThrow(() -> new IOException("cannot write to " + own));
    }
    if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      LOG.warn(
          "links of the hook in a folder that is not ours stay for good: path={}",
          Logged.name(folder));
    }
    LOG.info(
        "GC roots are announced to the Nix daemon: path={} not-writable={}",
        Logged.name(own),
        Logged.name(folder));
    return new IndirectRoots(own, storeDir, () -> nixStore(location));
  }

  private List<Destination> destinations(Config config, Surroundings surroundings, NearSide near)
      throws IOException {
    var ssh = opened(new SshConnector());
    var destinations = new ArrayList<Destination>();
    for (DestinationConfig destination : config.destinations().values()) {
      destinations.add(
          Destination.overSsh(
              destination,
              policy(config.retry()),
              surroundings.home(),
              config.daemon().learntKnownHosts(),
              ssh,
              near));
    }
    opened(() -> closeTogether(destinations));
    for (var destination : destinations) {
      destination.start();
    }
    return destinations;
  }

  /** At the same time: each may need nearly all the time there is. */
  private static void closeTogether(List<Destination> destinations) throws IOException {
    var threads =
        destinations.stream()
            .map(destination -> Thread.ofVirtual().start(destination::close))
            .toList();
    for (var thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while lanes were stopping", e);
      }
    }
  }

  /** The kernel's answer; Java knows our name only. */
  private static int ownUser(Path stateDir) throws IOException {
    var probe = Files.createTempFile(stateDir, ".user", "");
    try {
      return (Integer) Files.getAttribute(probe, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    } finally {
      Files.delete(probe);
    }
  }

  private static List<Optional<RefusedException>> takeSpooled(
      Intake intake, JobQueue queue, List<Order> orders, Instant writtenAt) throws IOException {
    var refusals = intake.enqueueAll(orders);
    if (refusals.contains(Optional.<RefusedException>empty())) {
      queue.hookFired(writtenAt);
    }
    return refusals;
  }

  private static StatusReport report(
      Instant startedAt, JobQueue queue, SpoolWatcher spool, List<Destination> destinations)
      throws IOException {
    var snapshots = new ArrayList<DestinationSnapshot>();
    for (var destination : destinations) {
      snapshots.add(destination.snapshot());
    }
    return new StatusReport(
        Version.CURRENT,
        ProcessHandle.current().pid(),
        startedAt,
        queue.lastHookAt(),
        StatusReport.Queue.of(queue.counts().values(), spool.count(), queue.oldestQueuedAt()),
        snapshots);
  }

  private static ControlServer server(Config config, ControlDesk desk) throws IOException {
    if (System.inheritedChannel() instanceof ServerSocketChannel inherited
        && inherited.getLocalAddress() instanceof UnixDomainSocketAddress) {
      LOG.info("takes connections from the service manager's socket");
      return ControlServer.inherit(inherited, desk);
    }
    return ControlServer.listen(config.daemon().socket(), config.daemon().allowGroup(), desk);
  }

  /**
   * Blocks until {@link #close} was called by another thread, a signal's for example.
   *
   * @throws QueueCorruptException if the queue's file turned out to be damaged: the daemon must be
   *     closed, and started anew
   */
  public void awaitStop() throws InterruptedException, QueueCorruptException {
    stopping.await();
    if (damage.isPresent()) {
      throw damage.get();
    }
  }

  /**
   * Stops within 5 s; what was on its way is queued again. May be called more than once; whoever
   * comes second waits for the first.
   */
  @Override
  public void close() {
    stopping.countDown();
    closeAll().forEach(e -> LOG.warn("could not be closed: error={}", Logged.text(e)));
  }

  /** No more requests first, the queue nearly last: the lanes still write to it. */
  private synchronized List<IOException> closeAll() {
    var failures = new ArrayList<IOException>();
    var wasOpen = !open.isEmpty();
    var begun = System.nanoTime();
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (IOException e) {
        failures.add(e);
      }
    }
    if (wasOpen) {
      LOG.info("stopped: ms={}", (System.nanoTime() - begun) / 1_000_000);
    }
    return failures;
  }
}
