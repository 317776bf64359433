package io.hookq.daemon.transport;

import io.hookq.daemon.queue.Job;
import io.hookq.daemon.queue.JobState;
import io.hookq.store.StorePath;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The jobs that a lane has in hand, as it last wrote them, until each is settled.
 *
 * <p>The jobs are seen by the lane and by the thread that settles; the rest is the lane's own.
 */
final class Batch {
  private final Map<StorePath, Job> open = new ConcurrentHashMap<>();
  private final Set<StorePath> fromStore = new HashSet<>();
  private final Map<StorePath, Integer> sourceFailures = new HashMap<>();

  Batch(Collection<Job> jobs) {
    jobs.forEach(job -> open.put(job.path(), job));
  }

  boolean isEmpty() {
    return open.isEmpty();
  }

  /** Paths of the jobs not settled yet, always in the same order. */
  List<StorePath> wanted() {
    return open.keySet().stream().sorted().toList();
  }

  /** The jobs not settled yet for those of {@code paths} that there are any for. */
  List<Job> of(Collection<StorePath> paths) {
    var jobs = new ArrayList<Job>();
    for (var path : paths) {
      var job = open.get(path);
      if (job != null) {
        jobs.add(job);
      }
    }
    return jobs;
  }

  /** The jobs not settled yet that are on the wire. */
  List<Job> uploading() {
    return open.values().stream().filter(job -> job.state() instanceof JobState.Uploading).toList();
  }

  /** Takes note of how jobs stand now. */
  void update(Collection<Job> jobs) {
    jobs.forEach(job -> open.put(job.path(), job));
  }

  /** These are settled, or no longer ours to settle. */
  void remove(Collection<Job> jobs) {
    jobs.forEach(job -> open.remove(job.path()));
  }

  /** Whether {@code path} is to be sent as the source store itself makes its NAR. */
  boolean isFromStore(StorePath path) {
    return fromStore.contains(path);
  }

  /**
   * Notes that sending {@code path} failed on this side; the next try is by the store's own NAR.
   *
   * @return whether that had been tried already
   */
  boolean failedTwice(StorePath path) {
    fromStore.add(path);
    return sourceFailures.merge(path, 1, Integer::sum) > 1;
  }
}
