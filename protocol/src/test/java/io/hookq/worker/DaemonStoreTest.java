package io.hookq.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hookq.peers.NixPeer;
import io.hookq.peers.TempFolder;
import io.hookq.store.NarSource;
import io.hookq.store.PathInfo;
import io.hookq.store.PeerException;
import io.hookq.store.SourceReadException;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Over a real Nix daemon. */
@Timeout(120)
final class DaemonStoreTest {
  private static final StorePath ABSENT = new StorePath("0".repeat(32) + "-absent");

  @AutoClose private final TempFolder folder = TempFolder.create();
  @AutoClose private final NixPeer nix = NixPeer.in(folder.resolve("nix"));
  @AutoClose private final DaemonStore store = store(nix.realStoreDir());

  @BeforeEach
  void startDaemon() {
    nix.startDaemon();
  }

  private DaemonStore store(Path realStoreDir) {
    return new DaemonStore(new DaemonSocket(nix.socket()), StoreDir.DEFAULT, realStoreDir);
  }

  private static byte[] bytes(NarSource nar) throws IOException {
    var bytes = new ByteArrayOutputStream();
    nar.writeTo(bytes);
    return bytes.toByteArray();
  }

  private StorePath addTree() throws IOException {
    var tree = folder.folder("tree");
    Files.writeString(Files.createDirectories(tree.resolve("bin")).resolve("hello"), "#!/bin/sh\n");
    Files.createSymbolicLink(tree.resolve("ünïcode"), Path.of("bin/hello"));
    return nix.add(tree);
  }

  @Test
  void path_infos_are_what_nix_says_of_every_path() throws IOException {
    nix.signBuilds("test-1");
    nix.stopDaemon();
    nix.startDaemon();
    nix.addText("plain", "plain");
    nix.build("sh \"one\" { two = sh \"two\" {} \"echo 2 > $out\"; } \"echo $two > $out\"");

    var known = store.queryPathInfos(nix.validPaths());

    assertThat(withoutTimes(known)).isEqualTo(nix.pathInfos());
    assertThat(known.values()).allMatch(info -> info.registrationTime() > 1_600_000_000);
    assertThat(known.values()).anyMatch(info -> !info.signatures().isEmpty());
    assertThat(known.values()).anyMatch(PathInfo::ultimate);
    assertThat(known.values()).anyMatch(info -> info.contentAddress().isPresent());
  }

  private static Map<StorePath, PathInfo> withoutTimes(Map<StorePath, PathInfo> infos) {
    var without = new TreeMap<StorePath, PathInfo>();
    infos.forEach((path, i) ->
        without.put(
            path,
            new PathInfo(
                path,
                i.narHash(),
                i.narSize(),
                i.references(),
                i.deriver(),
                0,
                i.ultimate(),
                i.signatures(),
                i.contentAddress())));
    return without;
  }

  @Test
  void what_is_not_valid_is_left_out() throws IOException {
    var path = nix.addText("there", "there");
    assertThat(store.queryValid(List.of(path, ABSENT))).containsExactly(path);
    assertThat(store.queryPathInfos(List.of(ABSENT, path))).containsOnlyKeys(path);
    assertThat(store.queryValid(List.of())).isEmpty();
    assertThat(store.queryPathInfos(List.of())).isEmpty();
  }

  @Test
  void a_nar_is_the_same_from_files_and_from_the_daemon() throws IOException {
    var path = addTree();
    var fromFiles = bytes(store.nar(path));
    assertThat(bytes(store.narFromStore(path))).isEqualTo(fromFiles);
    assertThat(fromFiles.length).isEqualTo(nix.pathInfo(path).narSize());
  }

  @Test
  void files_out_of_reach_are_read_through_the_daemon() throws IOException {
    var path = addTree();
    try (var elsewhere = store(folder.folder("elsewhere"))) {
      assertThat(bytes(elsewhere.nar(path))).isEqualTo(bytes(store.nar(path)));
    }
  }

  @Test
  void a_nar_that_is_not_there_cannot_be_read_and_nothing_else_breaks() throws IOException {
    assertThatThrownBy(() -> bytes(store.narFromStore(ABSENT)))
        .isInstanceOf(SourceReadException.class)
        .hasMessageContaining(ABSENT.baseName())
        .hasMessageNotContaining("\u001b");
    assertThatThrownBy(() -> bytes(store.nar(ABSENT))).isInstanceOf(SourceReadException.class);
    assertThat(store.queryValid(List.of(ABSENT))).isEmpty();
  }

