package io.hookq.daemon.transport;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

import io.hookq.daemon.planner.PlanRules;
import io.hookq.daemon.planner.Planner;
import io.hookq.daemon.planner.UploadPlan;
import io.hookq.daemon.queue.Job;
import io.hookq.daemon.queue.JobEvent;
import io.hookq.daemon.queue.JobState.Queued;
import io.hookq.daemon.queue.QueueException;
import io.hookq.daemon.transport.UploadFailure.Refused;
import io.hookq.store.DestinationStore;
import io.hookq.store.DestinationStore.AddListener;
import io.hookq.store.DestinationStore.RegisterListener;
import io.hookq.store.DrvOutput;
import io.hookq.store.PathInfo;
import io.hookq.store.Realisation;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Brings a batch to one destination over its open channels, as far as that goes.
 *
 * <p>For one lane's thread, which is also the first channel's; each other channel has a virtual
 * thread while it sends.
 */
final class Uploader {
  /**
   * Jobs are marked as uploading so far ahead of the wire: one commit for many small paths, and no
   * more jobs blamed for a crash than what may have been in buffers.
   */
  private static final int AHEAD_PATHS = 512;

  private static final long AHEAD_BYTES = 32 << 20;

  /** A channel with nothing to send looks so often whether its connection still is. */
  private static final Duration LOOK = Duration.ofMillis(200);

  /** One that may not be needed looks so often whether it is. */
  private static final Duration GLANCE = Duration.ofMillis(50);

  private final PlanRules rules;
  private final Flood flood;
  private final OptionalInt channelCount;
  private final NearSide near;
  private final Progress progress;
  private final Ledger ledger;
  private final Registrar registrar;

  Uploader(
      PlanRules rules,
      Flood flood,
      OptionalInt channelCount,
      NearSide near,
      Ledger ledger,
      Progress progress) {
    this.rules = rules;
    this.flood = flood;
    this.channelCount = channelCount;
    this.near = near;
    this.progress = progress;
    this.ledger = ledger;
    this.registrar = new Registrar(ledger.destination(), near.source());
  }

  /**
   * What came of an attempt.
   *
   * @param plan what was to be sent; empty if it did not come to that
   * @param answered whether the peer answered anything
   * @param added whether anything was added there
   * @param refusals paths that were refused, beside the one that {@code failure} may name
   * @param failure why the connections must be dropped, if so
   */
  record Outcome(
      Optional<UploadPlan> plan,
      boolean answered,
      boolean added,
      List<Refused> refusals,
      Optional<UploadFailure> failure) {}

  /**
   * Plans, sends, and settles what arrives; takes settled jobs out of {@code batch}. After a
   * failure nothing uses the channels any more.
   *
   * @throws QueueException if the queue could not be written; jobs may be left uploading
   */
  Outcome upload(Channels channels, Batch batch) throws QueueException {
    UploadPlan plan;
    try {
      plan = Planner.plan(near.source(), channels.first(), batch.wanted(), rules);
      var arrived = plan.arrived();
      channels.first().addSignatures(arrived);
      registrar.registerArrived(arrived, channels);
    } catch (IOException e) {
      var failure = FailureClassifier.of(e, Optional.empty());
      return new Outcome(Optional.empty(), false, false, List.of(), Optional.of(failure));
    }
    if (!rules.substitute()) {
      flood.see(plan);
    }
    var byRule =
        plan.leftOut().entrySet().stream()
            .collect(groupingBy(Map.Entry::getValue, mapping(Map.Entry::getKey, toList())));
    for (var rule : byRule.entrySet()) {
      settle(batch, batch.of(rule.getValue()), new JobEvent.LeftOut(rule.getKey()));
    }
    settle(batch, batch.of(plan.gone()), new JobEvent.SourceGone());
    settle(
        batch,
        batch.of(plan.wanted().stream().filter(plan::isThere).toList()),
        new JobEvent.Arrived());
    if (plan.missing() == 0) {
      return new Outcome(Optional.of(plan), true, false, List.of(), Optional.empty());
    }
    progress.begin(plan.bytes());
    try {
      return new Attempt(channels, batch, plan).run();
    } finally {
      progress.end();
    }
  }

  private void settle(Batch batch, List<Job> jobs, JobEvent event) throws QueueException {
    if (!jobs.isEmpty()) {
      ledger.settle(jobs, event);
      batch.remove(jobs);
    }
  }

