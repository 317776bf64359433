package io.hookq.daemon.intake;

/** What kind of no a request is answered with, so that its sender knows what to do. */
public enum RefusalClass {
  /** The request makes no sense; the same again will not either. */
  BAD_REQUEST("bad-request"),
  /** A path is not valid in the source store. */
  NOT_VALID("not-valid"),
  /** Not now; the hook puts it into the spool. */
  RETRY("retry"),
  /** The sender may not ask. */
  FORBIDDEN("forbidden"),
  /** A fault of the daemon's own; its log says more. */
  INTERNAL("internal");

  private final String label;

  RefusalClass(String label) {
    this.label = label;
  }

  /** The word on the wire. */
  public String label() {
    return label;
  }
}
