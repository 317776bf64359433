package io.hookq.daemon.transport;

import io.hookq.daemon.planner.UploadPlan;
import java.time.Duration;
import java.util.Arrays;
import java.util.BitSet;
import java.util.OptionalInt;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Which missing path of a plan goes next on which channel: the first in the plan's order whose
 * references are answered, or ahead of it on that very channel. So a far process never meets a path
 * before what it refers to, and an answer stands for the whole closure.
 *
 * <pre>
 * waiting ──▶ ready for one channel ──▶ taken ──▶ answered
 *    └──────▶ ready for any ──────────────▲
 * </pre>
 *
 * <p>Thread-safe: channels take, connections tell of answers. A single channel gets the plan's own
 * order.
 */
final class Dispatch {
  private static final int UNTAKEN = -1;

  /** So few unanswered references are looked at again after each answer. */
  private static final int FEW = 4;

  private final UploadPlan plan;

  /** Who refers to the missing path i: {@code referrers[starts[i]]} up to {@code starts[i + 1]}. */
  private final int[] starts;

  private final int[] referrers;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by the lock.
  private final int[] untakenReferences;
  private final int[] unansweredReferences;
  private final int[] takenBy;
  private final BitSet answered = new BitSet();
  private final BitSet forAny = new BitSet();
  private final BitSet[] forOne;
  private int left;
  private boolean stopped;

  /** All of {@code plan}, over channels numbered from zero. */
  Dispatch(UploadPlan plan, int channels) {
    this.plan = plan;
    var size = plan.missing();
    starts = new int[size + 1];
    untakenReferences = new int[size];
    unansweredReferences = new int[size];
    takenBy = new int[size];
    Arrays.fill(takenBy, UNTAKEN);
    for (var i = 0; i < size; i++) {
      var references = plan.references(i);
      untakenReferences[i] = references.length;
      unansweredReferences[i] = references.length;
      for (var reference : references) {
        starts[reference + 1]++;
      }
      forAny.set(i, references.length == 0);
    }
    Arrays.parallelPrefix(starts, Integer::sum);
    referrers = new int[starts[size]];
    var next = starts.clone();
    for (var i = 0; i < size; i++) {
      for (var reference : plan.references(i)) {
        referrers[next[reference]++] = i;
      }
    }
    forOne = new BitSet[channels];
    Arrays.setAll(forOne, _ -> new BitSet());
    left = size;
  }

  /** What is to be sent on {@code channel} now; empty where nothing is ready for it, or no more. */
  OptionalInt take(int channel) {
    lock.lock();
    try {
      var index = ready(channel);
      if (stopped || index < 0) {
        return OptionalInt.empty();
      }
      leave(index, channel);
      return OptionalInt.of(index);
    } finally {
      lock.unlock();
    }
  }

  private int ready(int channel) {
    var any = forAny.nextSetBit(0);
    var one = forOne[channel].nextSetBit(0);
    return any < 0 || one < 0 ? Math.max(any, one) : Math.min(any, one);
  }

  private void leave(int index, int channel) {
    forAny.clear(index);
    for (var ready : forOne) {
      ready.clear(index);
    }
    takenBy[index] = channel;
    left--;
    for (var at = starts[index]; at < starts[index + 1]; at++) {
      if (--untakenReferences[referrers[at]] == 0) {
        consider(referrers[at]);
      }
    }
    if (left == 0) {
      changed.signalAll();
    }
  }

  /** Makes {@code index}, all of whose references are taken, ready where it may go. */
  private void consider(int index) {
    if (unansweredReferences[index] == 0) {
      forAny.set(index);
      changed.signalAll();
      return;
    }
    var channel = UNTAKEN;
    for (var reference : plan.references(index)) {
      if (answered.get(reference)) {
        continue;
      }
      if (channel != UNTAKEN && channel != takenBy[reference]) {
        return;
      }
      channel = takenBy[reference];
    }
    forOne[channel].set(index);
    changed.signalAll();
  }

  /**
   * The path of that number is answered: valid there, or refused, and then nobody must send what
   * refers to it.
   */
  void answered(int index) {
    lock.lock();
    try {
      if (answered.get(index)) {
        return;
      }
      answered.set(index);
      for (var at = starts[index]; at < starts[index + 1]; at++) {
        var referrer = referrers[at];
        unansweredReferences[referrer]--;
        if (takenBy[referrer] == UNTAKEN
            && untakenReferences[referrer] == 0
            && unansweredReferences[referrer] <= FEW) {
          consider(referrer);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits until something is ready for {@code channel}, or it is over, but not for long. */
  void await(int channel, Duration patience) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      var nanos = patience.toNanos();
      while (!stopped && left > 0 && ready(channel) < 0 && nanos > 0) {
        nanos = changed.awaitNanos(nanos);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits until it is over, but not for long. */
  void awaitEnd(Duration patience) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      var nanos = patience.toNanos();
      while (!stopped && left > 0 && nanos > 0) {
        nanos = changed.awaitNanos(nanos);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether there is nothing left to take. */
  boolean isOver() {
    lock.lock();
    try {
      return stopped || left == 0;
    } finally {
      lock.unlock();
    }
  }

  /** Nothing is given out any more. */
  void stop() {
    lock.lock();
    try {
      stopped = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
