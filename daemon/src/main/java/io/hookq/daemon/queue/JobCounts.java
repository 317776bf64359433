package io.hookq.daemon.queue;

/** How many jobs stand where. */
public record JobCounts(
    long queued, long uploading, long done, long failed, long gone, long skipped) {
  /** No job at all. */
  public static final JobCounts NONE = new JobCounts(0, 0, 0, 0, 0, 0);

  /** Both together. */
  public JobCounts plus(JobCounts other) {
    return new JobCounts(
        queued + other.queued,
        uploading + other.uploading,
        done + other.done,
        failed + other.failed,
        gone + other.gone,
        skipped + other.skipped);
  }

  /** Jobs that still have a way to go. */
  public long unsettled() {
    return queued + uploading;
  }
}
