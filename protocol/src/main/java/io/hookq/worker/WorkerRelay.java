package io.hookq.worker;

import io.hookq.relay.Admission;
import io.hookq.relay.RefusedException;
import io.hookq.relay.Relay;
import io.hookq.relay.WireCopy;
import io.hookq.store.StoreDir;
import io.hookq.wire.FramedInputStream;
import io.hookq.wire.FramedOutputStream;
import io.hookq.wire.WireFormatException;
import io.hookq.wire.WireReader;
import io.hookq.wire.WireWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Stands between a client and {@code nix-daemon --stdio} and lets through only what copying to a
 * store is made of: see {@link RelayedOp}. Repairs are refused, and of {@code SetOptions} only what
 * concerns the conversation itself is passed on.
 *
 * <p>A refusal is an error in the protocol's own words, behind the answers to all that was asked
 * before; it ends the conversation, for nobody here knows how long the refused request is. Versions
 * below 1.23, whose NARs are pulled by the server, are refused altogether.
 */
public final class WorkerRelay implements Relay {

  /** NARs are framed since. */
  private static final WorkerVersion FLOOR = new WorkerVersion(1, 23);

  private static final String REALISATION_WITH_PATH = WorkerHandshake.REALISATION_WITH_PATH;
  private static final Set<String> KNOWN_FEATURES = Set.of(REALISATION_WITH_PATH);

  /**
   * How the daemon waits for others, and nothing of what it builds or where it substitutes from.
   */
  private static final Set<String> HARMLESS_SETTINGS =
      Set.of("connect-timeout", "stalled-download-timeout", "download-attempts");

  private static final long MAX_VERBOSITY = 3; // "info"
  private static final int MAX_FEATURES = 1000;
  private static final int MAX_NAME = 1024;
  private static final int MAX_SETTINGS = 1000;
  private static final int MAX_SETTING = 64 * 1024;
  private static final int MAX_REALISATION = 1 << 20;
  private static final int MAX_TEXT = 16 << 20;
  private static final int MAX_FIELDS = 100_000;
  private static final int MAX_OBJECTS = 1 << 24;

  private final StoreDir dir;
  private final Admission admission;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Passed on or about to be, and not answered; the last may be half passed on. */
  private final Queue<RelayedOp> asked = new ArrayDeque<>();

  private @Nullable WorkerVersion claimed;
  private @Nullable Terms terms;
  private boolean inRequest;
  private boolean greeted;
  private boolean refused;
  private boolean serverEnded;
  private boolean clientEnded;

  /** A relay for one conversation. */
  public WorkerRelay(StoreDir dir, Admission admission) {
    this.dir = dir;
    this.admission = admission;
  }

  /** What the two peers have agreed upon. */
  private record Terms(WorkerVersion version, boolean realisationsWithPath) {}

  // ── Requests ───────────────────────────────────────────────────────────────────────────────

  @Override
  public void passRequests(InputStream client, OutputStream server) throws IOException {
    var copy = new WireCopy(client, server);
    if (copy.in().atEnd()) {
      return;
    }
    try {
      var agreed = greet(copy);
      while (!copy.in().atEnd()) {
        pass(copy, agreed);
      }
    } finally {
      locked(() -> {
        clientEnded = true;
        changed.signalAll();
      });
      // Behind a refusal too: what came before it is to be answered.
      copy.flush();
    }
  }

  private Terms greet(WireCopy copy) throws IOException {
    var magic = copy.in().readLong();
    if (magic != WorkerHandshake.CLIENT_MAGIC) {
      throw new WireFormatException(
          0, "the greeting of a worker client", "0x" + Long.toHexString(magic));
    }
    copy.out().writeLong(magic); // alone: Nix waits for the server's version before it says its own
    var ours = readVersion(copy.in()).and(WorkerVersion.OURS);
    copy.out().writeLong(ours.wire());
    copy.flush();
    say(ours);
    var version = awaitTerms().version();
    if (version.compareTo(FLOOR) < 0) {
      throw new RefusedException(
          "refused: worker protocol %s (%s or newer is needed; use ssh://)"
              .formatted(version, FLOOR));
    }
    var withPath = false;
    if (version.hasFeatures()) {
      var features = knownFeatures(copy.in());
      withPath = features.contains(REALISATION_WITH_PATH);
      copy.out().writeStrings(features);
    }
    if (copy.in().readLong() != 0) {
      copy.in().readLong(); // CPU affinity is of yore
    }
    copy.out().writeLong(0);
    copy.in().readLong();
    copy.out().writeLong(0); // no reserved space
    copy.flush();
    return awaitGreeting(withPath);
  }

