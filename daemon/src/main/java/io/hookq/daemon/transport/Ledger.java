package io.hookq.daemon.transport;

import io.hookq.daemon.queue.Job;
import io.hookq.daemon.queue.JobEvent;
import io.hookq.daemon.queue.JobFilter;
import io.hookq.daemon.queue.QueueException;
import io.hookq.log.Logged;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes what became of one destination's jobs, and lets go of their GC roots. Thread-safe. */
final class Ledger {
  private static final Logger LOG = LoggerFactory.getLogger(Ledger.class);

  private final NearSide near;
  private final String destination;

  Ledger(NearSide near, String destination) {
    this.near = near;
    this.destination = destination;
  }

  String destination() {
    return destination;
  }

  /**
   * Writes {@code event} for {@code jobs}. Where a user changed a job meanwhile, by dropping it or
   * asking for it again, what happened on the wire happened all the same: it is written on top.
   *
   * @return the jobs that are still there, as they stand now
   */
  List<Job> write(Collection<Job> jobs, JobEvent event) throws QueueException {
    if (jobs.isEmpty()) {
      return List.of();
    }
    var moved = near.queue().apply(jobs, event);
    if (moved.size() == jobs.size()) {
      return moved;
    }
    var written = moved.stream().map(Job::path).collect(Collectors.toSet());
    var lost = jobs.stream().map(Job::path).filter(path -> !written.contains(path)).toList();
    var fresh = near.queue().list(JobFilter.ALL.to(destination).of(lost));
    moved.addAll(near.queue().apply(fresh, event));
    // A job that was dropped while on the wire is no more from now on, and its root goes with it.
    var there = moved.stream().map(Job::path).collect(Collectors.toSet());
    jobs.stream().filter(job -> !there.contains(job.path())).forEach(this::release);
    return moved;
  }

  /** Writes {@code event} for {@code jobs}, and lets go of the paths that nobody needs any more. */
  void settle(Collection<Job> jobs, JobEvent event) throws QueueException {
    write(jobs, event);
    for (var job : jobs) {
      release(job);
    }
    log(jobs, event);
  }

  private void release(Job job) {
    try {
      near.roots().removeUnless(job.path(), near.queue()::isUnfinished);
    } catch (IOException e) {
      // Kept for nobody until the roots are swept at the next start, which is the better mistake.
      LOG.warn(
          "keeps its root destination={} path={} error={}",
          destination,
          job.path(),
          Logged.text(e.getMessage()));
    }
  }

  private void log(Collection<Job> jobs, JobEvent event) {
    if (LOG.isInfoEnabled()) {
      for (var job : jobs) {
        LOG.info(
            "destination={} path={} job={} event={}",
            destination,
            job.path(),
            job.id(),
            event.label());
      }
    }
  }

  /** The jobs that stand as uploading though no lane has them in hand, put back. */
  void putBackUploading(JobEvent event) throws QueueException {
    var stranded = near.queue().list(JobFilter.ALL.to(destination).inStates("uploading"));
    near.queue().apply(stranded, event);
  }
}