  /**
   * One plan on its way.
   *
   * <p>A path's trouble on one channel lets the others finish what they are sending; anything else
   * ends them all at once.
   */
  private final class Attempt {
    private final Channels channels;
    private final Batch batch;
    private final UploadPlan plan;
    private final PathInfos infos;
    private final int count;
    private final Dispatch dispatch;
    private final Settler settler;
    private final Queue<Refused> refusals = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean added = new AtomicBoolean();
    private final List<Thread> others = new ArrayList<>();

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by the lock.
    private final ArrayDeque<StorePath> notStarted;
    private @Nullable UploadFailure failure;
    private @Nullable Throwable bug;
    private boolean broken;

    private Attempt(Channels channels, Batch batch, UploadPlan plan) {
      this.channels = channels;
      this.batch = batch;
      this.plan = plan;
      this.infos = new PathInfos(near.source(), plan);
      this.count =
          channels.atMost(
              ChannelCount.of(channelCount, plan, channels.roundTrip(), channels.speakZstd()));
      this.dispatch = new Dispatch(plan, count);
      this.notStarted =
          new ArrayDeque<>(
              plan.wanted().stream()
                  .filter(path -> !plan.isThere(path))
                  .sorted(Comparator.comparingInt(plan::first))
                  .toList());
      this.settler = new Settler(batch, plan, ledger);
    }

    private Outcome run() throws QueueException {
      for (var channel = 1; channel < count; channel++) {
        var number = channel;
        others.add(Thread.ofVirtual().name("channel-" + number).start(() -> join(number)));
      }
      carry(0, channels.first());
      awaitOthers();
      throwBug();
      settler.end();
      lock.lock();
      try {
        return new Outcome(
            Optional.of(plan),
            true,
            added.get(),
            List.copyOf(refusals),
            Optional.ofNullable(failure));
      } finally {
        lock.unlock();
      }
    }

    /** Sends on one more channel, from when it is known that this is faster. */
    private void join(int number) {
      try {
        while (channelCount.isEmpty() && channels.isOneEnough()) {
          if (dispatch.isOver()) {
            return;
          }
          dispatch.awaitEnd(GLANCE);
        }
      } catch (InterruptedException _) {
        // The attempt has ended.
        return;
      }
      if (!dispatch.isOver()) {
        channels.other(number).ifPresent(store -> carry(number, store));
      }
    }

