package io.hookq.worker;

import io.hookq.serve.OverSshContract;
import io.hookq.store.DestinationStore;
import io.hookq.store.PeerEnd;
import io.hookq.store.StoreDir;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** The contract over sshd and a real {@code nix-daemon --stdio}. */
final class WorkerOverSshTest extends OverSshContract {
  @Override
  protected String program() {
    return "nix-daemon --stdio";
  }

  @Override
  protected DestinationStore open(
      InputStream in, OutputStream out, StoreDir dir, PeerEnd.Source end) throws IOException {
    return WorkerDestination.open(in, out, dir, end);
  }

  @Override
  protected boolean refusalEndsConnection() {
    return false;
  }
}
