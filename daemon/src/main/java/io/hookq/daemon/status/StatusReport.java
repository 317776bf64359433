package io.hookq.daemon.status;

import io.hookq.daemon.queue.JobCounts;
import io.hookq.daemon.transport.DestinationSnapshot;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * The daemon at one moment, field by field as {@code hookq status --json} shows it.
 *
 * @param version of the daemon
 * @param lastHookAt when the hook last brought something, over the socket or the spool
 * @param queue all jobs together, those of destinations that left the config included
 */
public record StatusReport(
    String version,
    long pid,
    Instant startedAt,
    Optional<Instant> lastHookAt,
    Queue queue,
    List<DestinationSnapshot> destinations) {

  /** Copies the list. */
  public StatusReport {
    destinations = List.copyOf(destinations);
  }

  /**
   * The queue as a whole.
   *
   * @param spooled files that the hook left in the spool and nobody has taken in yet
   * @param oldestQueuedAt when the job that waits longest was asked for
   */
  public record Queue(
      long queued,
      long uploading,
      long done,
      long failed,
      long gone,
      long skipped,
      long spooled,
      Optional<Instant> oldestQueuedAt) {

    /** The sum over all destinations. */
    public static Queue of(
        Collection<JobCounts> counts, long spooled, Optional<Instant> oldestQueuedAt) {
      var sum = counts.stream().reduce(JobCounts.NONE, JobCounts::plus);
      return new Queue(
          sum.queued(),
          sum.uploading(),
          sum.done(),
          sum.failed(),
          sum.gone(),
          sum.skipped(),
          spooled,
          oldestQueuedAt);
    }
  }
}