  private static WorkerVersion readVersion(WireReader in) throws IOException {
    var start = in.offset();
    var number = in.readLong();
    try {
      return WorkerVersion.ofWire(number);
    } catch (IllegalArgumentException e) {
      var failure = new WireFormatException(start, "a version", "0x" + Long.toHexString(number));
      failure.initCause(e);
      throw failure;
    }
  }

  private static List<String> knownFeatures(WireReader in) throws IOException {
    return in.readStrings(MAX_FEATURES, MAX_NAME).stream()
        .filter(KNOWN_FEATURES::contains)
        .toList();
  }

  private void pass(WireCopy copy, Terms agreed) throws IOException {
    var code = copy.in().readLong();
    var op =
        RelayedOp.of(code)
            .orElseThrow(
                () -> new RefusedException("refused: worker operation " + RelayedOp.label(code)));
    begin(op);
    copy.out().writeLong(code);
    switch (op) {
      case IS_VALID_PATH, QUERY_PATH_INFO -> copy.path(dir);
      case ADD_TEMP_ROOT -> {
        var path = copy.in().readStorePath(dir);
        admission.rely(path);
        copy.out().writeStorePath(dir, path);
      }
      case SET_OPTIONS -> passOptions(copy);
      case QUERY_VALID_PATHS -> {
        copy.paths(dir, _ -> {});
        if (agreed.version().hasSubstituteFlag()) {
          copy.bool();
        }
      }
      case ADD_SIGNATURES -> {
        copy.path(dir);
        copy.signatures();
      }
      case ADD_TO_STORE_NAR -> {
        passInfo(copy);
        passNoRepair(copy);
        copy.bool(); // whether to go without signatures, which the daemon judges
        while (copy.frame(admission::narBytes)) {
          // On to the next.
        }
      }
      case ADD_MULTIPLE_TO_STORE -> {
        passNoRepair(copy);
        copy.bool();
        passObjects(copy);
      }
      case REGISTER_DRV_OUTPUT -> passRealisation(copy, agreed);
      case QUERY_REALISATION -> {
        if (agreed.realisationsWithPath()) {
          copy.path(dir);
        }
        copy.string(MAX_NAME);
      }
    }
    end();
  }

  private long passInfo(WireCopy copy) throws IOException {
    var path = copy.in().readStorePath(dir);
    admission.add(path);
    copy.out().writeStorePath(dir, path);
    return copy.arrivingInfo(dir);
  }

  /** A repair would replace what is valid. */
  private static void passNoRepair(WireCopy copy) throws IOException {
    if (copy.in().readBool()) {
      throw new RefusedException("refused: to repair a path");
    }
    copy.out().writeBool(false);
  }

  private void passObjects(WireCopy copy) throws IOException {
    var frames = new FramedInputStream(copy.in());
    var framed = new FramedOutputStream(copy.out());
    var inner = copy.enter(frames, framed);
    for (var left = inner.count(MAX_OBJECTS); left > 0; left--) {
      var narSize = passInfo(inner);
      admission.narBytes(narSize);
      inner.bytes(narSize);
    }
    if (!inner.in().atEnd()) {
      throw new WireFormatException(
          copy.in().offset(), "the end of the framed stream", "more bytes");
    }
    inner.flush();
    framed.finish();
    copy.leave();
  }

  private void passRealisation(WireCopy copy, Terms agreed) throws IOException {
    if (agreed.realisationsWithPath()) {
      copy.path(dir);
      copy.string(MAX_NAME);
      copy.path(dir);
      copy.signatures();
    } else {
      copy.string(MAX_REALISATION);
      if (!agreed.version().hasJsonRealisations()) {
        copy.string(MAX_NAME);
      }
    }
  }

  /**
   * Of the twelve numbers only how much to log and whether to substitute; of the rest what is
   * harmless.
   */
  private static void passOptions(WireCopy copy) throws IOException {
    var in = copy.in();
    var out = copy.out();
    for (var i = 0; i < 3; i++) {
      in.readLong();
      out.writeLong(0); // keep failed, keep going, fall back
    }
    var verbosity = in.readLong();
    out.writeLong(verbosity < 0 ? MAX_VERBOSITY : Math.min(verbosity, MAX_VERBOSITY));
    for (var value : new long[] {1, 0, 1, 0, 0, 0, 0}) {
      in.readLong();
      out.writeLong(value); // jobs, silence, build hook, build log, log type, trace, cores
    }
    copy.bool(); // substitute
    var names = in.readInt();
    if (names > MAX_SETTINGS) {
      throw new WireFormatException(
          in.offset(), "at most " + MAX_SETTINGS + " settings", "" + names);
    }
    var kept = new ArrayDeque<byte[]>();
    for (var i = 0; i < names; i++) {
      var name = in.readBytes(MAX_NAME);
      var value = in.readBytes(MAX_SETTING);
      if (HARMLESS_SETTINGS.contains(new String(name, StandardCharsets.UTF_8))) {
        kept.add(name);
        kept.add(value);
      }
    }
    out.writeLong(kept.size() / 2);
    for (var text : kept) {
      out.writeBytes(text);
    }
  }

