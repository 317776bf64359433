package io.hookq.daemon.transport;

import static io.hookq.daemon.config.DestinationUri.Scheme.SSH_AUTO;

import io.hookq.daemon.config.Compression;
import io.hookq.daemon.config.DestinationConfig;
import io.hookq.serve.ServeConnection;
import io.hookq.ssh.RemoteCommand;
import io.hookq.ssh.SshChannelRefusedException;
import io.hookq.ssh.SshConfig;
import io.hookq.ssh.SshConnector;
import io.hookq.ssh.SshEndpoint;
import io.hookq.ssh.SshSession;
import io.hookq.ssh.SshUnreachableException;
import io.hookq.store.DestinationStore;
import io.hookq.store.HandshakeException;
import io.hookq.store.PeerEnd;
import io.hookq.store.SecretKey;
import io.hookq.store.StoreDir;
import io.hookq.worker.WorkerDestination;
import io.hookq.zstd.KeepPromise;
import io.hookq.zstd.ZstdOffer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The way to a store behind SSH: {@code nix-store --serve --write} or {@code nix-daemon --stdio},
 * over a session that stays open from one connection to the next.
 *
 * <p>Where the URI leaves open which of the two is spoken, the worker protocol is tried, then the
 * serve protocol, and what was understood is remembered until it is not any more.
 *
 * <p>Thread-safe as far as {@link DestinationConnector} asks. Keys and host keys are read anew for
 * each session. The {@link SshConnector} belongs to the caller.
 */
public final class SshDestinationConnector implements DestinationConnector {
  private static final int LONGEST_ANSWER = 64 << 10;

  private final DestinationConfig config;
  private final SshRoute route;
  private final StoreDir storeDir;
  private final SshConnector ssh;
  private final Pace pace;
  private final AtomicLong wireBytes = new AtomicLong();
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable SshSession warm;

  /** What the far side of this session speaks, and did not take up the offer of zstd for. */
  private final Set<FarProtocol> plain = ConcurrentHashMap.newKeySet();

  /** What {@code ssh+auto} has found out. */
  private volatile @Nullable FarProtocol spoken;

  private volatile Compression agreed = Compression.NONE;

  /** What the last connection goes over, others beside it left out. */
  private volatile @Nullable FarProcess first;

  /**
   * A way that is not gone yet.
   *
   * @param home of the user that runs us, for OpenSSH's files and the default keys
   * @param learntKnownHosts always read too, and where {@code accept-new} writes
   */
  public SshDestinationConnector(
      DestinationConfig config,
      Path home,
      Path learntKnownHosts,
      StoreDir storeDir,
      SshConnector ssh) {
    this.config = config;
    this.route = new SshRoute(config, SshConfig.of(home), learntKnownHosts);
    this.storeDir = storeDir;
    this.ssh = ssh;
    this.pace = Pace.of(config.rateLimit());
  }

  @Override
  public DestinationStore connect() throws IOException {
    // Before anything is connected: a key that cannot be read is no fault of the far side.
    var keys = signingKeys();
    return signing(keys, config.uri().scheme() == SSH_AUTO ? openEither() : open(protocol()));
  }

  @Override
  public Optional<DestinationStore> another() throws IOException {
    var session = warmSession();
    if (session.isEmpty()) {
      throw new IOException("there is no session for one more channel");
    }
    var keys = signingKeys();
    FarProcess far;
    try {
      far = start(protocol(), session.get()::exec);
    } catch (SshChannelRefusedException _) {
      return Optional.empty();
    }
    // Waits for the greeting: what does not come so far is none.
    return Optional.of(signing(keys, greeted(protocol(), far)));
  }

  /**
   * Where a new session would go, and by way of whom: URI, config and OpenSSH's files together.
   *
   * @throws IOException if those files cannot be followed, or a credential is not there
   */
  public SshEndpoint endpoint() throws IOException {
    return route.endpoint();
  }

  /**
   * The keys that paths are signed with on their way.
   *
   * @throws IOException if one cannot be used; the message names its file
   */
  public List<SecretKey> signingKeys() throws IOException {
    return SigningStore.readKeys(config.signingKeys());
  }

