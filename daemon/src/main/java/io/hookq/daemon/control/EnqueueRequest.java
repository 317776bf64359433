package io.hookq.daemon.control;

import java.util.List;
import java.util.Optional;

/**
 * Take these paths to the destinations.
 *
 * @param paths full store paths as the sender has them, unchecked
 * @param derivation the derivation that made them; the hook sends it alone where Nix gives it no
 *     outputs
 * @param source {@code hook} or {@code push}
 * @param destination only to this one; empty: to all
 */
public record EnqueueRequest(
    List<String> paths, Optional<String> derivation, String source, Optional<String> destination)
    implements ControlRequest<EnqueueRequest.Reply> {

  /**
   * Durably queued.
   *
   * @param jobs paths × destinations, those that were queued already included
   */
  public record Reply(int jobs) {}
}
