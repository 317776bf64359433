package io.hookq.daemon.transport;

import io.hookq.daemon.planner.UploadPlan;
import io.hookq.daemon.queue.Job;
import io.hookq.daemon.queue.JobEvent;
import io.hookq.daemon.queue.QueueException;
import io.hookq.store.StorePath;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Settles jobs while their batch is still being sent: whatever was answered since the last commit
 * goes into the next, so that neither senders nor readers wait for the disk.
 *
 * <p>One for an attempt, on a virtual thread of its own; told of answers by the connections'
 * threads, in whatever order they come; ended by the lane.
 */
final class Settler {
  private final Batch batch;
  private final UploadPlan plan;
  private final Ledger ledger;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Thread thread;

  // Guarded by the lock.
  private final Map<Integer, List<Arrival>> waiting = new HashMap<>();
  private final BitSet answered = new BitSet();
  private final Set<StorePath> blocked = new HashSet<>();
  private List<StorePath> arrived = new ArrayList<>();
  private boolean ended;

  /** Touched by the settling thread, read after its end. */
  private @Nullable Throwable failure;

  /** A wanted path, and how many answers it still waits for. */
  private static final class Arrival {
    private final StorePath path;
    private int left;

    private Arrival(StorePath path, int left) {
      this.path = path;
      this.left = left;
    }
  }

  Settler(Batch batch, UploadPlan plan, Ledger ledger) {
    this.batch = batch;
    this.plan = plan;
    this.ledger = ledger;
    for (var path : plan.wanted()) {
      var awaited = plan.awaited(path);
      var arrival = new Arrival(path, awaited.length);
      for (var index : awaited) {
        waiting.computeIfAbsent(index, _ -> new ArrayList<>(1)).add(arrival);
      }
    }
    this.thread = Thread.ofVirtual().name("settler").start(this::run);
  }

  /** The missing path number {@code index} is answered, and so is all that it refers to. */
  void answered(int index) {
    lock.lock();
    try {
      if (answered.get(index)) {
        return;
      }
      answered.set(index);
      for (var arrival : waiting.getOrDefault(index, List.of())) {
        if (--arrival.left == 0 && !blocked.contains(arrival.path)) {
          arrived.add(arrival.path);
        }
      }
      if (!arrived.isEmpty()) {
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** {@code path} was refused: neither it nor what needs it arrives in this attempt. */
  void refused(StorePath path) {
    var dependants = plan.dependants(path);
    lock.lock();
    try {
      blocked.addAll(dependants);
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
      case Error e -> throw e;
      default -> throw new AssertionError(failure);
    }
  }

  private void run() {
    try {
      while (true) {
        var jobs = awaitArrived();
        if (jobs.isEmpty()) {
          return;
        }
        settle(jobs);
      }
    } catch (QueueException | RuntimeException | Error e) {
      failure = e;
    }
  }

  /** Jobs whose last path is answered; empty when there will be no more. */
  private List<Job> awaitArrived() {
    lock.lock();
    try {
      while (true) {
        var jobs = batch.of(arrived);
        arrived = new ArrayList<>();
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
