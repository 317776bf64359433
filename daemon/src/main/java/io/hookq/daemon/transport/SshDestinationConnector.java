package io.hookq.daemon.transport;

import io.hookq.daemon.config.Compression;
import io.hookq.daemon.config.DestinationConfig;
import io.hookq.daemon.config.KeyFile;
import io.hookq.serve.ServeConnection;
import io.hookq.ssh.HostKeyPolicy;
import io.hookq.ssh.RemoteCommand;
import io.hookq.ssh.SshChannelRefusedException;
import io.hookq.ssh.SshConnector;
import io.hookq.ssh.SshEndpoint;
import io.hookq.ssh.SshIdentity;
import io.hookq.ssh.SshSession;
import io.hookq.ssh.SshUnreachableException;
import io.hookq.store.DestinationStore;
import io.hookq.store.PeerEnd;
import io.hookq.store.StoreDir;
import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The way to a store behind SSH: {@code nix-store --serve --write} over a session that stays open
 * from one connection to the next.
 *
 * <p>Thread-safe as far as {@link DestinationConnector} asks. Keys and host keys are read anew for
 * each session. The {@link SshConnector} belongs to the caller.
 */
public final class SshDestinationConnector implements DestinationConnector {
  private static final String PROGRAM = "nix-store";
  private static final Duration EXIT_WAIT = Duration.ofSeconds(2);

  private final DestinationConfig config;
  private final Path home;
  private final Path learntKnownHosts;
  private final StoreDir storeDir;
  private final SshConnector ssh;
  private final AtomicLong wireBytes = new AtomicLong();
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable SshSession warm;

  /**
   * A way that is not gone yet.
   *
   * @param home of the user that runs us, for the default keys
   * @param learntKnownHosts always read too, and where {@code accept-new} writes
   */
  public SshDestinationConnector(
      DestinationConfig config,
      Path home,
      Path learntKnownHosts,
      StoreDir storeDir,
      SshConnector ssh) {
    this.config = config;
    this.home = home;
    this.learntKnownHosts = learntKnownHosts;
    this.storeDir = storeDir;
    this.ssh = ssh;
  }

  @Override
  public DestinationStore connect() throws IOException {
    var remote = start();
    var watch = WatchedStore.Watch.start(config.replyTimeout(), new Watched(remote));
    try {
      var serve =
          ServeConnection.greet(
              new CommandInput(remote, watch),
              new WireOutput(remote, watch),
              storeDir,
              () -> end(remote));
      return new WatchedStore(serve, watch);
    } catch (IOException | RuntimeException e) {
      watch.close();
      remote.close();
      throw e;
    }
  }

  private RemoteCommand start() throws IOException {
    var session = warmSession();
    if (session.isPresent()) {
      try {
        return session.get().exec(command(config));
      } catch (SshUnreachableException | SshChannelRefusedException _) {
        // It died in its sleep, or the server has not noticed yet that the last command is over and
        // allows one at a time; a fresh one tells whether the destination is there.
        release();
      }
    }
    var fresh = ssh.connect(endpoint());
    lock.lock();
    try {
      warm = fresh;
    } finally {
      lock.unlock();
    }
    return fresh.exec(command(config));
  }

  private Optional<SshSession> warmSession() {
    lock.lock();
    try {
      return Optional.ofNullable(warm).filter(SshSession::isOpen);
    } finally {
      lock.unlock();
    }
  }

  private static PeerEnd end(RemoteCommand remote) {
    var status = remote.awaitExit(EXIT_WAIT);
    return new PeerEnd(remote.stderrTail(), status);
  }

  /** What the far side's shell is to run. */
  static String command(DestinationConfig config) {
    // As Nix has it: the program may be several words, the store is one, whatever is in it.
    return config.remoteProgram().orElse(PROGRAM)
        + " --serve --write"
        + config.remoteStore().map(store -> " --store " + quoted(store)).orElse("");
  }

  private static String quoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }

  private SshEndpoint endpoint() throws IOException {
    var uri = config.uri();
    return new SshEndpoint(
        uri.host(),
        uri.port().orElse(SshEndpoint.DEFAULT_PORT),
        uri.user().orElseGet(() -> System.getProperty("user.name")),
        identities(),
        hostKeys(),
        config.connectTimeout(),
        config.stallTimeout(),
        config.compression() == Compression.ZLIB);
  }

  private List<SshIdentity> identities() throws IOException {
    if (config.sshKey().isEmpty()) {
      return SshIdentity.defaults(home);
    }
    KeyFile key = config.sshKey().get();
    return List.of(
        key.credential() ? SshIdentity.credential(key.path()) : SshIdentity.keyFile(key.path()));
  }

  private HostKeyPolicy hostKeys() throws IOException {
    if (config.hostKey().isPresent()) {
      return HostKeyPolicy.pinned(config.hostKey().get());
    }
    var files = new ArrayList<Path>();
    for (var file : config.knownHosts()) {
      files.add(file.path());
    }
    return switch (config.hostKeyChecking()) {
      case STRICT -> {
        files.add(learntKnownHosts);
        yield new HostKeyPolicy.Strict(files);
      }
      case ACCEPT_NEW -> new HostKeyPolicy.AcceptNew(files, learntKnownHosts);
    };
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
    } finally {
      lock.unlock();
    }
    if (session != null) {
      session.close();
    }
  }

  /** What is given up if it makes no progress. */
  private final class Watched implements WatchedStore.Watch.Peer {
    private final RemoteCommand remote;

    private Watched(RemoteCommand remote) {
      this.remote = remote;
    }

    @Override
    public String name() {
      var uri = config.uri();
      return uri.host() + ":" + uri.port().orElse(SshEndpoint.DEFAULT_PORT);
    }

    @Override
    public String lastWords() {
      return remote.stderrTail();
    }

    @Override
    public void cut() {
      remote.close();
    }
  }

  /** The command's output; closing it ends the command, which frees a writer that is stuck. */
  private static final class CommandInput extends FilterInputStream {
    private final RemoteCommand remote;
    private final WatchedStore.Watch watch;

    private CommandInput(RemoteCommand remote, WatchedStore.Watch watch) {
      super(remote.stdout());
      this.remote = remote;
      this.watch = watch;
    }

    @Override
    public int read() throws IOException {
      var b = super.read();
      watch.progress();
      return b;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      var n = super.read(target, offset, length);
      watch.progress();
      return n;
    }

    @Override
    public void close() throws IOException {
      try (InputStream _ = in) {
        remote.close();
      }
    }
  }

  /** The command's input, counted. */
  private final class WireOutput extends FilterOutputStream {
    private final WatchedStore.Watch watch;

    private WireOutput(RemoteCommand remote, WatchedStore.Watch watch) {
      super(remote.stdin());
      this.watch = watch;
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
      wireBytes.incrementAndGet();
      watch.progress();
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      // Not byte by byte, as the parent does.
      OutputStream target = out;
      target.write(bytes, offset, length);
      wireBytes.addAndGet(length);
      watch.progress();
    }

    @Override
    public void close() throws IOException {
      // Without the parent's flush: closing sends what is buffered, and a second close is harmless.
      out.close();
    }
  }
}
