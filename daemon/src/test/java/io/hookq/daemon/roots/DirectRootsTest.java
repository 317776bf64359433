package io.hookq.daemon.roots;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.peers.PeerProcess;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DirectRootsTest {
  private static final StorePath A = new StorePath("0".repeat(32) + "-a");
  private static final StorePath B = new StorePath("1".repeat(32) + "-b");

  @TempDir Path parent;
  private Path folder;
  private GcRoots roots;

  @BeforeEach
  void make() {
    folder = parent.resolve("hookq");
    roots = DirectRoots.in(folder, StoreDir.DEFAULT).orElseThrow();
  }

  private Path link(StorePath path) {
    return folder.resolve(path.baseName());
  }

  @Test
  void a_root_is_a_link_named_like_what_it_points_to() throws Exception {
    roots.add(List.of(A, B));
    roots.add(List.of(A));

    assertThat(Files.readSymbolicLink(link(A))).isEqualTo(Path.of(StoreDir.DEFAULT.print(A)));
    assertThat(roots.list()).containsExactlyInAnyOrder(A, B);
    try (var files = Files.list(folder)) {
      assertThat(files).hasSize(2);
    }
  }

  @Test
  void a_link_that_points_elsewhere_is_put_right() throws Exception {
    Files.createSymbolicLink(link(A), Path.of(StoreDir.DEFAULT.print(B)));

    roots.add(List.of(A));

    assertThat(Files.readSymbolicLink(link(A))).isEqualTo(Path.of(StoreDir.DEFAULT.print(A)));
  }

  @Test
  void a_root_goes_and_may_go_twice() throws Exception {
    roots.add(List.of(A));
    roots.remove(A);
    roots.remove(A);

    assertThat(roots.list()).isEmpty();
  }

  @Test
  void a_needed_root_stays() throws Exception {
    roots.add(List.of(A, B));
    roots.removeUnless(A, A::equals);
    roots.removeUnless(B, A::equals);

    assertThat(roots.list()).containsExactly(A);
  }

  @Test
  void the_hooks_own_link_stays_beside_ours_until_it_is_taken_over() throws Exception {
    var hooks = folder.resolve("spool-" + A);
    var other = folder.resolve("spool-" + B);
    Files.createSymbolicLink(hooks, Path.of(StoreDir.DEFAULT.print(A)));
    Files.createSymbolicLink(other, Path.of(StoreDir.DEFAULT.print(B)));

    assertThat(roots.list()).isEmpty();
    roots.add(List.of(A));
    assertThat(Files.isSymbolicLink(hooks)).isTrue();

    roots.takeOver(List.of(A));
    assertThat(Files.isSymbolicLink(hooks)).isFalse();
    assertThat(Files.isSymbolicLink(other)).isTrue();
  }

  @Test
  void a_link_half_made_by_a_daemon_that_died_is_swept_away() throws Exception {
    var half = folder.resolve(".1-7.tmp");
    Files.createSymbolicLink(half, Path.of(StoreDir.DEFAULT.print(A)));

    assertThat(roots.list()).isEmpty();
    assertThat(Files.isSymbolicLink(half)).isFalse();
  }

  @Test
  void what_only_the_hook_keeps_is_told_apart() throws Exception {
    Files.createSymbolicLink(folder.resolve("spool-" + A), Path.of(StoreDir.DEFAULT.print(A)));
    Files.createSymbolicLink(folder.resolve("spool-odd"), Path.of("/odd"));
    roots.add(List.of(B));

    assertThat(roots.listOfHook()).containsExactly(A);
    assertThat(roots.list()).containsExactly(B);
  }

  @Test
  void a_link_half_made_by_a_hook_is_swept_away_once_the_hook_must_be_dead() throws Exception {
    var target = Path.of(StoreDir.DEFAULT.print(A));
    var fresh = Files.createSymbolicLink(folder.resolve(".tmp-1800000000-000000001-7"), target);
    var old = Files.createSymbolicLink(folder.resolve(".tmp-1-000000001-7"), target);
    PeerProcess.run(new ProcessBuilder("touch", "-h", "-d", "2 minutes ago", old.toString()))
        .orFail("touch");

    assertThat(roots.list()).isEmpty();

    assertThat(Files.isSymbolicLink(fresh)).isTrue();
    assertThat(Files.isSymbolicLink(old)).isFalse();
  }

  @Test
  void the_folder_is_for_all_to_read_and_only_the_last_one_is_made() throws Exception {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
        .isEqualTo("rwxr-xr-x");
    assertThat(DirectRoots.in(parent.resolve("no/such"), StoreDir.DEFAULT)).isEmpty();
    assertThat(DirectRoots.in(Files.createFile(parent.resolve("file")), StoreDir.DEFAULT))
        .isEmpty();
  }
}
