package io.hookq.daemon.receive;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.peers.TempFolder;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.time.Instant;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class KeyLinksTest {
  private static final StorePath PATH = new StorePath("0".repeat(32) + "-path");
  private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

  @AutoClose private final TempFolder folder = TempFolder.create();

  private final KeyLinks links =
      new KeyLinks(folder.path(), StoreDir.DEFAULT, KeyLinks.Announcement.NONE);

  @Test
  void what_somebody_came_to_need_meanwhile_is_not_let_go_of() throws Exception {
    links.keep(PATH, NOON);
    var seen = links.list().getFirst();
    links.keep(PATH, NOON.plusSeconds(1));

    assertThat(links.release(seen)).isFalse();
    assertThat(links.list()).containsExactly(new Kept(PATH, NOON.plusSeconds(1)));
  }

  @Test
  void nor_is_it_where_the_clock_was_set_back_in_between() throws Exception {
    links.keep(PATH, NOON);
    var seen = links.list().getFirst();
    links.keep(PATH, NOON.minusSeconds(3600));

    assertThat(links.release(seen)).isFalse();
    assertThat(links.list()).containsExactly(new Kept(PATH, NOON.minusSeconds(3600)));
    assertThat(links.release(links.list().getFirst())).isTrue();
    assertThat(links.list()).isEmpty();
  }

  @Test
  void a_link_can_be_kept_again_at_once_whoever_let_go_of_it() throws Exception {
    assertThat(links.keep(PATH, NOON)).isTrue();
    assertThat(links.keep(PATH, NOON)).isFalse();
    assertThat(links.release(new Kept(PATH, NOON))).isTrue();
    assertThat(links.release(new Kept(PATH, NOON))).isFalse();
    assertThat(links.keep(PATH, NOON)).isTrue();
    assertThat(folder.path()).isDirectoryContaining(link -> link.endsWith(PATH.baseName()));
  }
}
