package io.hookq.daemon.doctor;

import io.hookq.daemon.config.StoreLocation;
import io.hookq.store.StoreDir;
import io.hookq.worker.DaemonProgram;
import io.hookq.worker.DaemonSocket;
import io.hookq.worker.DaemonStore;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Set;

/** The source store: does the Nix daemon speak to us, and can its files be read? */
final class StoreWalk {
  private static final String CHECK = "source-store";

  private final Patient patient;
  private final Findings findings;

  StoreWalk(Patient patient, Findings findings) {
    this.patient = patient;
    this.findings = findings;
  }

  void examine() {
    StoreLocation location =
        patient
            .config()
            .map(config -> config.daemon().store())
            .orElse(StoreLocation.Socket.DEFAULT);
    var connector =
        switch (location) {
          case StoreLocation.Socket socket ->
              (DaemonStore.Connector) new DaemonSocket(socket.socket());
          case StoreLocation.Local _ -> new DaemonProgram();
        };
    // A question without an answer to wait for: only the handshake counts.
    try (var store = new DaemonStore(connector, StoreDir.DEFAULT, location.realStoreDir())) {
      store.queryValid(Set.of(StoreDir.DEFAULT.parse("/nix/store/" + "0".repeat(32) + "-none")));
    } catch (IOException e) {
      findings.failure(
          CHECK,
          location + ": " + NixWalk.wordsOf(e),
          "start the Nix daemon, or set daemon.store in the config to where it listens");
      return;
    }
    if (!Files.isReadable(location.realStoreDir())) {
      findings.warning(
          CHECK,
          location + " answers; " + location.realStoreDir() + " cannot be read from here",
          "let the daemon's user read it: NARs through the Nix daemon are slower");
      return;
    }
    findings.ok(CHECK, location + " answers");
  }
}
