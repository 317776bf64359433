package io.hookq.daemon.queue;

import java.nio.file.Path;

/** The queue's file is damaged or is no queue. */
public final class QueueCorruptException extends QueueException {
  private final Path database;

  QueueCorruptException(Path database, String what) {
    super("the queue " + database + " is damaged: " + what);
    this.database = database;
  }

  QueueCorruptException(Path database, Throwable cause) {
    super("the queue " + database + " is damaged: " + cause.getMessage(), cause);
    this.database = database;
  }

  /** The damaged file. */
  public Path database() {
    return database;
  }
}
