package io.hookq.daemon.config;

/** What becomes of a host whose key is in no file of known hosts. */
public enum HostKeyChecking {
  /** Refused. */
  STRICT("strict"),
  /** Accepted once and remembered; a changed key is still refused. */
  ACCEPT_NEW("accept-new");

  private final String label;

  HostKeyChecking(String label) {
    this.label = label;
  }

  /** As the config spells it. */
  public String label() {
    return label;
  }
}
