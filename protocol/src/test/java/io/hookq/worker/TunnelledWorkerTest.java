package io.hookq.worker;

import io.hookq.serve.DestinationStoreContract;
import io.hookq.store.PathInfo;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.Map;

/** The contract over a daemon in memory as old as any that is taken: it asks for NARs in parts. */
final class TunnelledWorkerTest extends DestinationStoreContract {
  private final WorkerServer server = new WorkerServer(WorkerVersion.FLOOR);

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
