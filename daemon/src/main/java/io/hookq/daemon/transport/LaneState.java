package io.hookq.daemon.transport;

/** What a lane is at. */
enum LaneState {
  /** Nothing is due. */
  IDLE("idle"),
  /** No connection yet. */
  CONNECTING("connecting"),
  /** Asking and sending. */
  UPLOADING("uploading"),
  /** The destination is left alone until the end of its backoff. */
  WAITING("waiting"),
  /** The user wants nothing to go there. */
  PAUSED("paused");

  private final String label;

  LaneState(String label) {
    this.label = label;
  }

  /** The word in status. */
  String label() {
    return label;
  }
}