  // ── Answers ────────────────────────────────────────────────────────────────────────────────

  @Override
  public void passAnswers(InputStream server, OutputStream client) throws IOException {
    var copy = new WireCopy(server, client);
    try {
      if (!copy.in().atEnd()) {
        answerGreeting(copy);
      }
      while (!copy.in().atEnd()) {
        passMessage(copy);
      }
      locked(copy::flush);
    } finally {
      locked(() -> {
        serverEnded = true;
        changed.signalAll();
      });
    }
  }

  private void answerGreeting(WireCopy copy) throws IOException {
    var magic = copy.in().readLong();
    if (magic != WorkerHandshake.SERVER_MAGIC) {
      throw new WireFormatException(
          0, "the greeting of a Nix daemon", "0x" + Long.toHexString(magic));
    }
    var theirs = readVersion(copy.in());
    if (theirs.compareTo(FLOOR) >= 0) {
      copy.out().writeLong(magic);
      copy.out().writeLong(theirs.wire());
      copy.flush();
    }
    var version = theirs.and(awaitClaim());
    locked(() -> {
      terms = new Terms(version, false);
      changed.signalAll();
    });
    if (version.compareTo(FLOOR) < 0) {
      locked(() -> refused = true);
      return;
    }
    var withPath = false;
    if (version.hasFeatures()) {
      copy.flush();
      var features = knownFeatures(copy.in());
      withPath = features.contains(REALISATION_WITH_PATH);
      copy.out().writeStrings(features);
    }
    if (version.hasNixVersion()) {
      copy.string(MAX_NAME);
    }
    if (version.hasTrust()) {
      copy.integer();
    }
    var last = false;
    while (!last) {
      last = isLast(copyLogMessage(copy, version));
    }
    copy.flush();
    var offered = withPath;
    locked(() -> {
      terms = new Terms(version, offered);
      greeted = true;
      changed.signalAll();
    });
  }

  private static boolean isLast(long message) {
    return message == StderrMessage.Last.NUMBER || message == StderrMessage.Failure.NUMBER;
  }

