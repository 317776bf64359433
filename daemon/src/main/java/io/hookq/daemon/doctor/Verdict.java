package io.hookq.daemon.doctor;

/** What the doctor thinks of one link. */
public enum Verdict {
  /** As it should be. */
  OK("ok"),
  /** Not looked at, and why; no judgement. */
  SKIPPED("skipped"),
  /** Works, or may work, and is not as it should be. */
  WARNING("warning"),
  /** Does not work. */
  FAILURE("failure");

  private final String label;

  Verdict(String label) {
    this.label = label;
  }

  /** The word in the JSON document. */
  public String label() {
    return label;
  }
}
