package io.hookq.daemon.queue;

import io.hookq.store.StorePath;
import java.io.Closeable;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The jobs of all destinations in one SQLite file, which survives whatever happens to the daemon.
 *
 * <p>Thread-safe. A method that writes returns after its commit has reached the disk; writers that
 * come together share one commit. After a {@link QueueException} nothing of that call has happened
 * and the queue may be used on; with a {@link QueueFullException} it works again once there is
 * space. The daemon that owns the {@link StateLock} opens and closes it.
 */
public final class JobQueue implements Closeable {
  /**
   * Opens the queue in {@code database}, made if it is not there; an empty file is an empty queue.
   *
   * @throws QueueCorruptException if the file is damaged; it is left as it is
   * @throws QueueException if it was written by a newer hookq, or cannot be opened
   */
  public static JobQueue open(Path database, InstantSource clock) throws QueueException {
    return notYet();
  }

  /**
   * Asks for {@code paths} at each of {@code destinations}, durably: a path new there, or done,
   * failed, gone or skipped, is queued afresh; one that waits or uploads already is left alone.
   * From the hook ({@code source} {@code hook} or {@code spool}) it counts as a call of it.
   *
   * @return how many jobs that speaks of: paths times destinations
   */
  public int enqueue(
      Collection<StorePath> paths,
      Collection<String> destinations,
      Optional<StorePath> derivation,
      String source)
      throws QueueException {
    return notYet();
  }

  /** The jobs that {@code filter} means, by id. Prefer {@link #each} where they may be many. */
  public List<Job> list(JobFilter filter) throws QueueException {
    return notYet();
  }

  /** Hands the jobs that {@code filter} means to {@code consumer} by id, holding few at a time. */
  public void each(JobFilter filter, Consumer<Job> consumer) throws QueueException {
    notYet();
  }

  /** How many jobs stand where, by destination; those no longer configured included. */
  public Map<String, JobCounts> counts() throws QueueException {
    return notYet();
  }

  /** How many jobs of one destination stand where. */
  public JobCounts counts(String destination) throws QueueException {
    return notYet();
  }

  /** When the longest waiting of all queued and uploading jobs was asked for. */
  public Optional<Instant> oldestQueuedAt() throws QueueException {
    return notYet();
  }

  /** Queued jobs of {@code destination} whose time has come, the longest due first. */
  public List<Job> due(String destination, Instant now, int limit) throws QueueException {
    return notYet();
  }

  /** When the next queued job of {@code destination} is due, be it in the past. */
  public Optional<Instant> nextDue(String destination) throws QueueException {
    return notYet();
  }

  /**
   * Writes what {@code event} makes of {@code job}, if the job still stands as it is given.
   *
   * @return whether anything was written: false for a lost race and for an event that changes
   *     nothing
   */
  public boolean apply(Job job, JobEvent event) throws QueueException {
    return notYet();
  }

  /**
   * Writes what {@code event} makes of each of {@code jobs} in one commit.
   *
   * @return those that moved and are still there, as they stand now
   */
  public List<Job> apply(Collection<Job> jobs, JobEvent event) throws QueueException {
    return notYet();
  }

  /**
   * Puts back what a daemon that died left uploading; for the start, before any lane.
   *
   * @return how many that were
   */
  public int recover(RetryPolicy policy) throws QueueException {
    return notYet();
  }

  /** Every path that must be kept for a job's sake: queued, uploading, or failed. */
  public Set<StorePath> unfinishedPaths() throws QueueException {
    return notYet();
  }

  /** Whether {@code path} must be kept for a job's sake: queued, uploading, or failed. */
  public boolean isUnfinished(StorePath path) throws QueueException {
    return notYet();
  }

  /** What happened to {@code path} at all destinations, oldest first. */
  public List<JobChange> history(StorePath path) throws QueueException {
    return notYet();
  }

  /** When the hook last brought something, be it through the spool. */
  public Optional<Instant> lastHookAt() throws QueueException {
    return notYet();
  }

  /**
   * Forgets what has been settled long enough: done, gone and skipped jobs after {@code keepDone},
   * failed ones after {@code keepFailed}.
   *
   * @return the paths that no job needs any more, whose roots may go
   */
  public Set<StorePath> compact(Instant now, Duration keepDone, Duration keepFailed)
      throws QueueException {
    return notYet();
  }

  /**
   * Has {@code listener} called after each commit that changed a job, on the queue's own thread: it
   * must be quick and must not call the queue.
   */
  public void onChange(Runnable listener) {
    notYet();
  }

  /** Finishes what was asked for before and closes the file. */
  @Override
  public void close() {}

  @SuppressWarnings("TypeParameterUnusedInFormals")
  private static <T> T notYet() {
    if (JobState.LABELS.isEmpty()) {
      throw new AssertionError();
    }
    throw new UnsupportedOperationException("not yet");
  }
}
