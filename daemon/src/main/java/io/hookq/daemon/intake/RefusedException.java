package io.hookq.daemon.intake;

/** A request is answered with no; nothing of it was queued. The message is for its sender. */
public final class RefusedException extends Exception {
  private final RefusalClass refusalClass;

  /** Says no. */
  public RefusedException(RefusalClass refusalClass, String message) {
    super(message);
    this.refusalClass = refusalClass;
  }

  /** Says no because of {@code cause}. */
  public RefusedException(RefusalClass refusalClass, String message, Throwable cause) {
    super(message, cause);
    this.refusalClass = refusalClass;
  }

  /** What kind of no. */
  public RefusalClass refusalClass() {
    return refusalClass;
  }
}
