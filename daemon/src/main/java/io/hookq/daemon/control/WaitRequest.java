package io.hookq.daemon.control;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Answer when nothing that is meant here is spooled, queued or uploading any more.
 *
 * @param paths only these, full store paths; empty: all
 * @param destination only this one; empty: all
 * @param since failed jobs count if enqueued at or after this; empty: since the daemon's start
 * @param timeout answer after this at the latest; empty: as long as it takes
 */
public record WaitRequest(
    List<String> paths,
    Optional<String> destination,
    Optional<Instant> since,
    Optional<Duration> timeout)
    implements ControlRequest<WaitRequest.Reply> {

  /**
   * How the waiting ended.
   *
   * @param timedOut whether something is still on its way
   * @param failed the jobs that failed
   */
  public record Reply(boolean timedOut, List<ListRequest.Entry> failed) {}
}
