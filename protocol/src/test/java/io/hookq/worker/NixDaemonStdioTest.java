package io.hookq.worker;

import io.hookq.peers.NixPeer;
import io.hookq.peers.PipedProcess;
import io.hookq.peers.TempFolder;
import io.hookq.serve.DestinationStoreContract;
import io.hookq.store.PathInfo;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;

/** The contract over a real {@code nix-daemon --stdio}. */
final class NixDaemonStdioTest extends DestinationStoreContract {
  @AutoClose private final TempFolder folder = TempFolder.create();
  @AutoClose private final NixPeer nix = NixPeer.far(folder.resolve("far"));
  private final List<PipedProcess> processes = new ArrayList<>();

  @AfterEach
  void endProcesses() {
    processes.forEach(PipedProcess::close);
  }

  private PipedProcess daemon() {
    var process = PipedProcess.start(nix.command("nix-daemon", "--stdio"));
    processes.add(process);
    return process;
  }

  @Override
  protected WorkerDestination connect() throws IOException {
    var process = daemon();
    return WorkerDestination.open(process.stdout(), process.stdin(), nix.storeDir(), process);
  }

  @Override
  protected Map<StorePath, PathInfo> far() {
    return nix.pathInfos();
  }

  @Override
  protected void verify() {
    nix.verify();
  }

  @Override
  protected boolean refusalEndsConnection() {
    return false;
  }
}
