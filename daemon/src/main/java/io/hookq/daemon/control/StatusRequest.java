package io.hookq.daemon.control;

/** How are things? */
public record StatusRequest() implements ControlRequest<StatusRequest.Reply> {
  /**
   * The answer, as the daemon wrote it: {@code status --json} of an older command passes on what a
   * newer daemon added.
   *
   * @param document the JSON document of docs/status-json.md
   */
  public record Reply(String document) {}
}