  /** One log message, and the answer behind it if it is the last before one. */
  private void passMessage(WireCopy copy) throws IOException {
    lock.lock();
    try {
      if (refused) {
        copy.in().limited(1).skip(1);
        return;
      }
      var op = asked.peek();
      var agreed = terms;
      if (op == null || agreed == null) {
        // What nobody asked for is a second copy of an error that ends the conversation.
        copy.bytes(1);
        return;
      }
      var message = copyLogMessage(copy, agreed.version());
      if (isLast(message)) {
        if (message == StderrMessage.Last.NUMBER) {
          passAnswer(copy, op, agreed);
        }
        asked.remove();
      }
      if (asked.size() <= 1) {
        // Whoever waits to refuse what comes next must not overtake this.
        copy.flush();
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void passAnswer(WireCopy copy, RelayedOp op, Terms agreed) throws IOException {
    switch (op) {
      case IS_VALID_PATH, ADD_TEMP_ROOT, ADD_SIGNATURES -> copy.integer();
      case QUERY_VALID_PATHS -> copy.paths(dir, _ -> {});
      case QUERY_PATH_INFO -> {
        if (copy.bool()) {
          copy.knownInfo(dir);
        }
      }
      case QUERY_REALISATION -> {
        if (!agreed.realisationsWithPath()) {
          copy.strings(1, MAX_REALISATION);
        } else if (copy.bool()) {
          copy.path(dir);
          copy.signatures();
        }
      }
      case SET_OPTIONS, ADD_TO_STORE_NAR, REGISTER_DRV_OUTPUT, ADD_MULTIPLE_TO_STORE -> {}
    }
  }

  /** Passes a message of the log on, byte for byte; returns its number. */
  private static long copyLogMessage(WireCopy copy, WorkerVersion version) throws IOException {
    var start = copy.in().offset();
    var number = copy.integer();
    // Not a switch: that takes no long.
    if (number == StderrMessage.Last.NUMBER) {
      return number;
    }
    if (number == StderrMessage.Failure.NUMBER) {
      copyFailure(copy, version);
    } else if (number == StderrMessage.Next.NUMBER) {
      copy.string(MAX_TEXT);
    } else if (number == StderrMessage.StartActivity.NUMBER) {
      copy.integer();
      copy.integer();
      copy.integer();
      copy.string(MAX_TEXT);
      copyFields(copy);
      copy.integer();
    } else if (number == StderrMessage.StopActivity.NUMBER) {
      copy.integer();
    } else if (number == StderrMessage.Result.NUMBER) {
      copy.integer();
      copy.integer();
      copyFields(copy);
    } else {
      throw new WireFormatException(start, "a log message", "0x" + Long.toHexString(number));
    }
    return number;
  }

  private static void copyFailure(WireCopy copy, WorkerVersion version) throws IOException {
    if (!version.hasStructuredErrors()) {
      copy.string(MAX_TEXT);
      copy.integer();
      return;
    }
    copy.string(MAX_NAME);
    copy.integer();
    copy.string(MAX_NAME);
    copy.string(MAX_TEXT);
    copy.integer();
    for (var left = copy.count(MAX_FIELDS); left > 0; left--) {
      copy.integer();
      copy.string(MAX_TEXT);
    }
  }

  private static void copyFields(WireCopy copy) throws IOException {
    for (var left = copy.count(MAX_FIELDS); left > 0; left--) {
      var start = copy.in().offset();
      var tag = copy.integer();
      if (tag == 0) {
        copy.integer();
      } else if (tag == 1) {
        copy.string(MAX_TEXT);
      } else {
        throw new WireFormatException(start, "a field", Long.toUnsignedString(tag));
      }
    }
  }

  // ── Between the two ────────────────────────────────────────────────────────────────────────

  @Override
  public void refuse(String reason, OutputStream client) throws IOException {
    lock.lock();
    try {
      while (asked.size() > (inRequest ? 1 : 0) && !serverEnded) {
        changed.awaitUninterruptibly();
      }
      var agreed = terms;
      if (serverEnded || agreed == null || !greeted) {
        return;
      }
      refused = true;
      var writer = new WireWriter(client);
      new StderrMessage.Failure(0, reason, List.of(), 1).write(writer, agreed.version());
      writer.flush();
    } finally {
      lock.unlock();
    }
  }

  /**
   * A daemon whose client hangs up interrupts what it is at (MonitorFdHup in Nix's
   * src/libutil/monitor-fd.hh), which may be the registering of a path that has come whole.
   */
  @Override
  public void awaitAnswers(Duration limit) throws InterruptedException {
    lock.lock();
    try {
      var left = limit.toNanos();
      while (!asked.isEmpty() && !serverEnded && left > 0) {
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  private void begin(RelayedOp op) {
    lock.lock();
    try {
      asked.add(op);
      inRequest = true;
    } finally {
      lock.unlock();
    }
  }

  private void end() {
    lock.lock();
    try {
      inRequest = false;
    } finally {
      lock.unlock();
    }
  }

  private void say(WorkerVersion version) {
    lock.lock();
    try {
      claimed = version;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private WorkerVersion awaitClaim() throws IOException {
    lock.lock();
    try {
      while (claimed == null) {
        if (clientEnded) {
          throw new IOException("the client ended the connection inside the handshake");
        }
        changed.awaitUninterruptibly();
      }
      return claimed;
    } finally {
      lock.unlock();
    }
  }

  private Terms awaitTerms() throws IOException {
    lock.lock();
    try {
      while (terms == null) {
        if (serverEnded) {
          throw new IOException("the Nix daemon ended the connection inside the handshake");
        }
        changed.awaitUninterruptibly();
      }
      return terms;
    } finally {
      lock.unlock();
    }
  }

  /** Until it is known what the server knows, too: requests depend on it. */
  private Terms awaitGreeting(boolean clientWithPath) throws IOException {
    lock.lock();
    try {
      while (!greeted) {
        if (serverEnded) {
          throw new IOException("the Nix daemon ended the connection inside the handshake");
        }
        changed.awaitUninterruptibly();
      }
      var agreed = awaitTerms();
      var both = new Terms(agreed.version(), clientWithPath && agreed.realisationsWithPath());
      terms = both;
      return both;
    } finally {
      lock.unlock();
    }
  }

  private void locked(Step step) throws IOException {
    lock.lock();
    try {
      step.run();
    } finally {
      lock.unlock();
    }
  }

  private interface Step {
    void run() throws IOException;
  }
}
