package io.hookq.daemon.queue;

/** The queue's disk is full: nothing was written, and writing works again once there is space. */
public final class QueueFullException extends QueueException {
  QueueFullException(Throwable cause) {
    super("disk full", cause);
  }
}