  @Test
  void a_failure_of_the_receiver_is_not_blamed_on_the_store() throws IOException {
    var path = addTree();
    var full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("the receiver is full");
          }
        };
    for (var nar : List.of(store.nar(path), store.narFromStore(path))) {
      assertThatThrownBy(() -> nar.writeTo(full))
          .isExactlyInstanceOf(IOException.class)
          .hasMessage("the receiver is full");
    }
  }

  @Test
  void the_outputs_of_a_derivation_are_known_by_name() throws IOException {
    var built =
        nix.build(
            "sh \"two-outputs\" { outputs = [ \"out\" \"dev\" ]; } \"echo 1 > $out; echo 2 > $dev\"");
    var derivation = nix.pathInfo(built.getFirst()).deriver().orElseThrow();
    var outputs = store.queryOutputs(derivation);
    assertThat(outputs).containsOnlyKeys("out", "dev");
    assertThat(outputs.values()).containsAll(built);

    var streams = new DaemonSocket(nix.socket()).connect();
    try (var old =
        WorkerConnection.open(
            streams.in(), streams.out(), StoreDir.DEFAULT, new WorkerVersion(1, 21))) {
      assertThat(old.queryDerivationOutputs(derivation)).isEqualTo(outputs);
      assertThatThrownBy(() -> old.queryDerivationOutputs(new StorePath(ABSENT + ".drv")))
          .isInstanceOf(PeerException.class)
          .hasMessageContaining("is not valid");
      assertThat(old.isUsable()).isTrue();
    }
  }

  @Test
  void the_outputs_of_a_derivation_that_is_not_there_are_an_error_and_the_store_goes_on()
      throws IOException {
    assertThatThrownBy(() -> store.queryOutputs(new StorePath(ABSENT + ".drv")))
        .isInstanceOf(PeerException.class)
        .hasMessageContaining("is not valid")
        .hasMessageNotContaining("\u001b");
    assertThat(store.queryValid(List.of(ABSENT))).isEmpty();
  }

  @Test
  void a_temporary_root_holds_until_the_store_is_closed() throws IOException {
    var path = nix.addText("kept", "kept");
    store.addTempRoots(List.of(path, ABSENT));
    nix.collectGarbage();
    assertThat(store.queryValid(List.of(path))).containsExactly(path);
    store.close();
    nix.stopDaemon();
    nix.collectGarbage();
    assertThat(nix.validPaths()).isEmpty();
  }

  @Test
  void an_indirect_root_holds_as_long_as_its_link() throws IOException {
    var path = nix.addText("kept", "kept");
    var link = folder.resolve("link");
    Files.createSymbolicLink(link, Path.of(nix.storeDir().print(path)));
    store.addIndirectRoot(link);
    nix.collectGarbage();
    assertThat(store.queryValid(List.of(path))).containsExactly(path);
    Files.delete(link);
    nix.collectGarbage();
    assertThat(store.queryValid(List.of(path))).isEmpty();
  }

  @Test
  void a_restarted_daemon_is_reached_again() throws IOException {
    var path = nix.addText("there", "there");
    assertThat(store.queryValid(List.of(path))).isNotEmpty();
    nix.stopDaemon();
    assertThatThrownBy(() -> store.queryValid(List.of(path)))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("cannot reach the Nix daemon at " + nix.socket());
    nix.startDaemon();
    assertThat(store.queryValid(List.of(path))).isNotEmpty();
    nix.stopDaemon();
    nix.startDaemon();
    assertThat(store.queryValid(List.of(path))).isNotEmpty();
  }

  @Test
  void a_missing_socket_is_named() {
    try (var nowhere =
        new DaemonStore(
            new DaemonSocket(folder.resolve("no.sock")), StoreDir.DEFAULT, nix.realStoreDir())) {
      assertThatThrownBy(() -> nowhere.queryValid(List.of(ABSENT)))
          .isInstanceOf(IOException.class)
          .hasMessage(
              "cannot reach the Nix daemon at " + folder.resolve("no.sock") + ": no such socket");
    }
  }

  @Test
  void many_threads_may_ask_at_once() throws Exception {
    var path = nix.addText("there", "there");
    Callable<Set<StorePath>> question = () -> store.queryValid(List.of(path, ABSENT));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var answer : threads.invokeAll(Collections.nCopies(50, question))) {
        assertThat(answer.get()).containsExactly(path);
      }
    }
  }

  @Test
  void a_closed_store_says_so() throws IOException {
    store.queryValid(List.of());
    store.close();
    assertThatThrownBy(() -> store.queryValid(List.of())).hasMessage("the store is closed");
  }
}
