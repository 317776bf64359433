package io.hookq.daemon.transport;

import io.hookq.daemon.config.Compression;
import io.hookq.serve.ServeConnection;
import io.hookq.serve.ServeServer;
import io.hookq.serve.ServeStore;
import io.hookq.store.DestinationStore;
import io.hookq.store.PathInfo;
import io.hookq.store.PeerEnd;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A destination in memory: our own serve server at the end of a loopback connection, which can be
 * out of reach, cut, stalled, or against a path. Thread-safe.
 */
final class FarSide implements DestinationConnector {
  private final Map<StorePath, PathInfo> infos = new ConcurrentHashMap<>();
  private final Map<StorePath, byte[]> nars = new ConcurrentHashMap<>();
  private final Map<StorePath, String> refusals = new ConcurrentHashMap<>();
  private final List<Set<StorePath>> questions = new CopyOnWriteArrayList<>();
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicInteger tries = new AtomicInteger();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger adds = new AtomicInteger();
  private final AtomicInteger releases = new AtomicInteger();
  private volatile Optional<String> closed = Optional.empty();
  private volatile boolean stalled;
  private volatile boolean muted;
  private volatile boolean hanging;
  private volatile Consumer<StorePath> onArrival = _ -> {};
  private volatile int cutAfter = Integer.MAX_VALUE;
  private volatile int mostConnections = Integer.MAX_VALUE;
  private volatile Duration roundTrip = Duration.ZERO;
  private volatile Compression compression = Compression.NONE;
  private volatile boolean oneEnough;
  private final Set<StorePath> resent = ConcurrentHashMap.newKeySet();
  private final Set<StorePath> orphans = ConcurrentHashMap.newKeySet();
  private final AtomicInteger refusedConnections = new AtomicInteger();

  /** Out of reach from now on, for this reason. */
  void close(String why) {
    closed = Optional.of(why);
    cut();
  }

  /** In reach again. */
  void open() {
    hanging = false;
    closed = Optional.empty();
  }

  /** Reads nothing from now on. */
  void stall() {
    stalled = true;
  }

  /** Reads all again, over connections made from now on. */
  void flow() {
    stalled = false;
  }

  /** Lets nobody in and sends nobody away: whoever connects from now on waits, and is counted. */
  void hang() {
    hanging = true;
  }

  /** Answers nothing at all, over connections made from now on. */
  void mute() {
    muted = true;
  }

  /** Cuts all connections without a word. */
  void cut() {
    sockets.forEach(FarSide::closeQuietly);
  }

  /** Cuts one of the connections without a word. */
  void cutOne() {
    sockets.stream().findAny().ifPresent(FarSide::closeQuietly);
  }

  /** Cuts once when so many paths were added. */
  void cutAfter(int count) {
    cutAfter = count;
  }

  /** Takes no more than so many connections at a time. */
  void atMost(int count) {
    mostConnections = count;
  }

  /** Claims to be so far away. */
  void roundTrip(Duration time) {
    roundTrip = time;
  }

  /** What it claims that was agreed. */
  void compression(Compression agreed) {
    compression = agreed;
  }

  /** Whether the first connection fills the line. */
  void oneEnough(boolean enough) {
    oneEnough = enough;
  }

  /** Paths that were sent though they were valid here. */
  Set<StorePath> resent() {
    return Set.copyOf(resent);
  }

  /** Paths that came before what they refer to. */
  Set<StorePath> orphans() {
    return Set.copyOf(orphans);
  }

  /** How many connections were refused for being too many. */
  int refusedConnections() {
    return refusedConnections.get();
  }

  /** Will not have {@code path}, for this reason. */
  void refuse(StorePath path, String why) {
    refusals.put(path, why);
  }

  /** Has nothing against {@code path} any more. */
  void accept(StorePath path) {
    refusals.remove(path);
  }

  /** Is told of each path that is valid here from now on, before anybody else is. */
  void onArrival(Consumer<StorePath> told) {
    onArrival = told;
  }

  Set<StorePath> valid() {
    return Set.copyOf(infos.keySet());
  }

  byte[] bytes(StorePath path) {
    return nars.getOrDefault(path, new byte[0]).clone();
  }

  int tries() {
    return tries.get();
  }

  int connections() {
    return connections.get();
  }

  int adds() {
    return adds.get();
  }

  int releases() {
    return releases.get();
  }

  int openConnections() {
    return sockets.size();
  }

  /** What it was asked to have, question by question. */
  List<Set<StorePath>> questions() {
    return List.copyOf(questions);
  }

