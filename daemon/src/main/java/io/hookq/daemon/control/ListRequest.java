package io.hookq.daemon.control;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Which jobs are there?
 *
 * @param state only those in this state, by its label; empty: all
 * @param destination only those of this destination; empty: all
 */
public record ListRequest(Optional<String> state, Optional<String> destination)
    implements ControlRequest<ListRequest.Reply> {

  /** The jobs, oldest first. */
  public record Reply(List<Entry> jobs) {}

  /**
   * One job as people and scripts see it; the fields of {@code hookq list --json}.
   *
   * @param path the full store path
   * @param state the state's label
   * @param notBefore when it is due, for a queued job that waits
   * @param reason why it is as it is; for failed, gone, skipped and refused jobs
   */
  public record Entry(
      long id,
      String path,
      String destination,
      String state,
      int attempts,
      Optional<Instant> notBefore,
      Optional<String> reason,
      Instant enqueuedAt,
      Instant updatedAt) {}
}