  private DestinationStore signing(List<SecretKey> keys, DestinationStore store) {
    return keys.isEmpty() ? store : new SigningStore(store, storeDir, keys);
  }

  private FarProtocol protocol() {
    var known = spoken;
    return switch (config.uri().scheme()) {
      case SSH -> FarProtocol.SERVE;
      case SSH_NG -> FarProtocol.WORKER;
      case SSH_AUTO -> known == null ? FarProtocol.WORKER : known;
    };
  }

  /** What was spoken the last time, as long as it is; else whichever is understood. */
  private DestinationStore openEither() throws IOException {
    var known = spoken;
    if (known != null) {
      try {
        return openGreeted(known);
      } catch (HandshakeException _) {
        spoken = null;
      }
    }
    try {
      return openGreeted(FarProtocol.WORKER);
    } catch (HandshakeException noWorker) {
      try {
        return openGreeted(FarProtocol.SERVE);
      } catch (HandshakeException noServe) {
        throw neither(noWorker, noServe);
      }
    }
  }

  private static HandshakeException neither(HandshakeException worker, HandshakeException serve) {
    var neither =
        new HandshakeException(
            "it speaks neither protocol of Nix; the worker protocol: %s; the serve protocol: %s"
                .formatted(worker.getMessage(), serve.getMessage()),
            new PeerEnd("", serve.exitStatus()),
            serve.getCause());
    neither.addSuppressed(worker);
    return neither;
  }

  private DestinationStore openGreeted(FarProtocol protocol) throws IOException {
    var far = start(protocol, this::exec);
    var store = greeted(protocol, far);
    first = far;
    spoken = protocol;
    return store;
  }

  /** Waits for the far side's greeting, so that it is known to speak {@code protocol}. */
  private DestinationStore greeted(FarProtocol protocol, FarProcess far) throws IOException {
    return watched(
        far,
        () ->
            far.within(
                config.connectTimeout(),
                () ->
                    switch (protocol) {
                      case SERVE -> ServeConnection.open(far.stdout(), far.stdin(), storeDir, far);
                      case WORKER ->
                          WorkerDestination.open(far.stdout(), far.stdin(), storeDir, far);
                    }));
  }

  /** Does not wait where it can do without. */
  private DestinationStore open(FarProtocol protocol) throws IOException {
    var far = start(protocol, this::exec);
    first = far;
    return switch (protocol) {
      case SERVE ->
          watched(far, () -> ServeConnection.greet(far.stdout(), far.stdin(), storeDir, far));
      case WORKER -> greeted(protocol, far);
    };
  }

  /** Whatever it is that ends the greeting, the channel is given back. */
  static DestinationStore watched(FarProcess far, FarProcess.Greeting<DestinationStore> greeting)
      throws IOException {
    try {
      return new WatchedStore(greeting.exchange(), far.watch());
    } catch (IOException | RuntimeException | Error e) {
      far.close();
      throw e;
    }
  }

  @Override
  public Duration roundTrip() {
    return warmSession().map(SshSession::roundTrip).orElse(Duration.ZERO);
  }

  @Override
  public boolean isOneEnough() {
    var far = first;
    return far != null && far.fillsLine(roundTrip());
  }

  /** How a command gets to run at the far end. */
  private interface Exec {
    RemoteCommand run(String command) throws IOException;
  }

  private FarProcess start(FarProtocol protocol, Exec exec) throws IOException {
    var command = protocol.command(config);
    if (offersZstd(protocol)) {
      var far = process(exec.run(ZstdOffer.PREFIX + command));
      try {
        // The bounds of a greeting, as without an offer.
        var soon = protocol == FarProtocol.WORKER || config.uri().scheme() == SSH_AUTO;
        var answered =
            soon
                ? far.within(config.connectTimeout(), () -> far.offerZstd(protocol.greeting()))
                : far.offerZstd(protocol.greeting());
        if (!far.isCompressed()) {
          plain.add(protocol);
        }
        if (answered) {
          agreed = far.isCompressed() ? Compression.ZSTD : ofSession();
          return far;
        }
      } catch (IOException | RuntimeException | Error e) {
        far.close();
        throw e;
      }
      // A shell that does not know the form, or a wrapper that wants its own.
      far.close();
    }
    var far = process(exec.run(command));
    agreed = ofSession();
    return far;
  }