    private void awaitOthers() {
      var interrupted = false;
      for (var other : others) {
        while (other.isAlive()) {
          try {
            other.join();
          } catch (InterruptedException _) {
            interrupted = true;
            fail(new UploadFailure.Interrupted("told to stop"));
          }
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    private void throwBug() throws QueueException {
      Throwable reason;
      lock.lock();
      try {
        reason = bug;
      } finally {
        lock.unlock();
      }
      if (reason == null) {
        return;
      }
      try {
        settler.end();
      } catch (QueueException e) {
        reason.addSuppressed(e);
      }
      switch (reason) {
        case QueueException e -> throw e;
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        default -> throw new AssertionError(reason);
      }
    }

    /** Sends on one channel until nothing is left to send, or something fails. */
    private void carry(int channel, DestinationStore store) {
      var sending = new StorePath[1];
      try {
        send(channel, store, sending);
        progress.rest(channel);
        store.drain();
      } catch (QueueException | RuntimeException | Error e) {
        breakOff(e);
      } catch (InterruptedException e) {
        fail(new UploadFailure.Interrupted("told to stop"));
        Thread.currentThread().interrupt();
      } catch (IOException e) {
        fail(FailureClassifier.of(e, Optional.ofNullable(sending[0])));
        settleRest(store);
      }
    }

    /** A NAR that went wrong here may have left the connection good, and answers outstanding. */
    private void settleRest(DestinationStore store) {
      if (store.isStillGood()) {
        try {
          store.drain();
        } catch (IOException e) {
          fail(FailureClassifier.of(e, Optional.empty()));
        }
      }
    }

    private void send(int channel, DestinationStore store, @Nullable StorePath[] sending)
        throws IOException, InterruptedException {
      var sent = new HashSet<DrvOutput>();
      while (!dispatch.isOver()) {
        var next = dispatch.take(channel);
        if (next.isEmpty()) {
          progress.rest(channel);
          // What the others wait for may be in this one's buffer; and this finds it broken.
          store.flush();
          dispatch.await(channel, LOOK);
          continue;
        }
        var index = next.getAsInt();
        var path = plan.path(index);
        if (settler.isBlocked(path)) {
          dispatch.answered(index);
          continue;
        }
        start(index);
        HeapLimit.PROCESS.atWork();
        sending[0] = path;
        var info = infos.of(index);
        var nar =
            batch.isFromStore(path) ? near.source().narFromStore(path) : near.source().nar(path);
        var realised = realised(info, store, sent);
        var answer = new Answer(index, realised.size());
        store.add(info, progress.counted(channel, info, nar), answer);
        for (var realisation : realised) {
          store.register(realisation, List.of(), answer);
        }
        sending[0] = null;
      }
    }

    /**
     * What goes behind a wanted path that was asked for: its references are there or ahead on the
     * same channel, and so are what it depends on and their paths, once each.
     */
    private List<Realisation> realised(PathInfo info, DestinationStore store, Set<DrvOutput> sent) {
      if (!plan.wanted().contains(info.path())) {
        return List.of();
      }
      return registrar.of(info, store, channels, plan::contains).stream()
          .filter(realisation -> sent.add(realisation.id()))
          .toList();
    }

    /** Takes in why a channel broke, and what that means for the others. */
    private void fail(UploadFailure met) {
      boolean ends;
      lock.lock();
      try {
        if (broken) {
          // Only what came of closing them.
          return;
        }
        // Under a stop even what looks like a path's trouble is none.
        broken = !met.isOfPath() || channels.isClosed();
        if (failure == null) {
          failure = met;
        } else if (broken) {
          if (failure instanceof Refused refused) {
            refusals.add(refused);
          }
          failure = met;
        } else if (met instanceof Refused refused) {
          refusals.add(refused);
        }
        // A second path that is unreadable here is met again by the next attempt.
        ends = broken;
      } finally {
        lock.unlock();
      }
      dispatch.stop();
      if (ends) {
        endOthers();
      }
    }

    private void breakOff(Throwable e) {
      lock.lock();
      try {
        broken = true;
        if (bug == null) {
          bug = e;
        }
      } finally {
        lock.unlock();
      }
      dispatch.stop();
      endOthers();
    }

    private void endOthers() {
      channels.close();
      for (var other : others) {
        if (!other.equals(Thread.currentThread())) {
          other.interrupt();
        }
      }
    }

    /** Marks the jobs for which number {@code index}, or one soon after it, is the first path. */
    private void start(int index) throws QueueException {
      lock.lock();
      try {
        var first = notStarted.peek();
        if (first == null || plan.first(first) > index) {
          return;
        }
        var end = index;
        for (var bytes = 0L;
            end < plan.missing() && end - index < AHEAD_PATHS && bytes < AHEAD_BYTES;
            end++) {
          bytes += plan.narSize(end);
        }
        var now = new ArrayDeque<StorePath>();
        for (var path = notStarted.peek();
            path != null && plan.first(path) < end;
            path = notStarted.peek()) {
          now.add(notStarted.remove());
        }
        var queued = batch.of(now).stream().filter(job -> job.state() instanceof Queued).toList();
        var started = ledger.write(queued, new JobEvent.Started());
        // A job that was dropped meanwhile is none of ours any more.
        batch.remove(queued);
        batch.update(started);
      } finally {
        lock.unlock();
      }
    }

    /** Answers to a path, which has arrived once its realisations are answered too. */
    private final class Answer implements AddListener, RegisterListener {
      private final int index;
      private final AtomicInteger left;

      private Answer(int index, int realisations) {
        this.index = index;
        this.left = new AtomicInteger(1 + realisations);
      }

      @Override
      public void added(PathInfo info) {
        added.set(true);
        progress.added(info);
        one();
        dispatch.answered(index);
      }

      @Override
      public void registered(Realisation realisation) {
        one();
      }

      @Override
      public void refused(Realisation realisation, String reason) {
        // Without its path there it was refused for that.
        if (!settler.isBlocked(realisation.outPath())) {
          registrar.complain(channels, realisation.outPath(), reason);
        }
        one();
      }

      private void one() {
        if (left.decrementAndGet() == 0 && !settler.isBlocked(plan.path(index))) {
          settler.answered(index);
        }
      }

      @Override
      public void refused(PathInfo info, String reason) {
        // What needs a refused path is refused with it, and has nothing to say of its own.
        if (!settler.isBlocked(info.path())) {
          settler.refused(info.path());
          switch (FailureClassifier.ofRefusal(info.path(), reason)) {
            case Refused refused -> refusals.add(refused);
            case UploadFailure whatever -> fail(whatever);
          }
        }
        dispatch.answered(index);
      }
    }
  }
}
