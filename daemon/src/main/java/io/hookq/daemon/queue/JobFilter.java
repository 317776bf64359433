package io.hookq.daemon.queue;

import io.hookq.store.StorePath;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;

/**
 * Which jobs are meant; every part left empty admits all.
 *
 * @param states labels out of {@link JobState#LABELS}
 * @param paths just these paths
 * @param enqueuedSince asked for at or after this time
 * @param limit at most this many
 */
public record JobFilter(
    Set<String> states,
    Optional<String> destination,
    Set<StorePath> paths,
    Optional<Instant> enqueuedSince,
    int limit) {

  /** Every job. */
  public static final JobFilter ALL =
      new JobFilter(Set.of(), Optional.empty(), Set.of(), Optional.empty(), Integer.MAX_VALUE);

  /**
   * Checks the labels.
   *
   * @throws IllegalArgumentException for an unknown one; the message says which there are
   */
  public JobFilter {
    states = Set.copyOf(states);
    paths = Set.copyOf(paths);
    for (var state : states) {
      if (!JobState.LABELS.contains(state)) {
        throw new IllegalArgumentException(
            "no such state: '" + state + "' (one of " + String.join(", ", JobState.LABELS) + ")");
      }
    }
  }

  /** Only jobs in one of these states. */
  public JobFilter inStates(String... labels) {
    return new JobFilter(Set.of(labels), destination, paths, enqueuedSince, limit);
  }

  /** Only jobs of this destination. */
  public JobFilter to(String name) {
    return new JobFilter(states, Optional.of(name), paths, enqueuedSince, limit);
  }

  /** Only jobs for these paths. */
  public JobFilter of(Collection<StorePath> wanted) {
    return new JobFilter(states, destination, Set.copyOf(wanted), enqueuedSince, limit);
  }

  /** Only jobs asked for at or after {@code time}. */
  public JobFilter since(Instant time) {
    return new JobFilter(states, destination, paths, Optional.of(time), limit);
  }

  /** At most {@code count} jobs. */
  public JobFilter first(int count) {
    return new JobFilter(states, destination, paths, enqueuedSince, count);
  }
}