  private Compression ofSession() {
    return warmSession().filter(SshSession::isCompressed).isPresent()
        ? Compression.ZLIB
        : Compression.NONE;
  }

  private boolean offersZstd(FarProtocol protocol) {
    return switch (config.compression()) {
      case AUTO, ZSTD -> {
        if (warmSession().isEmpty()) {
          // Who could not yesterday may be able to in the next session.
          plain.clear();
        }
        yield !plain.contains(protocol) && ZstdOffer.isPossible();
      }
      case ZLIB, NONE -> false;
    };
  }

  private FarProcess process(RemoteCommand remote) {
    var uri = config.uri();
    var name = uri.host() + ":" + uri.port().orElse(SshEndpoint.DEFAULT_PORT);
    return new FarProcess(remote, name, config.replyTimeout(), pace, wireBytes);
  }

  private RemoteCommand exec(String command) throws IOException {
    var session = warmSession();
    if (session.isPresent()) {
      try {
        return session.get().exec(command);
      } catch (SshUnreachableException | SshChannelRefusedException _) {
        // It died in its sleep, or the server has not noticed yet that the last command is over and
        // allows one at a time; a fresh one tells whether the destination is there.
        release();
      }
    }
    var fresh = ssh.connect(route.endpoint());
    lock.lock();
    try {
      warm = fresh;
    } finally {
      lock.unlock();
    }
    return fresh.exec(command);
  }

  /**
   * What the far side's own shell makes of {@code command}: the first of what it prints; empty if
   * it does not run, for one because a forced command does instead.
   *
   * @throws IOException if there is no session, or it breaks
   */
  public Optional<String> ask(String command, Duration within) throws IOException {
    try (var remote = exec(command);
        var _ = new Alarm(remote, within)) {
      remote.stdin().close();
      var said = new String(remote.stdout().readNBytes(LONGEST_ANSWER), StandardCharsets.UTF_8);
      var status = remote.awaitExit(within);
      return status.isPresent() && status.getAsInt() == 0 ? Optional.of(said) : Optional.empty();
    }
  }

  /**
   * What keeps a path from the far garbage collector, connections left out; empty if the far side
   * does not say.
   *
   * @throws IOException if there is no session, or it breaks
   */
  public Optional<List<String>> rootsOf(String path, Duration within) throws IOException {
    return ask(FarProtocol.queryRoots(config, path), within)
        .map(text -> text.lines().filter(line -> !line.startsWith("{temp")).toList());
  }

  /**
   * What hookq on the far side keeps of what is pushed; empty if it is not there, or says nothing
   * of the kind.
   *
   * @throws IOException if there is no session, or it breaks
   */
  public Optional<KeepPromise> promise(Duration within) throws IOException {
    try (var remote = exec(KeepPromise.PREFIX + protocol().command(config));
        var _ = new Alarm(remote, within)) {
      remote.stdin().close();
      return KeepPromise.read(remote.stdout());
    }
  }

  /** Ends a command that takes too long. */
  private static final class Alarm implements AutoCloseable {
    private final CountDownLatch over = new CountDownLatch(1);

    Alarm(RemoteCommand remote, Duration within) {
      Thread.ofVirtual().start(() -> closeAfter(remote, within));
    }

    private void closeAfter(RemoteCommand remote, Duration within) {
      try {
        if (!over.await(within.toMillis(), TimeUnit.MILLISECONDS)) {
          remote.close();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void close() {
      over.countDown();
    }
  }

  private Optional<SshSession> warmSession() {
    lock.lock();
    try {
      return Optional.ofNullable(warm).filter(SshSession::isOpen);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Compression compression() {
    return agreed;
  }

  @Override
  public long wireBytesSent() {
    return wireBytes.get();
  }

  @Override
  public void release() {
    SshSession session;
    lock.lock();
    try {
      session = warm;
      warm = null;
      first = null; // with its compressor and its buffers
    } finally {
      lock.unlock();
    }
    if (session != null) {
      session.close();
    }
  }
}
