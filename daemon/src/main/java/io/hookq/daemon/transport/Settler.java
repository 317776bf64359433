package io.hookq.daemon.transport;

import io.hookq.daemon.planner.UploadPlan;
import io.hookq.daemon.queue.Job;
import io.hookq.daemon.queue.JobEvent;
import io.hookq.daemon.queue.QueueException;
import io.hookq.store.StorePath;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Settles jobs while their batch is still being sent: whatever was answered since the last commit
 * goes into the next, so that neither sender nor reader waits for the disk.
 *
 * <p>One for an attempt, on a virtual thread of its own; told of answers by the connection's
 * thread, ended by the lane.
 */
final class Settler {
  private final Batch batch;
  private final UploadPlan plan;
  private final Ledger ledger;
  private final List<StorePath> byLast;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Set<StorePath> blocked = new HashSet<>();
  private final Thread thread;
  private int answered;
  private boolean ended;

  /** Touched by the settling thread, read after its end. */
  private int next;

  private @Nullable Exception failure;

  Settler(Batch batch, UploadPlan plan, Ledger ledger) {
    this.batch = batch;
    this.plan = plan;
    this.ledger = ledger;
    this.byLast =
        plan.wanted().stream()
            .filter(path -> !plan.span(path).isEmpty())
            .sorted(
                Comparator.<StorePath>comparingInt(path -> plan.span(path).last())
                    .thenComparing(Comparator.naturalOrder()))
            .toList();
    this.thread = Thread.ofVirtual().name("settler").start(this::run);
  }

  /** The missing path number {@code index} and all before it are answered. */
  void answered(int index) {
    lock.lock();
    try {
      answered = Math.max(answered, index + 1);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** None of these arrives in this attempt: one that they need was refused. */
  void block(Set<StorePath> paths) {
    lock.lock();
    try {
      blocked.addAll(paths);
    } finally {
      lock.unlock();
    }
  }

  /** Whether {@code path} needs one that was refused. */
  boolean isBlocked(StorePath path) {
    lock.lock();
    try {
      return blocked.contains(path);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Settles what is answered by now, and ends.
   *
   * @throws QueueException if something could not be settled
   */
  void end() throws QueueException {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    var interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    switch (failure) {
      case null -> {}
      case QueueException e -> throw e;
      case RuntimeException e -> throw e;
      default -> throw new AssertionError(failure);
    }
  }

  private void run() {
    try {
      while (true) {
        var arrived = awaitArrived();
        if (arrived.isEmpty()) {
          return;
        }
        settle(arrived);
      }
    } catch (QueueException | RuntimeException e) {
      failure = e;
    }
  }

  /** Jobs whose last path is answered; empty when there will be no more. */
  private List<Job> awaitArrived() {
    lock.lock();
    try {
      while (true) {
        var arrived = new ArrayList<StorePath>();
        while (next < byLast.size() && plan.span(byLast.get(next)).last() < answered) {
          var path = byLast.get(next++);
          if (!blocked.contains(path)) {
            arrived.add(path);
          }
        }
        var jobs = batch.of(arrived);
        if (!jobs.isEmpty() || ended) {
          return jobs;
        }
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private void settle(List<Job> jobs) throws QueueException {
    ledger.settle(jobs, new JobEvent.Arrived());
    batch.remove(jobs);
  }
}
