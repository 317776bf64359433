package io.hookq.daemon.transport;

import io.hookq.daemon.queue.Job;
import io.hookq.daemon.queue.JobEvent;
import io.hookq.daemon.queue.Outage;
import io.hookq.daemon.queue.QueueException;
import io.hookq.daemon.transport.UploadFailure.Denied;
import io.hookq.daemon.transport.UploadFailure.Interrupted;
import io.hookq.daemon.transport.UploadFailure.Refused;
import io.hookq.daemon.transport.UploadFailure.ServerTrouble;
import io.hookq.daemon.transport.UploadFailure.SourceCorrupt;
import io.hookq.daemon.transport.UploadFailure.SourceTrouble;
import io.hookq.daemon.transport.UploadFailure.SourceUnreadable;
import io.hookq.daemon.transport.UploadFailure.Unreachable;
import io.hookq.daemon.transport.Verdicts.Held;
import io.hookq.log.Logged;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one virtual thread that brings a destination's jobs there, one batch after another.
 *
 * <p>Whatever goes wrong it goes on, until told to stop. {@link #wake}, {@link #kick}, {@link
 * #suspend}, {@link #resume}, {@link #cutShort}, {@link #stop} and {@link #view} are for any
 * thread; everything else happens on its own.
 */
final class Lane {
  private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

  /** Bounds what a batch takes of the memory; the rest of the due jobs come in the next one. */
  private static final int BATCH = 4096;

  /**
   * A real wait is never longer where something waits for its end, so that a clock that jumped, as
   * after a suspend, and another network are noticed soon.
   */
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(3);

  /** A wait where there is nothing to wait for but a change of the queue. */
  private static final Duration QUIET = Duration.ofMinutes(10);

  private final DestinationSettings settings;
  private final DestinationConnector connector;
  private final NearSide near;
  private final Progress progress;
  private final Ledger ledger;
  private final Flood flood;
  private final Uploader uploader;
  private final Thread thread;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition signalled = lock.newCondition();
  // Guarded by the lock.
  private boolean signal;
  private boolean kicked;
  private boolean stopping;
  private boolean suspended;
  private boolean cut;
  private boolean connecting;
  private LaneState state = LaneState.IDLE;
  private Optional<String> protocol = Optional.empty();
  private Optional<Trouble> lastTrouble = Optional.empty();
  private final Backoff backoff;
  private Optional<Instant> lastSuccessAt = Optional.empty();
  private @Nullable Channels connection;

  // The lane's own.
  private final Circumstances circumstances;
  private boolean everything;
  private boolean stranded;
  // Until something arrives: the last daemon may have left one open.
  private boolean outage = true;
  private boolean crashSuspectsTurn;
  private Instant idleSince;
  private final Verdicts verdicts = new Verdicts();
  private @Nullable Refused lastVerdict;
  private boolean tookSomething;

  Lane(DestinationSettings settings, DestinationConnector connector, NearSide near) {
    this.settings = settings;
    this.connector = connector;
    this.near = near;
    this.progress = new Progress(near.nanoTime());
    this.ledger = new Ledger(near, settings.name());
    this.backoff = new Backoff(settings.retry(), near.random());
    this.circumstances = new Circumstances(near.clock(), near.nanoTime(), near.addresses());
    this.flood = new Flood(settings.name());
    this.uploader =
        new Uploader(settings.rules(), flood, settings.channels(), near, ledger, progress);
    this.idleSince = near.clock().instant();
    this.thread = Thread.ofVirtual().name("lane-" + settings.name()).unstarted(this::run);
  }

  /** What there is to see of a lane. */
  record View(
      LaneState state,
      Optional<String> protocol,
      Optional<Trouble> lastTrouble,
      Optional<Instant> retryAt,
      Optional<Instant> lastSuccessAt,
      Optional<String> notice,
      Progress.View progress) {}

  void start() {
    thread.start();
  }

  void wake() {
    lock.lock();
    try {
      signal = true;
      signalled.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Ends the backoff, and has all that is queued tried now, whenever it is due. */
  void kick() {
    lock.lock();
    try {
      kicked = true;
      signalled.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Sends nothing until resumed; what is on the wire goes back to the queue, uncounted, and an
   * attempt to connect ends.
   */
  void suspend() {
    endAttempt(() -> {
      suspended = true;
      if (connecting) {
        cut = true;
        thread.interrupt();
      }
    });
  }

  /** Ends what is on the wire, which goes back to the queue, uncounted, and on from there. */
  void cutShort() {
    endAttempt(() -> {});
  }

  private void endAttempt(Runnable first) {
    Channels open;
    lock.lock();
    try {
      first.run();
      open = state == LaneState.IDLE ? null : connection;
      cut |= open != null;
      signalled.signalAll();
    } finally {
      lock.unlock();
    }
    if (open != null) {
      open.close();
    }
  }

  /** Sends again, at once. */
  void resume() {
    lock.lock();
    try {
      suspended = false;
      backoff.end();
      signal = true;
      signalled.signalAll();
    } finally {
      lock.unlock();
    }
  }

  View view() {
    var seen = progress.view();
    lock.lock();
    try {
      return new View(
          suspended ? LaneState.PAUSED : state,
          seen.planned() > 0 && connection != null
              ? Optional.of(connection.first().protocol())
              : protocol,
          lastTrouble,
          suspended ? Optional.empty() : backoff.until(),
          lastSuccessAt,
          flood.notice(),
          seen);
    } finally {
      lock.unlock();
    }
  }

  /** Cuts the connection and waits for the lane's end; says whether it came in time. */
  boolean stop(Duration within) {
    Channels open;
    lock.lock();
    try {
      stopping = true;
      open = connection;
      signalled.signalAll();
    } finally {
      lock.unlock();
    }
    if (open != null) {
      open.close();
    }
    // Frees it from connecting and from whatever else it may wait for.
    thread.interrupt();
    try {
      return thread.getState() == Thread.State.NEW || thread.join(within);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private boolean isStopping() {
    lock.lock();
    try {
      return stopping;
    } finally {
      lock.unlock();
    }
  }

  private boolean isSuspended() {
    lock.lock();
    try {
      return suspended;
    } finally {
      lock.unlock();
    }
  }

  /** Whether what is on the wire is to end, whatever becomes of it. */
  private boolean isCutShort() {
    lock.lock();
    try {
      return stopping || suspended || cut;
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    while (!isStopping()) {
      try {
        step();
      } catch (QueueException e) {
        strand();
        trouble(Trouble.HERE, "the queue: " + e.getMessage(), Optional.empty());
      } catch (RuntimeException | Error e) {
        // A bug, or no memory for what was at hand, which must not end the lane: what is due stays
        // so, and is tried again later.
        LOG.error("internal error destination={} error={}", settings.name(), Logged.text(e), e);
        strand();
        trouble(Trouble.HERE, "internal error: " + e, Optional.empty());
      }
    }
    disconnect();
    connector.release();
    try {
      rescue(new JobEvent.Stopped());
    } catch (QueueException e) {
      // They are found uploading at the next start.
      LOG.warn(
          "jobs stay uploading destination={} error={}",
          settings.name(),
          Logged.text(e.getMessage()));
    }
  }

  /** Leaves the batch as it is, to be put back when the queue can be written again. */
  private void strand() {
    stranded = true;
    verdicts.release();
    disconnect();
  }

  private void rescue(JobEvent event) throws QueueException {
    if (stranded) {
      ledger.putBackUploading(event);
      stranded = false;
    }
  }

  private void step() throws QueueException {
    lock.lock();
    try {
      // Cleared before looking, so that what is enqueued while looking is seen the next time.
      signal = false;
      cut = false;
      if (kicked) {
        kicked = false;
        everything = true;
        backoff.end();
      }
    } finally {
      lock.unlock();
    }
    if (isSuspended()) {
      rest();
      return;
    }
    var left = waitingFor();
    if (left.isPresent()) {
      await(min(left.get(), LONGEST_WAIT));
      return;
    }
    rescue(new JobEvent.DestinationFailed("put back after trouble here"));
    var batch = nextBatch();
    if (batch.isEmpty()) {
      idle();
      return;
    }
    try {
      bring(batch);
    } finally {
      idleSince = near.clock().instant();
    }
  }

  /** Paused: nothing is kept open meanwhile. */
  private void rest() throws QueueException {
    rescue(new JobEvent.Stopped());
    disconnect();
    connector.release();
    become(LaneState.PAUSED);
    await(QUIET);
  }

  /** How long the destination is to be left alone. */
  private Optional<Duration> waitingFor() {
    if (!isBackingOff()) {
      return Optional.empty();
    }
    var changed = circumstances.changed();
    if (changed) {
      LOG.info(
          "tries at once after a sleep or a change of network destination={}", settings.name());
    }
    lock.lock();
    try {
      if (changed) {
        backoff.end();
      }
      return backoff.left(near.clock().instant());
    } finally {
      lock.unlock();
    }
  }

  private boolean isBackingOff() {
    lock.lock();
    try {
      return backoff.until().isPresent();
    } finally {
      lock.unlock();
    }
  }

  private Batch nextBatch() throws QueueException {
    // No wait is further ahead than none: all that is queued.
    var horizon = everything ? Duration.ZERO : settings.retry().max();
    var due = near.queue().due(settings.name(), near.clock().instant(), horizon, BATCH);
    everything = false;
    if (verdicts.blamed() && !due.isEmpty()) {
      // What was probed goes back as due just now, behind the others: each has its turn.
      return new Batch(List.of(due.getFirst()));
    }
    var suspects = due.stream().filter(Job::sentAlone).toList();
    var others = due.stream().filter(job -> !job.sentAlone()).toList();
    // Those that may kill us come one by one, and in turn with all the others.
    var alone = !suspects.isEmpty() && (others.isEmpty() || crashSuspectsTurn);
    crashSuspectsTurn = !alone;
    return new Batch(alone ? suspects.subList(0, 1) : others);
  }

  private void idle() throws QueueException {
    var now = near.clock().instant();
    var wait = QUIET;
    var next = near.queue().nextDue(settings.name());
    if (next.isPresent()) {
      wait = min(LONGEST_WAIT, Duration.between(now, next.get()));
    }
    if (hasConnection()) {
      var left = settings.idleTimeout().minus(Duration.between(idleSince, now));
      if (!left.isPositive()) {
        disconnect();
        connector.release();
        return;
      }
      wait = min(wait, min(left, LONGEST_WAIT));
    }
    become(LaneState.IDLE);
    closeOthers();
    if (!hasConnection() || Duration.between(idleSince, now).compareTo(LONGEST_WAIT) >= 0) {
      // Not after each of many uploads that follow closely.
      HeapLimit.PROCESS.atRest();
    }
    await(wait);
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  /** Waits until woken, told to stop, or {@code wait} is over, not much longer than it says. */
  private void await(Duration wait) {
    lock.lock();
    try {
      // A millisecond more: a wait that ends a little early by the other clock is run in vain.
      var nanos = wait.isPositive() ? wait.plusMillis(1).toNanos() : 0;
      while (!signal && !kicked && !stopping && nanos > 0) {
        nanos = signalled.awaitNanos(nanos);
      }
    } catch (InterruptedException _) {
      // Only stop interrupts, and it has left its word.
    } finally {
      lock.unlock();
    }
  }

  /**
   * Attempt after attempt, until each job of the batch is settled, back in the queue, or we stop.
   */
  private void bring(Batch batch) throws QueueException {
    tookSomething = false;
    if (hasConnection() && circumstances.changed()) {
      // What was kept open through a sleep is dead, and would take its time to say so.
      disconnect();
      connector.release();
    }
    while (!batch.isEmpty()) {
      var warm = hasConnection();
      Channels channels;
      try {
        channels = connected();
      } catch (IOException e) {
        if (isCutShort()) {
          putBack(batch, new JobEvent.Stopped());
        } else {
          pause(batch, FailureClassifier.of(e, Optional.empty()));
        }
        return;
      }
      become(LaneState.UPLOADING);
      if (isCutShort()) {
        putBack(batch, new JobEvent.Stopped());
        return;
      }
      var outcome = uploader.upload(channels, batch);
      if (note(channels.first().protocol(), outcome) && outage) {
        near.queue().outages().ended(settings.name(), Outage.Kind.TROUBLE);
        outage = false;
      }
      if (outcome.failure().isPresent() && !channels.areStillGood()) {
        disconnect();
      }
      if (isCutShort()) {
        putBack(batch, new JobEvent.Stopped());
        return;
      }
      if (!goesOn(batch, outcome, warm)) {
        return;
      }
    }
    conclude(batch);
  }

  /** Draws the conclusions of an attempt; says whether the rest of the batch goes on at once. */
  private boolean goesOn(Batch batch, Uploader.Outcome outcome, boolean warm)
      throws QueueException {
    if (outcome.added()) {
      tookSomething = true;
      verdicts.accepted();
      countHeld();
    }
    var refusals = new ArrayList<>(outcome.refusals());
    if (outcome.failure().orElse(null) instanceof Refused refused) {
      refusals.add(refused);
    }
    var blamed = false;
    for (var refused : refusals) {
      // What needs two of them is settled with the first.
      if (blamed && needing(batch, outcome, refused.path()).isEmpty()) {
        continue;
      }
      if (!refuse(batch, outcome, refused)) {
        return false;
      }
      blamed = true;
    }
    if (outcome.failure().isEmpty()) {
      if (!batch.isEmpty() && outcome.refusals().isEmpty()) {
        throw new IllegalStateException("neither arrived nor refused: " + batch.wanted());
      }
      return true;
    }
    return switch (outcome.failure().get()) {
      case Unreachable unreachable -> {
        connector.release();
        // What was kept open had died in its sleep; that says nothing of the destination.
        if (warm && !outcome.answered()) {
          yield true;
        }
        yield pause(batch, unreachable);
      }
      case Denied denied -> pause(batch, denied);
      case ServerTrouble trouble -> pause(batch, trouble);
      case SourceTrouble trouble -> pause(batch, trouble);
      case Interrupted interrupted -> pause(batch, interrupted);
      case Refused _ -> true;
      case SourceCorrupt corrupt -> {
        if (batch.failedTwice(corrupt.path())) {
          give(batch, outcome, corrupt.path(), corrupt.words());
        }
        yield true;
      }
      case SourceUnreadable unreadable -> {
        // If it is gone, the next plan will find so.
        if (batch.failedTwice(unreadable.path())) {
          putOff(batch, outcome, unreadable.path(), unreadable.words());
        }
        yield true;
      }
    };
  }

  /** The jobs that need {@code path}, by the plan of the attempt that it spoiled. */
  private static List<Job> needing(Batch batch, Uploader.Outcome outcome, StorePath path) {
    return outcome.plan().map(plan -> batch.of(plan.dependants(path))).orElse(List.of());
  }

  /** Takes in a refusal; says whether the others go on. */
  private boolean refuse(Batch batch, Uploader.Outcome outcome, Refused refused)
      throws QueueException {
    var jobs = needing(batch, outcome, refused.path());
    if (jobs.isEmpty()) {
      return pause(batch, refused);
    }
    var held =
        jobs.stream()
            .map(job -> new Held(job, reason(job, refused.path(), refused.explained())))
            .toList();
    if (!refused.kind().mayBeTheDestinations()) {
      batch.remove(jobs);
      count(held);
      return true;
    }
    batch.remove(jobs);
    lastVerdict = refused;
    return verdicts.hold(refused, held) ? pause(batch, refused) : true;
  }

  /** The batch is through: what is still held is counted, or blamed on the destination. */
  private void conclude(Batch batch) throws QueueException {
    if (lastVerdict != null && !tookSomething && verdicts.conclude()) {
      pause(batch, lastVerdict);
    } else {
      countHeld();
    }
    lastVerdict = null;
  }

  private void countHeld() throws QueueException {
    count(verdicts.release());
  }

  private void count(List<Held> refusals) throws QueueException {
    for (var refusal : refusals) {
      var job = refusal.job();
      var attempts = job.attempts() + 1;
      var later = near.clock().instant().plus(settings.retry().delay(attempts, near.random()));
      ledger.write(
          List.of(job), new JobEvent.Refused(refusal.reason(), later, settings.retry().attempts()));
      LOG.warn(
          "refused destination={} path={} job={} attempts={} error={}",
          settings.name(),
          job.path(),
          job.id(),
          attempts,
          Logged.text(refusal.reason()));
    }
  }

  private static String reason(Job job, StorePath culprit, String words) {
    return job.path().equals(culprit) ? words : "it needs " + culprit + ": " + words;
  }

  private void give(Batch batch, Uploader.Outcome outcome, StorePath path, String words)
      throws QueueException {
    var jobs = needing(batch, outcome, path);
    for (var job : jobs) {
      var reason = "corrupt here: " + reason(job, path, words);
      ledger.write(List.of(job), new JobEvent.SourceCorrupt(reason));
      LOG.error(
          "corrupt destination={} path={} job={} error={}",
          settings.name(),
          job.path(),
          job.id(),
          Logged.text(reason));
    }
    batch.remove(jobs);
  }

  private void putOff(Batch batch, Uploader.Outcome outcome, StorePath path, String words)
      throws QueueException {
    var jobs = needing(batch, outcome, path);
    var later = near.clock().instant().plus(settings.retry().max());
    for (var job : jobs) {
      var reason = reason(job, path, words);
      ledger.write(List.of(job), new JobEvent.SourceFailed(reason, later));
      LOG.warn(
          "unreadable destination={} path={} job={} error={} retryAt={}",
          settings.name(),
          job.path(),
          job.id(),
          Logged.text(reason),
          later);
    }
    batch.remove(jobs);
  }

  /** The destination's trouble: all go back, and it is left alone for a while. */
  private boolean pause(Batch batch, UploadFailure failure) throws QueueException {
    disconnect();
    trouble(failure.label(), failure.words(), failure.hint());
    near.queue()
        .outages()
        .began(settings.name(), Outage.Kind.TROUBLE, Optional.of(failure.explained()));
    outage = true;
    putBack(batch, new JobEvent.DestinationFailed(failure.explained()));
    return false;
  }

  /** Jobs that were never on the wire stand as they stood. */
  private void putBack(Batch batch, JobEvent event) throws QueueException {
    ledger.write(batch.uploading(), event);
    ledger.write(verdicts.release().stream().map(Held::job).toList(), event);
    batch.remove(batch.of(batch.wanted()));
  }

  private void trouble(String label, String words, Optional<String> hint) {
    var now = near.clock().instant();
    var trouble = new Trouble(label, words, hint, now);
    Instant until;
    lock.lock();
    try {
      until = backoff.fail(now);
      state = LaneState.WAITING;
      lastTrouble = Optional.of(trouble);
    } finally {
      lock.unlock();
    }
    LOG.warn(
        "waiting destination={} error={} retryAt={}",
        settings.name(),
        Logged.text(trouble.explained()),
        until);
  }

  /** What an attempt says of the destination; whether that is well. */
  private boolean note(String spoken, Uploader.Outcome outcome) {
    // A verdict on a path is an answer too: whatever was wrong with the destination is over.
    var good =
        outcome.answered()
            && outcome.failure().map(failure -> failure instanceof Refused).orElse(true);
    lock.lock();
    try {
      if (outcome.answered()) {
        protocol = Optional.of(spoken);
      }
      var well = outcome.added() || (good && !verdicts.blamed());
      if (well) {
        backoff.end();
        lastTrouble = Optional.empty();
      }
      if (outcome.added()) {
        lastSuccessAt = Optional.of(near.clock().instant());
      }
      return well;
    } finally {
      lock.unlock();
    }
  }

  private Channels connected() throws IOException {
    lock.lock();
    try {
      if (connection != null) {
        return connection;
      }
      state = LaneState.CONNECTING;
    } finally {
      lock.unlock();
    }
    // What changes while it is tried is noticed when it failed.
    circumstances.changed();
    var fresh = connect();
    lock.lock();
    try {
      if (!isCutShort()) {
        connection = fresh;
        return fresh;
      }
    } finally {
      lock.unlock();
    }
    fresh.close();
    throw new IOException("stopped while connecting");
  }

  /** Ends early where a pause interrupts it, which nothing that follows is to notice. */
  private Channels connect() throws IOException {
    lock.lock();
    try {
      if (isCutShort()) {
        throw new IOException("stopped before connecting");
      }
      connecting = true;
    } finally {
      lock.unlock();
    }
    try {
      return new Channels(connector, connector.connect());
    } finally {
      lock.lock();
      try {
        connecting = false;
        if (!stopping) {
          Thread.interrupted();
        }
      } finally {
        lock.unlock();
      }
    }
  }

  private boolean hasConnection() {
    lock.lock();
    try {
      return connection != null;
    } finally {
      lock.unlock();
    }
  }

  private void disconnect() {
    Channels open;
    lock.lock();
    try {
      open = connection;
      connection = null;
    } finally {
      lock.unlock();
    }
    if (open != null) {
      open.close();
    }
  }

  /** One far process is enough to wait with. */
  private void closeOthers() {
    Channels open;
    lock.lock();
    try {
      open = connection;
    } finally {
      lock.unlock();
    }
    if (open != null) {
      open.closeOthers();
    }
  }

  private void become(LaneState next) {
    lock.lock();
    try {
      state = next;
    } finally {
      lock.unlock();
    }
  }
}
