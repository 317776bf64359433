package io.hookq.worker;

import io.hookq.serve.DestinationStoreContract;
import io.hookq.store.PathInfo;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.Map;

/** The contract over a daemon in memory that speaks the newest version. */
final class MemoryWorkerTest extends DestinationStoreContract {
  private final WorkerServer server = new WorkerServer(WorkerVersion.OURS);

  @Override
  protected WorkerDestination connect() throws IOException {
    return server.connect().open();
  }

  @Override
  protected Map<StorePath, PathInfo> far() {
    return server.valid();
  }

  @Override
  protected boolean refusalEndsConnection() {
    return false;
  }
}
