package io.hookq.daemon.queue;

/**
 * The number of a job, given once and never again.
 *
 * @param value above zero
 */
public record JobId(long value) implements Comparable<JobId> {
  @Override
  public int compareTo(JobId other) {
    return Long.compare(value, other.value);
  }

  @Override
  public String toString() {
    return Long.toString(value);
  }
}
