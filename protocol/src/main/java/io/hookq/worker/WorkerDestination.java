package io.hookq.worker;

import io.hookq.log.Logged;
import io.hookq.nar.NarGate;
import io.hookq.store.DestinationStore;
import io.hookq.store.HandshakeException;
import io.hookq.store.NarMismatchException;
import io.hookq.store.NarSource;
import io.hookq.store.PathInfo;
import io.hookq.store.PeerEnd;
import io.hookq.store.PeerException;
import io.hookq.store.Realisation;
import io.hookq.store.SecretKey;
import io.hookq.store.Signature;
import io.hookq.store.SourceReadException;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.wire.FramedOutputStream;
import io.hookq.wire.PathInfoFields;
import io.hookq.wire.Window;
import io.hookq.wire.WireFormatException;
import io.hookq.wire.WireReader;
import io.hookq.wire.WireWriter;
import io.hookq.worker.WorkerExchange.Add;
import io.hookq.worker.WorkerExchange.Questions;
import io.hookq.worker.WorkerExchange.Register;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A far Nix daemon as a destination, as {@code ssh-ng://} stores are: a conversation with {@code
 * nix-daemon --stdio}.
 *
 * <p>The caller's thread writes requests, ahead of their answers; a thread of the connection reads
 * answers and the daemon's log, which goes to ours at debug level. A path that the daemon refuses
 * is told to its listener, with the daemon's words and traces, and the connection goes on; so it
 * does when a NAR turns out to be wrong or unreadable while it is sent, which is then cut short, as
 * the protocol allows from 1.23 on. Below that the daemon asks for a NAR part by part, one at a
 * time.
 *
 * <p>One thread at a time may use it; {@link #close} may be called by any other and ends what that
 * thread is blocked in, provided that closing the two streams does. The connection owns both. After
 * any other exception it is good for nothing but {@link #close}, and every further call throws the
 * same. Where the daemon ended it, that is a {@link PeerException}, whose suspect is the first
 * unanswered path, or the one that the daemon refused before it left for that reason.
 */
public final class WorkerDestination implements DestinationStore {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerDestination.class);

  /** A broken pipe is soon followed by the end of the daemon's output, which explains it. */
  private static final Duration VERDICT_WAIT = Duration.ofSeconds(5);

  private static final Duration CLOSE_WAIT = Duration.ofSeconds(2);

  private final InputStream in;
  private final OutputStream out;
  private final StoreDir dir;
  private final PeerEnd.Source end;
  private final WireReader reader;
  private final WireWriter writer;
  private final WorkerVersion version;
  private final Window<WorkerExchange> window = new Window<>();
  private volatile @Nullable TunnelledNar tunnel;

  /** Once the handshake is read. */
  private volatile @Nullable WorkerPeer peer;

  /** The daemon keeps none. */
  private volatile boolean realisationsDisabled;

  /** What may be refused was written since a question was; only the writer's. */
  private boolean unconfirmed;

  /** The reader's own: what was heard last, if that was a refusal. */
  private @Nullable Refused lastRefusal;

  private record Refused(StderrMessage.Failure failure, Optional<StorePath> path) {}

  private WorkerDestination(
      InputStream in,
      OutputStream out,
      StoreDir dir,
      PeerEnd.Source end,
      WireReader reader,
      WireWriter writer,
      WorkerVersion version) {
    this.in = in;
    this.out = out;
    this.dir = dir;
    this.end = end;
    this.reader = reader;
    this.writer = writer;
    this.version = version;
  }

  /**
   * Greets the daemon and waits for its version; the rest of the handshake goes out with the first
   * request.
   *
   * @param end asked why the connection ended, once it has
   * @throws HandshakeException if the peer does not speak the protocol, or only a version below
   *     1.21
   * @throws IOException if the connection breaks; the streams are closed after any exception
   */
  public static WorkerDestination open(
      InputStream in, OutputStream out, StoreDir dir, PeerEnd.Source end) throws IOException {
    return open(in, out, dir, end, WorkerVersion.OURS);
  }

  /** The same with a claim of one's own, so that a new daemon answers as an old one would. */
  static WorkerDestination open(
      InputStream in, OutputStream out, StoreDir dir, PeerEnd.Source end, WorkerVersion claimed)
      throws IOException {
    var reader = new WireReader(in);
    var writer = new WireWriter(out);
    var handshake = new WorkerHandshake(reader, writer, end);
    WorkerVersion version;
    try {
      version = handshake.greet(claimed, out);
    } catch (IOException | RuntimeException e) {
      closeQuietly(in);
      closeQuietly(out);
      throw e;
    }
    var destination = new WorkerDestination(in, out, dir, end, reader, writer, version);
    Thread.ofVirtual().name("worker-answers").start(() -> destination.readAnswers(handshake));
    return destination;
  }

  /** {@code worker 1.34}: the version that both peers speak. */
  @Override
  public String protocol() {
    return "worker " + version;
  }

  // ── Requests ───────────────────────────────────────────────────────────────────────────────

  /**
   * {@inheritDoc}
   *
   * <p>Each path gets its temporary root before anybody looks whether it is valid, all in one round
   * trip: so no collection can come between the answer and its use.
   */
  @Override
  public Set<StorePath> queryValid(Collection<StorePath> paths, boolean substitute)
      throws IOException {
    var distinct = List.copyOf(new LinkedHashSet<>(paths));
    var valid = new HashSet<StorePath>();
    request(() -> {
      var rooted = askEach(WorkerOp.ADD_TEMP_ROOT, distinct);
      var collected = version.needsSyncWithGc() ? askWithoutFields() : rooted;
      if (substitute && !version.hasSubstituteFlag()) {
        fetchOneByOne(distinct);
      }
      var answer = askValid(distinct, substitute, valid);
      awaitAnswers(rooted, collected, answer);
    });
    return Set.copyOf(valid);
  }

  private Questions askEach(WorkerOp op, List<StorePath> paths) throws IOException {
    var questions = Questions.confirmed(op, paths);
    if (paths.isEmpty()) {
      return questions;
    }
    send(questions);
    for (var path : paths) {
      writer.writeLong(op.code);
      writer.writeStorePath(dir, path);
    }
    return questions;
  }

  private Questions askWithoutFields() throws IOException {
    var question = new Questions(WorkerOp.SYNC_WITH_GC, WireReader::readLong);
    send(question);
    writer.writeLong(WorkerOp.SYNC_WITH_GC.code);
    return question;
  }

  private Questions askValid(List<StorePath> paths, boolean substitute, Set<StorePath> valid)
      throws IOException {
    var question =
        new Questions(
            WorkerOp.QUERY_VALID_PATHS, answer -> valid.addAll(answer.readStorePaths(dir)));
    send(question);
    writer.writeLong(WorkerOp.QUERY_VALID_PATHS.code);
    writer.writeStorePaths(dir, paths);
    if (version.hasSubstituteFlag()) {
      writer.writeBool(substitute);
    }
    return question;
  }

  /** Below 1.27 nobody substitutes on the way; a path that cannot be fetched is just not there. */
  private void fetchOneByOne(List<StorePath> paths) throws IOException {
    var there = new HashSet<StorePath>();
    var substitutable = new ArrayList<StorePath>();
    var query =
        new Questions(
            WorkerOp.QUERY_SUBSTITUTABLE_PATHS,
            answer -> substitutable.addAll(answer.readStorePaths(dir)));
    var valid = askValid(paths, false, there);
    send(query);
    writer.writeLong(WorkerOp.QUERY_SUBSTITUTABLE_PATHS.code);
    writer.writeStorePaths(dir, paths);
    awaitAnswers(valid, query);
    substitutable.removeAll(there);
    askEach(WorkerOp.ENSURE_PATH, substitutable);
    awaitAnswers();
  }

  /** {@inheritDoc} Up to Nix 2.16 a daemon takes signatures from those only whom it trusts. */
  @Override
  public void addSignatures(Collection<PathInfo> infos) throws IOException {
    var signed = infos.stream().filter(info -> !info.signatures().isEmpty()).toList();
    if (signed.isEmpty()) {
      return;
    }
    request(() -> {
      var lacking = lacking(signed);
      if (lacking.isEmpty()) {
        return;
      }
      var questions =
          new Questions(WorkerOp.ADD_SIGNATURES, lacking.size(), (index, in) -> in.readLong());
      send(questions);
      for (var info : lacking) {
        writer.writeLong(WorkerOp.ADD_SIGNATURES.code);
        writer.writeStorePath(dir, info.path());
        PathInfoFields.writeSignatures(writer, info.signatures());
      }
      awaitAnswers();
      questions
          .firstRefusal()
          .ifPresent(refusal ->
              LOG.debug("takes no signatures of ours: error={}", Logged.text(refusal.words())));
    });
  }

  /** Those of {@code infos} that the far store knows without one of their signatures. */
  private List<PathInfo> lacking(List<PathInfo> infos) throws IOException {
    var known = new LinkedHashMap<StorePath, Set<Signature>>();
    var questions =
        new Questions(
            WorkerOp.QUERY_PATH_INFO,
            infos.size(),
            (index, answer) -> {
              var path = infos.get(index).path();
              PathInfoAnswer.read(answer, dir, path)
                  .ifPresent(info -> known.put(path, Set.copyOf(info.signatures())));
            });
    send(questions);
    for (var info : infos) {
      writer.writeLong(WorkerOp.QUERY_PATH_INFO.code);
      writer.writeStorePath(dir, info.path());
    }
    awaitAnswers();
    return infos.stream()
        .filter(info -> {
          var theirs = known.get(info.path());
          return theirs != null && !theirs.containsAll(info.signatures());
        })
        .toList();
  }

  @Override
  public void add(PathInfo info, NarSource nar, AddListener listener) throws IOException {
    request(() -> {
      if (version.hasFramedNars()) {
        addFramed(info, nar, listener);
      } else {
        addTunnelled(info, nar, listener);
      }
    });
  }

  private void addFramed(PathInfo info, NarSource nar, AddListener listener) throws IOException {
    var add = new Add(info, listener, null);
    send(add);
    writeAdd(info);
    var frames = new FramedOutputStream(writer);
    try {
      NarGate.pass(info, nar, frames);
    } catch (NarMismatchException | SourceReadException e) {
      // What was held back makes it no whole NAR, so the daemon refuses it and goes on.
      add.abandoned();
      try {
        frames.finish();
      } catch (IOException f) {
        e.addSuppressed(f);
        window.fail(e);
      }
      throw e;
    }
    add.sent();
    frames.finish();
  }

  /** Nothing may be written ahead: the daemon would take it for the NAR. */
  private void addTunnelled(PathInfo info, NarSource nar, AddListener listener) throws IOException {
    awaitAnswers();
    var tunnelled = new TunnelledNar(writer);
    var add = new Add(info, listener, tunnelled);
    add.sent();
    tunnel = tunnelled;
    send(add);
    writeAdd(info);
    writer.flush();
    try {
      NarGate.pass(info, nar, tunnelled);
      tunnelled.finish();
    } catch (IOException e) {
      throw e instanceof NarMismatchException || e instanceof SourceReadException
          ? window.fail(e)
          : e;
    }
    awaitAnswers();
  }

  private void writeAdd(PathInfo info) throws IOException {
    writer.writeLong(WorkerOp.ADD_TO_STORE_NAR.code);
    writer.writeStorePath(dir, info.path());
    PathInfoAnswer.writeInfo(info, writer, dir);
    writer.writeBool(false); // repair
    // As Nix has it; a daemon that does not trust us checks signatures all the same.
    writer.writeBool(true); // dontCheckSigs
  }

  // ── Realisations ───────────────────────────────────────────────────────────────────────────

  @Override
  public boolean takesRealisations() {
    return !realisationsDisabled;
  }

  /**
   * {@inheritDoc}
   *
   * <p>What only the hash of a derivation is known of, as of dependencies, is not said to a daemon
   * of Nix 2.35 or newer, which asks for paths, and for no dependencies.
   */
  @Override
  public void register(Realisation realisation, List<SecretKey> keys, RegisterListener listener)
      throws IOException {
    if (!version.hasRealisations()) {
      realisationsDisabled = true;
      listener.refused(
          realisation, "the far daemon is older than Nix 2.4 (worker " + version + ")");
      return;
    }
    request(() -> {
      var byPath = version.hasFeatures() && peer().hasRealisationsByPath();
      if (byPath && realisation.derivation().isEmpty()) {
        listener.registered(realisation);
        return;
      }
      var fingerprint = byPath ? realisation.fingerprintByPath() : realisation.fingerprintByHash();
      var signed = realisation.with(keys.stream().map(key -> key.signature(fingerprint)).toList());
      send(new Register(signed, new Noting(listener)));
      writer.writeLong(WorkerOp.REGISTER_DRV_OUTPUT.code);
      if (byPath) {
        RealisationAnswer.writeByPath(signed, writer, dir);
      } else {
        RealisationAnswer.writeByHash(signed, writer, version);
      }
    });
  }

  /** Waits for the rest of the handshake, where it is not known yet what the daemon can do. */
  private WorkerPeer peer() throws IOException {
    var known = peer;
    if (known != null) {
      return known;
    }
    // The answer stands behind the handshake.
    askValid(List.of(), false, new HashSet<>());
    awaitAnswers();
    return Objects.requireNonNull(peer);
  }

  /** Notices that the daemon takes no realisations at all. */
  private final class Noting implements RegisterListener {
    private final RegisterListener listener;

    private Noting(RegisterListener listener) {
      this.listener = listener;
    }

    @Override
    public void registered(Realisation realisation) {
      listener.registered(realisation);
    }

    @Override
    public void refused(Realisation realisation, String reason) {
      // experimental Nix feature 'ca-derivations' is disabled; …
      if (reason.contains("ca-derivations") && reason.contains("is disabled")) {
        realisationsDisabled = true;
      }
      listener.refused(realisation, reason);
    }
  }

  @Override
  public void flush() throws IOException {
    request(writer::flush);
  }

  @Override
  public void drain() throws IOException {
    request(() -> {
      if (unconfirmed) {
        // Something must stand behind the last refusal, see readAnswer.
        askValid(List.of(), false, new HashSet<>());
      }
      awaitAnswers();
    });
  }

  /** The exchange enters the window before its first byte can leave, so an answer finds it. */
  private void send(WorkerExchange exchange) throws IOException {
    if (!window.hasRoomFor(exchange)) {
      writer.flush();
    }
    window.add(exchange);
    unconfirmed = mayBeRefused(exchange);
  }

  /** As a question of ours may not, but for its own reasons. */
  private static boolean mayBeRefused(WorkerExchange exchange) {
    return switch (exchange) {
      case Add _, Register _ -> true;
      case Questions _ -> false;
    };
  }

  /** Waits for all answers; the first question that was refused ends the connection. */
  private void awaitAnswers(Questions... needed) throws IOException {
    writer.flush();
    window.awaitEmpty();
    for (var question : needed) {
      if (question.firstRefusal().isPresent()) {
        throw new PeerException(
            "the far daemon refused " + question.question(),
            Optional.empty(),
            question.firstRefusal().get().asPeerEnd());
      }
    }
  }

  /** Whatever interrupts a request leaves the connection inside of it, which is its end. */
  private void request(Request request) throws IOException {
    window.beginWriting();
    try {
      request.run();
    } catch (NarMismatchException | SourceReadException e) {
      throw e;
    } catch (InterruptedIOException e) {
      window.fail(e);
      throw e;
    } catch (IOException e) {
      throw verdict(e);
    } catch (RuntimeException | Error e) {
      window.fail(new IOException("a request was broken off: " + e, e));
      throw e;
    } finally {
      window.endWriting();
    }
  }

  /**
   * The exception for a request that broke off with {@code e}. The daemon's words on its way out
   * are better than our broken pipe, so the reader gets a while to find them.
   */
  private IOException verdict(IOException e) {
    if (e instanceof PeerException) {
      return window.fail(e);
    }
    var known = window.awaitFailure(VERDICT_WAIT);
    return known.isPresent()
        ? known.get()
        : window.fail(broken("writing to the peer failed: " + e.getMessage(), e));
  }

  @Override
  public boolean isStillGood() {
    return window.isWhole();
  }

  // ── Answers ────────────────────────────────────────────────────────────────────────────────

  private void readAnswers(WorkerHandshake handshake) {
    try {
      var greeted = handshake.finish(version);
      peer = greeted;
      LOG.debug(
          "far daemon: version={} nix={} trust={}",
          version,
          Logged.text(greeted.nixVersion()),
          greeted.trust());
      var log = new WorkerLog(reader, version);
      while (!reader.atEnd()) {
        var exchange = window.first();
        if (exchange.isEmpty()) {
          throw unasked();
        }
        for (var i = 0; i < exchange.get().answers(); i++) {
          readAnswer(exchange.get(), i, log);
        }
        window.removeFirst();
      }
      window.fail(ended(null));
    } catch (HandshakeException | PeerException e) {
      window.fail(e);
    } catch (EOFException e) {
      window.fail(ended(null));
    } catch (WireFormatException e) {
      window.fail(broken("the peer talks nonsense: " + e.getMessage(), e));
    } catch (IOException e) {
      window.fail(broken("reading from the peer failed: " + e.getMessage(), e));
    } catch (RuntimeException | Error e) {
      window.fail(new IOException("an answer could not be handed on: " + e, e));
    } finally {
      window.readerEnded();
      var waiting = tunnel;
      if (waiting != null) {
        waiting.ended();
      }
      closeStreams();
    }
  }

  /**
   * A daemon that cannot even read a request says so twice and goes. The second time must not be
   * taken for the answer to the next request: so what sounds the same is only believed when
   * something follows, and something always does.
   */
  private void readAnswer(WorkerExchange exchange, int index, WorkerLog log) throws IOException {
    var refusal = exchange instanceof Add add ? log.awaitEnd(add::demanded) : log.awaitEnd();
    if (exchange instanceof Add add) {
      if (!add.isSent()) {
        throw gaveUp(refusal, exchange);
      }
      endTunnel();
    }
    if (refusal.isEmpty()) {
      lastRefusal = null;
      exchange.answered(index, reader);
      return;
    }
    var before = lastRefusal;
    if (mayBeRefused(exchange)
        && before != null
        && before.failure().equals(refusal.get())
        && reader.atEnd()) {
      throw wentAway(refusal.get());
    }
    lastRefusal = new Refused(refusal.get(), exchange.suspect());
    exchange.refused(index, refusal.get());
  }

  private void endTunnel() {
    var waiting = tunnel;
    if (waiting != null) {
      waiting.ended();
      tunnel = null;
    }
  }

  /** An answer in the middle of a NAR is a daemon's that could not read what came before it. */
  private IOException gaveUp(Optional<StderrMessage.Failure> refusal, WorkerExchange exchange) {
    return refusal.isEmpty()
        ? new WireFormatException(reader.offset(), "nothing", "an answer before its request ended")
        : new PeerException(
            "the far daemon gave up on " + exchange.question(),
            exchange.suspect(),
            refusal.get().asPeerEnd());
  }

  private IOException unasked() throws IOException {
    return StderrMessage.read(reader, version) instanceof StderrMessage.Failure failure
        ? wentAway(failure)
        : new WireFormatException(reader.offset(), "nothing", "an answer to no request");
  }

  private PeerException wentAway(StderrMessage.Failure lastWord) {
    return new PeerException(
        "the far daemon ended the connection",
        Optional.ofNullable(lastRefusal).flatMap(Refused::path),
        lastWord.asPeerEnd());
  }

  private PeerException ended(@Nullable IOException cause) {
    var question = window.first();
    return broken(
        question
            .map(asked -> "the peer ended the connection instead of answering " + asked.question())
            .orElse("the peer ended the connection"),
        cause);
  }

  private PeerException broken(String what, @Nullable IOException cause) {
    var suspect = window.first().flatMap(WorkerExchange::suspect);
    var message = "%s (after %d answers)".formatted(what, window.answered());
    return new PeerException(message, suspect, end.peerEnd(), cause);
  }

  // ── End ────────────────────────────────────────────────────────────────────────────────────

  /**
   * Ends the conversation. If nothing is unanswered, the daemon is told by an end of file and gets
   * two seconds to leave; else the streams are closed under whoever uses them: a daemon that sees
   * the end of its input while it works would break off.
   */
  @Override
  public void close() {
    var orderly = window.endByChoice(new IOException("the connection is closed"));
    if (orderly) {
      closeQuietly(out);
      window.awaitReaderEnd(CLOSE_WAIT);
    }
    closeStreams();
  }

  /** The input first: where both are one process or channel, that frees a writer that is stuck. */
  private void closeStreams() {
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
    void run() throws IOException;
  }
}
