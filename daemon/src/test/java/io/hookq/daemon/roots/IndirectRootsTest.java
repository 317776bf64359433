package io.hookq.daemon.roots;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.peers.NixPeer;
import io.hookq.peers.TempFolder;
import io.hookq.store.StorePath;
import io.hookq.worker.DaemonSocket;
import io.hookq.worker.DaemonStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against a real Nix and its garbage collector. */
@Timeout(120)
final class IndirectRootsTest {
  private TempFolder folder;
  private NixPeer nix;
  private Path links;

  @BeforeEach
  void startNix() throws Exception {
    folder = TempFolder.create();
    nix = NixPeer.in(folder.folder("nix"));
    nix.startDaemon();
    links = folder.folder("roots");
  }

  @AfterEach
  void stopNix() {
    nix.close();
    folder.close();
  }

  private GcRoots indirect() {
    return new IndirectRoots(
        links,
        nix.storeDir(),
        () -> new DaemonStore(new DaemonSocket(nix.socket()), nix.storeDir(), nix.realStoreDir()));
  }

  private boolean isThere(StorePath path) {
    return Files.exists(nix.real(path));
  }

  @Test
  void the_garbage_collector_spares_what_is_rooted_and_nothing_else() throws Exception {
    var kept = nix.addText("kept", "kept");
    var let = nix.addText("let", "let");
    var other = nix.addText("other", "other");
    var roots = indirect();
    roots.add(List.of(kept, let));
    roots.remove(let);

    nix.collectGarbage();

    assertThat(isThere(kept)).isTrue();
    assertThat(isThere(let)).isFalse();
    assertThat(isThere(other)).isFalse();
    assertThat(roots.list()).containsExactly(kept);
  }

  @Test
  void a_link_that_a_daemon_left_unannounced_is_announced_by_the_next() throws Exception {
    var path = nix.addText("a", "a");
    Files.createSymbolicLink(links.resolve(path.baseName()), Path.of(nix.storeDir().print(path)));

    indirect().add(List.of(path));
    nix.collectGarbage();

    assertThat(isThere(path)).isTrue();
  }

  @Test
  void direct_links_below_nixs_own_folder_are_roots_too() throws Exception {
    var kept = nix.addText("kept", "kept");
    var other = nix.addText("other", "other");
    var direct =
        DirectRoots.in(nix.stateDir().resolve("gcroots/hookq"), nix.storeDir())
            .orElseThrow(() -> new IOException("no folder of roots"));
    direct.add(List.of(kept));

    nix.collectGarbage();

    assertThat(isThere(kept)).isTrue();
    assertThat(isThere(other)).isFalse();
  }
}
