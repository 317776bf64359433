package io.hookq.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hookq.peers.NixPeer;
import io.hookq.peers.PipedProcess;
import io.hookq.peers.TempFolder;
import io.hookq.store.PathInfo;
import io.hookq.store.PeerException;
import io.hookq.store.StorePath;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The contract over a real {@code nix-store --serve --write}. */
final class NixStoreServeTest extends DestinationStoreContract {
  @AutoClose private final TempFolder folder = TempFolder.create();
  @AutoClose private final NixPeer nix = NixPeer.far(folder.resolve("far"));
  private final List<PipedProcess> processes = new ArrayList<>();

  @AfterEach
  void endProcesses() {
    processes.forEach(PipedProcess::close);
  }

  private PipedProcess serve() {
    var process = PipedProcess.start(nix.command("nix-store", "--serve", "--write"));
    processes.add(process);
    return process;
  }

  @Override
  protected ServeConnection connect() throws IOException {
    var process = serve();
    return ServeConnection.open(process.stdout(), process.stdin(), nix.storeDir(), process);
  }

  @Override
  protected Map<StorePath, PathInfo> far() {
    return nix.pathInfos();
  }

  @Override
  protected void verify() {
    nix.verify();
  }

  @Test
  void what_arrived_can_be_asked_for_and_dumped() throws IOException {
    var objects = Recording.of("serve28-copy-fresh").objects();
    try (var store = connect()) {
      for (var object : objects) {
        store.add(object.info(), object, new AnswerLog());
      }
      assertThat(store.protocol()).isEqualTo("serve 2.7");
      assertThat(store.queryPathInfos(paths(objects))).isEqualTo(nix.pathInfos());
      for (var object : objects) {
        var nar = new ByteArrayOutputStream();
        store.dump(object.path(), nar);
        assertThat(nar.toByteArray()).isEqualTo(object.nar());
      }
    }
  }

  @Test
  void an_orderly_close_ends_the_program_with_status_0() throws IOException {
    var process = serve();
    var store = ServeConnection.greet(process.stdout(), process.stdin(), nix.storeDir(), process);
    store.queryValid(List.of(), false);
    store.close();
    assertThat(process.awaitExit()).isEqualTo(OptionalInt.of(0));
  }

  @Test
  void what_is_asked_for_is_kept_from_the_garbage_collector_while_the_connection_is_open()
      throws IOException {
    var path = nix.addText("kept", "kept");
    try (var store = connect()) {
      assertThat(store.queryValid(List.of(path), false)).containsExactly(path);
      nix.collectGarbage();
      assertThat(store.queryValid(List.of(path), false)).containsExactly(path);
    }
    nix.collectGarbage();
    assertThat(nix.validPaths()).isEmpty();
  }

  @Test
  void the_peers_own_words_explain_a_refusal() throws IOException {
    var process = PipedProcess.start(nix.command("nix-store", "--serve"));
    processes.add(process);
    var object = StoreObject.file("refused", "no --write");
    try (var store =
        ServeConnection.open(process.stdout(), process.stdin(), nix.storeDir(), process)) {
      var failure =
          catchThrowableOfType(
              PeerException.class,
              () -> {
                store.add(object.info(), object, new AnswerLog());
                store.drain();
              });
      assertThat(failure.stderrTail()).contains("importing paths is not allowed");
      assertThat(failure.exitStatus()).hasValue(1);
      assertThat(failure.suspect()).contains(object.path());
    }
  }

  @Test
  void a_flood_on_stderr_does_no_harm() throws IOException {
    var flood = "head -c 3000000 /dev/zero | tr '\\0' x >&2; exec \"$@\"";
    var builder = nix.command("nix-store", "--serve", "--write");
    builder.command().addAll(0, List.of("sh", "-c", flood, "sh"));
    var process = PipedProcess.start(builder);
    processes.add(process);
    try (var store =
        ServeConnection.open(process.stdout(), process.stdin(), nix.storeDir(), process)) {
      assertThat(store.queryValid(List.of(), false)).isEmpty();
    }
  }
}
