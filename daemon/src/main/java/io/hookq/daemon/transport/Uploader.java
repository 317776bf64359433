package io.hookq.daemon.transport;

import io.hookq.daemon.planner.Planner;
import io.hookq.daemon.planner.UploadPlan;
import io.hookq.daemon.queue.Job;
import io.hookq.daemon.queue.JobEvent;
import io.hookq.daemon.queue.JobState.Queued;
import io.hookq.daemon.queue.QueueException;
import io.hookq.daemon.transport.UploadFailure.Refused;
import io.hookq.store.DestinationStore;
import io.hookq.store.DestinationStore.AddListener;
import io.hookq.store.PathInfo;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Brings a batch to one destination over one connection, as far as that goes.
 *
 * <p>For one lane's thread.
 */
final class Uploader {
  /**
   * Jobs are marked as uploading so far ahead of the wire: one commit for many small paths, and no
   * more jobs blamed for a crash than what may have been in buffers.
   */
  private static final int AHEAD_PATHS = 512;

  private static final long AHEAD_BYTES = 32 << 20;

  private final boolean substitute;
  private final NearSide near;
  private final Progress progress;
  private final Ledger ledger;

  Uploader(boolean substitute, NearSide near, Ledger ledger, Progress progress) {
    this.substitute = substitute;
    this.near = near;
    this.progress = progress;
    this.ledger = ledger;
  }

  /**
   * What came of an attempt.
   *
   * @param plan what was to be sent; empty if it did not come to that
   * @param answered whether the peer answered anything
   * @param added whether anything was added there
   * @param refusals paths that were refused while the connection stayed good
   * @param failure why the connection must be dropped, if so
   */
  record Outcome(
      Optional<UploadPlan> plan,
      boolean answered,
      boolean added,
      List<Refused> refusals,
      Optional<UploadFailure> failure) {}

  /**
   * Plans, sends, and settles what arrives; takes settled jobs out of {@code batch}.
   *
   * @throws QueueException if the queue could not be written; jobs may be left uploading
   */
  Outcome upload(DestinationStore store, Batch batch) throws QueueException {
    UploadPlan plan;
    try {
      plan = Planner.plan(near.source(), store, batch.wanted(), substitute);
    } catch (IOException e) {
      var failure = FailureClassifier.of(e, Optional.empty());
      return new Outcome(Optional.empty(), false, false, List.of(), Optional.of(failure));
    }
    settle(batch, batch.of(plan.gone()), new JobEvent.SourceGone());
    settle(
        batch,
        batch.of(plan.wanted().stream().filter(path -> plan.span(path).isEmpty()).toList()),
        new JobEvent.Arrived());
    if (plan.missingInOrder().isEmpty()) {
      return new Outcome(Optional.of(plan), true, false, List.of(), Optional.empty());
    }
    progress.begin(plan.bytes());
    try {
      return new Attempt(store, batch, plan).run();
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

  /** One plan on its way. */
  private final class Attempt {
    private final DestinationStore store;
    private final Batch batch;
    private final UploadPlan plan;
    private final ArrayDeque<StorePath> notStarted;
    private final Queue<Refused> refusals = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean added = new AtomicBoolean();
    private final Settler settler;
    private @Nullable StorePath sending;

    private Attempt(DestinationStore store, Batch batch, UploadPlan plan) {
      this.store = store;
      this.batch = batch;
      this.plan = plan;
      this.notStarted =
          new ArrayDeque<>(
              plan.wanted().stream()
                  .filter(path -> !plan.span(path).isEmpty())
                  .sorted(Comparator.comparingInt(path -> plan.span(path).first()))
                  .toList());
      this.settler = new Settler(batch, plan, ledger);
    }

    private Outcome run() throws QueueException {
      Optional<UploadFailure> failure = Optional.empty();
      try {
        send();
        store.drain();
      } catch (QueueException e) {
        end(e);
        throw e;
      } catch (IOException e) {
        failure = Optional.of(FailureClassifier.of(e, Optional.ofNullable(sending)));
      } catch (RuntimeException e) {
        end(e);
        throw e;
      }
      settler.end();
      return new Outcome(Optional.of(plan), true, added.get(), List.copyOf(refusals), failure);
    }

    private void end(Exception reason) {
      try {
        settler.end();
      } catch (QueueException e) {
        reason.addSuppressed(e);
      }
    }

    private void send() throws IOException {
      var missing = plan.missingInOrder();
      for (var i = 0; i < missing.size(); i++) {
        var info = missing.get(i);
        if (settler.isBlocked(info.path())) {
          continue;
        }
        start(i);
        sending = info.path();
        var nar =
            batch.isFromStore(info.path())
                ? near.source().narFromStore(info.path())
                : near.source().nar(info.path());
        store.add(info, progress.counted(info, nar), new Answer(i));
        sending = null;
      }
    }

    /** Marks the jobs for which number {@code index}, or one soon after it, is the first path. */
    private void start(int index) throws QueueException {
      var first = notStarted.peek();
      if (first == null || plan.span(first).first() > index) {
        return;
      }
      var end = index;
      for (var bytes = 0L;
          end < plan.missingInOrder().size() && end - index < AHEAD_PATHS && bytes < AHEAD_BYTES;
          end++) {
        bytes += plan.missingInOrder().get(end).narSize();
      }
      var now = new ArrayDeque<StorePath>();
      for (var path = notStarted.peek();
          path != null && plan.span(path).first() < end;
          path = notStarted.peek()) {
        now.add(notStarted.remove());
      }
      var queued = batch.of(now).stream().filter(job -> job.state() instanceof Queued).toList();
      var started = ledger.write(queued, new JobEvent.Started());
      // A job that was dropped meanwhile is none of ours any more.
      batch.remove(queued);
      batch.update(started);
    }

    private final class Answer implements AddListener {
      private final int index;

      private Answer(int index) {
        this.index = index;
      }

      @Override
      public void added(PathInfo info) {
        added.set(true);
        progress.added(info);
        settler.answered(index);
      }

      @Override
      public void refused(PathInfo info, String reason) {
        refusals.add(new Refused(info.path(), Refusal.of(reason), reason));
        settler.block(plan.dependants(info.path()));
        settler.answered(index);
      }
    }
  }
}
