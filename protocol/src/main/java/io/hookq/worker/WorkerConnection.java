package io.hookq.worker;

import io.hookq.nar.NarReader;
import io.hookq.store.DrvOutput;
import io.hookq.store.HandshakeException;
import io.hookq.store.PathInfo;
import io.hookq.store.PeerEnd;
import io.hookq.store.PeerException;
import io.hookq.store.Realisation;
import io.hookq.store.SourceStore;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.wire.WireFormatException;
import io.hookq.wire.WireReader;
import io.hookq.wire.WireWriter;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The client's end of the worker protocol: a conversation with a Nix daemon.
 *
 * <p>Not thread-safe, but {@link #close} may be called by any thread and ends what another is
 * blocked in, provided that closing the two streams does. The connection owns both. What the daemon
 * refuses is a {@link PeerException} with its words, uncoloured; the connection is still good then.
 * After any other exception, and after one of {@link #narFromPath}, it is in the middle of an
 * answer and good for nothing but {@link #close}; {@link #isUsable} tells.
 */
public final class WorkerConnection implements Closeable {
  private static final int MAX_NAME = 1024;
  private static final int MAX_OUTPUTS = 10_000;

  /**
   * Bytes of requests that may be unanswered. Both peers write blindly, so this must fit into what
   * lies between them even if the daemon waits for us to read: macOS gives a socket 8 KiB.
   */
  private static final int MAX_UNANSWERED = 4 * 1024;

  /** The length of {@code nix-archive-1}, the first integer of every NAR. */
  private static final long NAR_MAGIC_LENGTH = 13;

  private final InputStream in;
  private final OutputStream out;
  private final StoreDir dir;
  private final WireReader reader;
  private final WireWriter writer;
  private WorkerVersion version = WorkerVersion.OURS;
  private WorkerLog log;
  private String nixVersion = "";
  private boolean realisationsByPath;
  private volatile boolean usable = true;

  private WorkerConnection(InputStream in, OutputStream out, StoreDir dir) {
    this.in = in;
    this.out = out;
    this.dir = dir;
    reader = new WireReader(in);
    writer = new WireWriter(out);
    log = new WorkerLog(reader, version);
  }

  /**
   * Shakes hands with the daemon.
   *
   * @throws HandshakeException if it does not speak the protocol, or only a version below 1.21
   * @throws IOException if the connection breaks, or the daemon refuses this user; the streams are
   *     closed after any exception
   */
  public static WorkerConnection open(InputStream in, OutputStream out, StoreDir dir)
      throws IOException {
    return open(in, out, dir, WorkerVersion.OURS);
  }

  /** The same with a claim of one's own, so that a new daemon answers as an old one would. */
  static WorkerConnection open(
      InputStream in, OutputStream out, StoreDir dir, WorkerVersion claimed) throws IOException {
    var connection = new WorkerConnection(in, out, dir);
    try {
      connection.shakeHands(claimed);
      return connection;
    } catch (IOException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private void shakeHands(WorkerVersion claimed) throws IOException {
    var handshake = new WorkerHandshake(reader, writer, PeerEnd::none);
    version = handshake.greet(claimed, out);
    log = new WorkerLog(reader, version);
    writer.flush();
    var peer = handshake.finish(version);
    nixVersion = peer.nixVersion();
    realisationsByPath = peer.hasRealisationsByPath();
  }

  /** The first bytes of every conversation, which say nothing yet of what is wanted. */
  public static byte[] greeting() {
    return ByteBuffer.allocate(2 * Long.BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(WorkerHandshake.CLIENT_MAGIC)
        .putLong(WorkerVersion.OURS.wire())
        .array();
  }

  /** The version that both peers speak. */
  public WorkerVersion version() {
    return version;
  }

  /** The daemon's Nix release such as {@code 2.8.0}; empty below 1.33. */
  public String nixVersion() {
    return nixVersion;
  }

  /** Whether another request may be made. */
  public boolean isUsable() {
    return usable;
  }

  /** Whether {@code path} is valid. */
  public boolean isValidPath(StorePath path) throws IOException {
    return call(
        Optional.of(path),
        () -> {
          writer.writeLong(WorkerOp.IS_VALID_PATH.code);
          writer.writeStorePath(dir, path);
        },
        reader::readBool);
  }

  /** Which of {@code paths} are valid. */
  public Set<StorePath> queryValidPaths(Collection<StorePath> paths) throws IOException {
    return call(
        Optional.empty(),
        () -> {
          writer.writeLong(WorkerOp.QUERY_VALID_PATHS.code);
          writer.writeStorePaths(dir, paths);
          if (version.hasSubstituteFlag()) {
            writer.writeBool(false);
          }
        },
        () -> Set.copyOf(reader.readStorePaths(dir)));
  }

  /**
   * Hands every valid path to {@code visitor} while the answer is read. What the visitor throws
   * ends this connection.
   */
  public void eachValidPath(SourceStore.PathVisitor visitor) throws IOException {
    call(
        Optional.empty(),
        () -> writer.writeLong(WorkerOp.QUERY_ALL_VALID_PATHS.code),
        () -> {
          var count = reader.readInt();
          for (var i = 0; i < count; i++) {
            visitor.visit(reader.readStorePath(dir));
          }
          return count;
        });
  }

  /** What is known of {@code path}, empty if it is not valid. */
  public Optional<PathInfo> queryPathInfo(StorePath path) throws IOException {
    return Optional.ofNullable(queryPathInfos(Set.of(path)).get(path));
  }

  /** What is known of {@code paths}; those that are not valid are left out. Any number is fine. */
  public Map<StorePath, PathInfo> queryPathInfos(Collection<StorePath> paths) throws IOException {
    var infos = new LinkedHashMap<StorePath, PathInfo>();
    pipeline(
        WorkerOp.QUERY_PATH_INFO,
        paths,
        path ->
            PathInfoAnswer.read(reader, dir, path).ifPresent(info -> infos.put(info.path(), info)));
    return infos;
  }

  /**
   * The outputs of a valid derivation by name, as far as they are known. Below 1.22 they are read
   * from the derivation itself.
   */
  public Map<String, StorePath> queryDerivationOutputs(StorePath derivation) throws IOException {
    if (!version.hasOutputMap()) {
      return readDerivation(derivation);
    }
    return call(
        Optional.of(derivation),
        () -> {
          writer.writeLong(WorkerOp.QUERY_DERIVATION_OUTPUT_MAP.code);
          writer.writeStorePath(dir, derivation);
        },
        this::readOutputs);
  }

  private Map<String, StorePath> readDerivation(StorePath derivation) throws IOException {
    if (!isValidPath(derivation)) {
      throw new PeerException(
          "path '" + dir.print(derivation) + "' is not valid",
          Optional.of(derivation),
          PeerEnd.none());
    }
    var file = new DerivationFile();
    readNar(derivation, nar -> NarReader.read(nar, file));
    var outputs = new TreeMap<String, StorePath>();
    file.derivation(dir)
        .outputs()
        .forEach((name, output) -> output.path().ifPresent(path -> outputs.put(name, path)));
    return outputs;
  }

  private Map<String, StorePath> readOutputs() throws IOException {
    var outputs = new TreeMap<String, StorePath>();
    var start = reader.offset();
    var count = reader.readInt();
    if (count > MAX_OUTPUTS) {
      throw new WireFormatException(start, "at most " + MAX_OUTPUTS + " outputs", "" + count);
    }
    for (var i = 0; i < count; i++) {
      var name = reader.readString(MAX_NAME);
      reader.readOptionalStorePath(dir).ifPresent(path -> outputs.put(name, path));
    }
    return outputs;
  }

  /** The valid paths that refer to {@code path}; none where that is not valid itself. */
  public Set<StorePath> queryReferrers(StorePath path) throws IOException {
    return call(
        Optional.of(path),
        () -> {
          writer.writeLong(WorkerOp.QUERY_REFERRERS.code);
          writer.writeStorePath(dir, path);
        },
        () -> Set.copyOf(reader.readStorePaths(dir)));
  }

  /**
   * What building an output came to, if the daemon knows; nothing below 1.27. Nix 2.8.0 dies of the
   * question where content-addressed derivations are not enabled.
   *
   * @param derivation by its path, without which a daemon of Nix 2.35 or newer knows nothing
   */
  public Optional<Realisation> queryRealisation(DrvOutput output, Optional<StorePath> derivation)
      throws IOException {
    if (!version.hasRealisations() || (realisationsByPath && derivation.isEmpty())) {
      return Optional.empty();
    }
    return call(
        derivation,
        () -> {
          writer.writeLong(WorkerOp.QUERY_REALISATION.code);
          if (realisationsByPath) {
            writer.writeStorePath(dir, derivation.orElseThrow());
            writer.writeString(output.output());
          } else {
            writer.writeString(output.id());
          }
        },
        () ->
            realisationsByPath
                ? RealisationAnswer.readByPath(reader, dir, output, derivation.orElseThrow())
                : RealisationAnswer.readByHash(reader, dir, version, output, derivation));
  }

  /**
   * Copies the NAR of a valid path to {@code target}; neither flushes nor closes that. The daemon
   * does not check it against its hash.
   *
   * @throws PeerException if the daemon cannot read the path; the connection is lost then
   */
  public void narFromPath(StorePath path, OutputStream target) throws IOException {
    readNar(path, nar -> NarReader.copy(nar, target));
  }

  private void readNar(StorePath path, NarConsumer consumer) throws IOException {
    call(
        Optional.of(path),
        () -> {
          writer.writeLong(WorkerOp.NAR_FROM_PATH.code);
          writer.writeStorePath(dir, path);
        },
        () -> {
          // Reads ahead, which loses nothing: behind the NAR comes only what is asked for later.
          var nar = new SequenceInputStream(narStart(path), reader.limited(Long.MAX_VALUE));
          consumer.read(new WireReader(nar));
          return path;
        });
  }

  /**
   * The first integers of a NAR, unless an error stands in their place: newer daemons send it at
   * once, up to Nix 2.26 behind {@code nix-archive-1}.
   */
  private InputStream narStart(StorePath path) throws IOException {
    var start = ByteBuffer.allocate(4 * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    start.putLong(readNarInteger(path));
    if (start.getLong(0) == NAR_MAGIC_LENGTH) {
      start.putLong(reader.readLong()).putLong(reader.readLong());
      start.putLong(readNarInteger(path));
    }
    return new ByteArrayInputStream(start.array(), 0, start.position());
  }

  private long readNarInteger(StorePath path) throws IOException {
    var integer = reader.readLong();
    if (integer != StderrMessage.Failure.NUMBER) {
      return integer;
    }
    throw refusal(StderrMessage.Failure.readFields(reader, version), Optional.of(path));
  }

  /**
   * Keeps {@code paths}, valid or not, from the garbage collector until this connection ends. When
   * it returns, no collection that began before can still take them.
   */
  public void addTempRoots(Collection<StorePath> paths) throws IOException {
    pipeline(WorkerOp.ADD_TEMP_ROOT, paths, path -> reader.readLong());
    if (version.needsSyncWithGc()) {
      call(Optional.empty(), () -> writer.writeLong(WorkerOp.SYNC_WITH_GC.code), reader::readLong);
    }
  }

  /**
   * Keeps what a symbolic link points to from the garbage collector, for as long as the link is
   * there.
   *
   * @param absoluteLink the link's absolute name; it exists and points into the store
   */
  public void addIndirectRoot(String absoluteLink) throws IOException {
    call(
        Optional.empty(),
        () -> {
          writer.writeLong(WorkerOp.ADD_INDIRECT_ROOT.code);
          writer.writeString(absoluteLink);
        },
        reader::readLong);
  }

  /** One request and its answer. */
  private <T> T call(Optional<StorePath> suspect, Request request, Answer<T> answer)
      throws IOException {
    begin();
    request.write();
    writer.flush();
    var refused = awaitEnd(suspect);
    if (refused != null) {
      usable = true;
      throw refused;
    }
    var result = answer.read();
    usable = true;
    return result;
  }

  /** The same request for many paths, written ahead of the answers as far as is safe. */
  private void pipeline(WorkerOp op, Collection<StorePath> paths, PathAnswer answer)
      throws IOException {
    begin();
    var unanswered = new ArrayDeque<StorePath>();
    var bytes = 0;
    PeerException firstRefusal = null;
    for (var path : new LinkedHashSet<>(paths)) {
      writer.writeLong(op.code);
      writer.writeStorePath(dir, path);
      unanswered.add(path);
      bytes += requestSize(path);
      if (bytes >= MAX_UNANSWERED) {
        writer.flush();
        // Half of them only, so that the daemon has something to do while the next are written.
        while (bytes > MAX_UNANSWERED / 2) {
          var next = unanswered.remove();
          bytes -= requestSize(next);
          firstRefusal = first(firstRefusal, readAnswer(next, answer));
        }
      }
    }
    writer.flush();
    while (!unanswered.isEmpty()) {
      firstRefusal = first(firstRefusal, readAnswer(unanswered.remove(), answer));
    }
    usable = true;
    if (firstRefusal != null) {
      throw firstRefusal;
    }
  }

  private int requestSize(StorePath path) {
    // The operation, the length, the full path with the slash and padding.
    return 3 * Long.BYTES + dir.path().length() + 1 + path.baseName().length();
  }

  private @Nullable PeerException readAnswer(StorePath path, PathAnswer answer) throws IOException {
    var refused = awaitEnd(Optional.of(path));
    if (refused == null) {
      answer.read(path);
    }
    return refused;
  }

  private static @Nullable PeerException first(
      @Nullable PeerException one, @Nullable PeerException other) {
    return one == null ? other : one;
  }

  /** From here until the answer is read the connection is in the middle of something. */
  private void begin() throws IOException {
    if (!usable) {
      throw new IOException("this connection to the Nix daemon broke before");
    }
    usable = false;
  }

  /** Reads the log up to its end. Returns what the daemon refused with, if it did. */
  private @Nullable PeerException awaitEnd(Optional<StorePath> suspect) throws IOException {
    return log.awaitEnd().map(failure -> refusal(failure, suspect)).orElse(null);
  }

  private static PeerException refusal(StderrMessage.Failure failure, Optional<StorePath> suspect) {
    return new PeerException(failure.words(), suspect, PeerEnd.none());
  }

  /** Closes both streams. Nothing needs to be said to a daemon before. */
  @Override
  public void close() {
    usable = false;
    closeQuietly(in);
    closeQuietly(out);
  }

  private static void closeQuietly(Closeable stream) {
    try {
      stream.close();
    } catch (IOException e) {
      // A connection that is being given up has nothing left to lose.
    }
  }

  private interface Request {
    void write() throws IOException;
  }

  private interface Answer<T> {
    T read() throws IOException;
  }

  private interface NarConsumer {
    void read(WireReader nar) throws IOException;
  }

  private interface PathAnswer {
    void read(StorePath path) throws IOException;
  }
}
