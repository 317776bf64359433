package io.hookq.daemon.receive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hookq.peers.TempFolder;
import io.hookq.relay.RefusedException;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class DoorkeeperTest {
  private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
  private static final int MAX_AWAITED = 3;

  @AutoClose private final TempFolder folder = TempFolder.create();

  private final Set<StorePath> there = new HashSet<>();
  private final KeyLinks links =
      new KeyLinks(folder.path(), StoreDir.DEFAULT, KeyLinks.Announcement.NONE);

  private Doorkeeper doorkeeper(Optional<Long> paths, Optional<Long> narBytes) {
    var limits = new Limits(paths, narBytes, Optional.empty());
    return new Doorkeeper(links, limits, () -> NOON, there::contains, MAX_AWAITED);
  }

  private Doorkeeper doorkeeper() {
    return doorkeeper(Optional.empty(), Optional.empty());
  }

  private static List<StorePath> paths(int count) {
    var paths = new ArrayList<StorePath>();
    for (var i = 0; i < count; i++) {
      paths.add(new StorePath("0".repeat(32) + "-p" + i));
    }
    return paths;
  }

  @Test
  void a_client_that_only_asks_for_what_is_not_there_does_not_fill_the_disk() throws Exception {
    var door = doorkeeper();
    for (var path : paths(MAX_AWAITED)) {
      door.rely(path);
      door.rely(path);
    }

    assertThatThrownBy(() -> door.rely(paths(MAX_AWAITED + 1).getLast()))
        .isInstanceOf(RefusedException.class)
        .hasMessage("refused: more than 3 paths asked for in one session that are not there");
    assertThat(links.list()).hasSize(MAX_AWAITED + 1);
    // All of them are for the end of the session to clear up.
    assertThat(door.made()).containsOnlyKeys(paths(MAX_AWAITED + 1));
  }

  @Test
  void what_is_there_or_has_come_is_kept_at_any_number_and_forgotten() throws Exception {
    var door = doorkeeper();
    for (var path : paths(1000)) {
      door.add(path);
      there.add(path);
      assertThat(door.made()).hasSizeLessThanOrEqualTo(2 * MAX_AWAITED + 1);
    }

    assertThat(links.list())
        .extracting(Kept::path)
        .containsExactlyInAnyOrderElementsOf(paths(1000));
  }

  @Test
  void bytes_are_counted_beyond_what_a_number_holds() throws Exception {
    var door = doorkeeper(Optional.empty(), Optional.of(Long.MAX_VALUE));
    door.narBytes(Long.MAX_VALUE);

    assertThatThrownBy(() -> door.narBytes(1))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("(--max-bytes)");
  }

  @Test
  void a_path_that_is_one_too_many_is_not_linked() throws Exception {
    var door = doorkeeper(Optional.of(1L), Optional.empty());
    door.add(paths(2).getFirst());

    assertThatThrownBy(() -> door.add(paths(2).getLast()))
        .isInstanceOf(RefusedException.class)
        .hasMessage("refused: more than 1 paths in one session (--max-paths)");
    assertThat(links.list()).extracting(Kept::path).containsExactly(paths(1).getFirst());
  }
}
