package io.hookq.daemon.control;

/** Who is there? */
public record VersionRequest() implements ControlRequest<VersionRequest.Reply> {
  /**
   * The daemon.
   *
   * @param version of hookq
   * @param pid the daemon's process
   */
  public record Reply(String version, long pid) {}
}
