package io.hookq.daemon.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hookq.daemon.planner.MemoryStore;
import io.hookq.daemon.transport.UploadFailure.Refused;
import io.hookq.peers.NixPeer;
import io.hookq.peers.PeerProcess;
import io.hookq.peers.PipedProcess;
import io.hookq.peers.TempFolder;
import io.hookq.serve.ServeConnection;
import io.hookq.store.DestinationStore;
import io.hookq.store.PathInfo;
import io.hookq.store.StorePath;
import io.hookq.worker.WorkerDestination;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What the real Nix says of a path that refers to one which is not valid there. No garbage
 * collector can bring that about between plan and upload: what a connection has asked for is kept
 * from it as long as the connection lasts, and the next one has a new plan. So the reference is
 * left out here on purpose.
 */
@Timeout(120)
final class InvalidReferenceTest {
  private final TempFolder folder = TempFolder.create();
  private final NixPeer far = NixPeer.in(folder.resolve("far"));
  private final MemoryStore source = new MemoryStore();
  private final StorePath reference = source.add("reference");
  private final StorePath path = source.add("path", reference);

  @AfterEach
  void close() {
    far.close();
    folder.close();
  }

  /** Keeps what is refused. */
  private static final class Verdict implements DestinationStore.AddListener {
    private final List<String> refusals = new CopyOnWriteArrayList<>();

    @Override
    public void added(PathInfo info) {}

    @Override
    public void refused(PathInfo info, String reason) {
      refusals.add(reason);
    }
  }

  private void add(DestinationStore store, StorePath which, Verdict verdict) throws IOException {
    store.add(source.info(which), source.nar(which), verdict);
    store.drain();
  }

  private void assertInvalidReference(UploadFailure failure) {
    assertThat(failure)
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> {
              assertThat(refused.path()).isEqualTo(path);
              assertThat(refused.kind()).as(refused.words()).isEqualTo(Refusal.INVALID_REFERENCE);
              assertThat(refused.words()).contains(reference.baseName());
            });
  }

  @Test
  void over_the_serve_protocol_it_is_a_refusal_of_that_path() throws IOException {
    try (var process = PipedProcess.start(far.command("nix-store", "--serve", "--write"));
        var store =
            ServeConnection.open(process.stdout(), process.stdin(), far.storeDir(), process)) {
      var e = catchThrowableOfType(IOException.class, () -> add(store, path, new Verdict()));
      assertInvalidReference(FailureClassifier.of(e, Optional.of(path)));
    }
  }

  @Test
  void over_the_worker_protocol_it_is_a_refusal_of_that_path() throws IOException {
    try (var process = PipedProcess.start(far.command("nix-daemon", "--stdio"));
        var store =
            WorkerDestination.open(process.stdout(), process.stdin(), far.storeDir(), process)) {
      var verdict = new Verdict();
      add(store, path, verdict);
      assertThat(verdict.refusals).hasSize(1);
      assertInvalidReference(FailureClassifier.ofRefusal(path, verdict.refusals.getFirst()));
    }
  }

  @Test
  void what_a_connection_has_asked_for_cannot_be_collected_while_it_lasts() throws IOException {
    try (var process = PipedProcess.start(far.command("nix-store", "--serve", "--write"));
        var store =
            ServeConnection.open(process.stdout(), process.stdin(), far.storeDir(), process)) {
      add(store, reference, new Verdict());
    }
    var delete = far.command("nix-store", "--delete", far.storeDir().print(reference));
    try (var process = PipedProcess.start(far.command("nix-store", "--serve", "--write"));
        var store =
            ServeConnection.open(process.stdout(), process.stdin(), far.storeDir(), process)) {
      assertThat(store.queryValid(List.of(reference, path), false)).containsExactly(reference);
      var refused = PeerProcess.run(delete);
      assertThat(refused.exitStatus()).isNotZero();
      assertThat(refused.stderr()).contains("alive");
      add(store, path, new Verdict());
    }
    assertThat(far.validPaths()).containsExactlyInAnyOrder(reference, path);
  }
}
