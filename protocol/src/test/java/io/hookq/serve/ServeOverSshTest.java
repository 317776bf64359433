package io.hookq.serve;

import io.hookq.store.DestinationStore;
import io.hookq.store.PeerEnd;
import io.hookq.store.StoreDir;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** The contract over sshd and a real {@code nix-store --serve --write}. */
final class ServeOverSshTest extends OverSshContract {
  @Override
  protected String program() {
    return "nix-store --serve --write";
  }

  @Override
  protected DestinationStore open(
      InputStream in, OutputStream out, StoreDir dir, PeerEnd.Source end) throws IOException {
    return ServeConnection.open(in, out, dir, end);
  }
}
