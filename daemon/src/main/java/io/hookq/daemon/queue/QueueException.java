package io.hookq.daemon.queue;

import java.io.IOException;

/** The queue could not be read or written; what was asked for did not happen. */
public sealed class QueueException extends IOException
    permits QueueFullException, QueueCorruptException {
  QueueException(String message, Throwable cause) {
    super(message, cause);
  }

  QueueException(String message) {
    super(message);
  }
}
