package io.hookq.worker;

import java.io.Closeable;

/** The client's end of the worker protocol. */
@SuppressWarnings("DoNotCallSuggester") // the bodies follow
public final class WorkerConnection implements Closeable {
  private WorkerConnection() {}

  @Override
  public void close() {}
}