  @Override
  public void release() {
    releases.incrementAndGet();
  }

  /** Another way here, which counts with this one but is let go of by itself. */
  DestinationConnector aside() {
    return () -> connect();
  }

  @Override
  public DestinationStore connect() throws IOException {
    tries.incrementAndGet();
    if (closed.isPresent()) {
      throw new IOException(closed.get());
    }
    if (hanging) {
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw (InterruptedIOException) new InterruptedIOException("interrupted").initCause(e);
      }
    }
    connections.incrementAndGet();
    try (var listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var near = new Socket(listening.getInetAddress(), listening.getLocalPort());
      var far = listening.accept();
      sockets.add(far);
      var exit = new CompletableFuture<PeerEnd>();
      Thread.ofVirtual().start(() -> serve(far, exit));
      return ServeConnection.greet(
          near.getInputStream(), near.getOutputStream(), StoreDir.DEFAULT, () -> end(exit));
    }
  }

  @Override
  public Optional<DestinationStore> another() throws IOException {
    if (openConnections() >= mostConnections) {
      refusedConnections.incrementAndGet();
      return Optional.empty();
    }
    return Optional.of(connect());
  }

  @Override
  public Duration roundTrip() {
    return roundTrip;
  }

  @Override
  public Compression compression() {
    return compression;
  }

  @Override
  public boolean isOneEnough() {
    return oneEnough;
  }

  private static PeerEnd end(CompletableFuture<PeerEnd> exit) {
    try {
      return exit.get(20, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return PeerEnd.none();
    } catch (ExecutionException | TimeoutException _) {
      return PeerEnd.none();
    }
  }

  private void serve(Socket socket, CompletableFuture<PeerEnd> exit) {
    var stderr = new ByteArrayOutputStream();
    try (socket) {
      if (muted) {
        socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        return;
      }
      if (stalled) {
        // Answers the greeting and the question, then takes a little and no more.
        new ServeServer(StoreDir.DEFAULT, new Memory())
            .serve(new Stalling(socket.getInputStream()), socket.getOutputStream(), stderr);
        return;
      }
      var status =
          new ServeServer(StoreDir.DEFAULT, new Memory())
              .serve(socket.getInputStream(), socket.getOutputStream(), stderr);
      var words = stderr.toString(StandardCharsets.UTF_8);
      // A cut line brings no exit status and no words.
      exit.complete(
          socket.isClosed() ? PeerEnd.none() : new PeerEnd(words, OptionalInt.of(status)));
    } catch (IOException _) {
      // Cut, as everything that is broken off.
    } finally {
      exit.complete(PeerEnd.none());
      sockets.remove(socket);
    }
  }

  private static void closeQuietly(Closeable closeable) {
    try {
      closeable.close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Passes 64 KiB on and then waits for the end. */
  private static final class Stalling extends FilterInputStream {
    private long left = 64 << 10;

    private Stalling(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (left <= 0) {
        try {
          new CompletableFuture<Void>().get(30, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
          throw new IOException(e);
        }
      }
      var read = super.read(bytes, offset, (int) Math.min(length, left));
      left -= read;
      return read;
    }
  }

  /** Serves one peer at the end of these streams, as a program; returns its exit status. */
  int serve(InputStream in, OutputStream out, OutputStream err) {
    return new ServeServer(StoreDir.DEFAULT, new Memory()).serve(in, out, err);
  }

  private final class Memory implements ServeStore {
    @Override
    public Set<StorePath> valid(Collection<StorePath> paths) {
      questions.add(Set.copyOf(paths));
      var valid = new HashSet<>(paths);
      valid.retainAll(infos.keySet());
      return valid;
    }

    @Override
    public Optional<PathInfo> info(StorePath path) {
      return Optional.ofNullable(infos.get(path));
    }

    @Override
    public void add(PathInfo info, InputStream nar) throws IOException {
      var bytes = nar.readAllBytes();
      if (infos.containsKey(info.path())) {
        resent.add(info.path());
      }
      for (var reference : info.otherReferences()) {
        if (!infos.containsKey(reference)) {
          orphans.add(info.path());
          throw new IOException("path '" + reference + "' is not valid");
        }
      }
      var refusal = refusals.get(info.path());
      if (refusal != null) {
        throw new IOException(refusal);
      }
      infos.put(info.path(), info);
      nars.put(info.path(), bytes);
      onArrival.accept(info.path());
      if (adds.incrementAndGet() == cutAfter) {
        cut();
      }
    }

    @Override
    public void dump(StorePath path, OutputStream out) throws IOException {
      out.write(bytes(path));
    }
  }
}
