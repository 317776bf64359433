package io.hookq.daemon.planner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hookq.store.ContentAddress;
import io.hookq.store.PathInfo;
import io.hookq.store.Signature;
import io.hookq.store.SourceReadException;
import io.hookq.store.StorePath;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class BuiltHereTest {
  private final MemoryStore store = new MemoryStore();

  private StorePath add(
      String name, boolean ultimate, boolean deriver, boolean signed, boolean addressed) {
    var path = store.add(name);
    store.change(
        path,
        info ->
            new PathInfo(
                path,
                info.narHash(),
                info.narSize(),
                info.references(),
                deriver ? Optional.of(store.add(name + "-from.drv")) : Optional.empty(),
                1,
                ultimate,
                signed ? List.of(new Signature("key-1", "AAAA")) : List.of(),
                addressed
                    ? Optional.of(new ContentAddress("fixed:r:" + info.narHash().prefixedNix32()))
                    : Optional.empty()));
    return path;
  }

  private List<StorePath> found(boolean remoteBuilt) throws SourceReadException {
    var found = new ArrayList<StorePath>();
    BuiltHere.find(store, remoteBuilt, info -> found.add(info.path()));
    return found;
  }

  @Test
  void what_was_built_here_is_told_from_sources_and_what_was_substituted() throws Exception {
    var built = add("built", true, true, false, false);
    var signedHere = add("signed-here", true, true, true, false);
    var remote = add("remote", false, true, false, false);
    add("substituted", false, true, true, false);
    add("fetched", true, true, false, true);
    add("copied", false, false, false, false);
    add("x.drv", true, false, false, false);
    assertThat(found(false)).containsExactlyInAnyOrder(built, signedHere);
    assertThat(found(true)).containsExactlyInAnyOrder(built, signedHere, remote);
  }

  @Test
  void it_asks_in_questions_and_counts_all_that_is_valid() throws Exception {
    for (var i = 0; i < 2_500; i++) {
      add("built" + i, true, false, false, false);
    }
    assertThat(BuiltHere.find(store, false, _ -> {})).isEqualTo(2_500);
    assertThat(store.questions()).isEqualTo(3);
    assertThat(found(false)).hasSize(2_500).doesNotHaveDuplicates();
  }

  @Test
  void a_store_that_does_not_answer_says_so() {
    store.dead(true);
    assertThatExceptionOfType(SourceReadException.class)
        .isThrownBy(() -> found(false))
        .withMessageStartingWith("the source store does not answer: ");
  }

  @Test
  void a_filter_leaves_out_by_name_and_by_size() {
    var info = store.info(store.add("thing-source"));
    var byName =
        new Filter(List.of(), List.of(Pattern.compile("-source$")), OptionalLong.empty(), false);
    var bySize = new Filter(List.of(), List.of(), OptionalLong.of(info.narSize() - 1), false);
    assertThat(byName.leavesOut(info)).isTrue();
    assertThat(bySize.leavesOut(info)).isTrue();
    assertThat(Filter.NONE.leavesOut(info)).isFalse();
  }
}
