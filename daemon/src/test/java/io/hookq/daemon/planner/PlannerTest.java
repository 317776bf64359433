package io.hookq.daemon.planner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hookq.daemon.queue.Paths;
import io.hookq.store.DestinationStore;
import io.hookq.store.NarSource;
import io.hookq.store.PathInfo;
import io.hookq.store.SourceReadException;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class PlannerTest {
  private final MemoryStore source = new MemoryStore();
  private final Answering destination = new Answering();

  /** A destination that only says what it has. */
  private static final class Answering implements DestinationStore {
    private final Set<StorePath> valid = new HashSet<>();
    private final List<Boolean> substitutes = new ArrayList<>();

    @Override
    public String protocol() {
      return "memory";
    }

    @Override
    public Set<StorePath> queryValid(Collection<StorePath> paths, boolean substitute) {
      substitutes.add(substitute);
      var answer = new HashSet<>(paths);
      answer.retainAll(valid);
      return answer;
    }

    @Override
    public void add(PathInfo info, NarSource nar, AddListener listener) {
      throw new AssertionError("a planner adds nothing");
    }

    @Override
    public void drain() {}

    @Override
    public void close() {}
  }

  private UploadPlan plan(StorePath... wanted) throws IOException {
    return Planner.plan(source, destination, List.of(wanted), false);
  }

  private static List<StorePath> missing(UploadPlan plan) {
    return plan.missingInOrder().stream().map(PathInfo::path).toList();
  }

  @Test
  void references_come_before_their_referrers() throws Exception {
    var libc = source.add("libc");
    var zlib = source.add("zlib", libc);
    var app = source.add("app", zlib, libc);
    var plan = plan(app);
    assertThat(missing(plan)).containsExactly(libc, zlib, app);
    assertThat(plan.bytes())
        .isEqualTo(plan.missingInOrder().stream().mapToLong(PathInfo::narSize).sum());
    assertThat(plan.gone()).isEmpty();
  }

  @Test
  void what_is_valid_there_is_left_out_by_one_question() throws Exception {
    var libc = source.add("libc");
    var zlib = source.add("zlib", libc);
    var app = source.add("app", zlib, libc);
    destination.valid.add(libc);
    assertThat(missing(plan(app, zlib))).containsExactly(zlib, app);
    assertThat(destination.substitutes).containsExactly(false);
  }

  @Test
  void the_far_side_is_told_whether_it_may_substitute() throws Exception {
    var libc = source.add("libc");
    Planner.plan(source, destination, List.of(libc), true);
    assertThat(destination.substitutes).containsExactly(true);
  }

  @Test
  void a_path_may_refer_to_itself() throws Exception {
    var libc = source.addSelfReferring("libc");
    var plan = plan(libc);
    assertThat(missing(plan)).containsExactly(libc);
    assertThat(plan.span(libc)).isEqualTo(new UploadPlan.Span(0, 0));
  }

  @Test
  void the_order_is_the_same_each_time() throws Exception {
    var leaves = new ArrayList<StorePath>();
    for (var i = 0; i < 50; i++) {
      leaves.add(source.add("leaf" + i));
    }
    var app = source.add("app", leaves.toArray(StorePath[]::new));
    assertThat(missing(plan(app))).isEqualTo(missing(plan(app)));
  }

  @Test
  void a_wanted_path_that_is_not_valid_here_is_gone_and_holds_up_nobody() throws Exception {
    var libc = source.add("libc");
    var gone = Paths.path("gone");
    var plan = plan(gone, libc);
    assertThat(plan.gone()).containsExactly(gone);
    assertThat(plan.wanted()).containsExactly(libc);
    assertThat(missing(plan)).containsExactly(libc);
    assertThatThrownBy(() -> plan.span(gone)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_path_whose_reference_is_gone_is_gone_too_and_nothing_is_sent_for_it() throws Exception {
    var libc = source.add("libc");
    var zlib = source.add("zlib");
    var app = source.add("app", libc, zlib);
    source.collect(zlib);
    var plan = plan(app);
    assertThat(plan.gone()).containsExactly(app);
    assertThat(plan.missingInOrder()).isEmpty();
  }

  @Test
  void spans_say_which_missing_paths_a_wanted_path_waits_for() throws Exception {
    var libc = source.add("libc");
    var zlib = source.add("zlib", libc);
    var app = source.add("app", zlib);
    var other = source.add("other");
    var there = source.add("there");
    destination.valid.addAll(Set.of(libc, there));
    var plan = plan(app, zlib, other, there);
    assertThat(missing(plan)).containsExactly(zlib, app, other);
    assertThat(plan.span(zlib)).isEqualTo(new UploadPlan.Span(0, 0));
    assertThat(plan.span(app)).isEqualTo(new UploadPlan.Span(0, 1));
    assertThat(plan.span(other)).isEqualTo(new UploadPlan.Span(2, 2));
    assertThat(plan.span(there).isEmpty()).isTrue();
  }

  @Test
  void dependants_of_a_suspect_are_all_that_need_it_however_indirectly() throws Exception {
    var libc = source.add("libc");
    var zlib = source.add("zlib", libc);
    var app = source.add("app", zlib);
    var other = source.add("other", libc);
    var plan = plan(app, other);
    assertThat(plan.dependants(zlib)).containsExactlyInAnyOrder(zlib, app);
    assertThat(plan.dependants(libc)).containsExactlyInAnyOrder(libc, zlib, app, other);
  }

  @Test
  void a_long_chain_is_walked_without_deep_recursion_and_level_by_level() throws Exception {
    var last = source.add("p0");
    for (var i = 1; i < 20_000; i++) {
      last = source.add("p" + i, last);
    }
    var plan = plan(last);
    assertThat(plan.missingInOrder()).hasSize(20_000);
    assertThat(missing(plan).getFirst()).isEqualTo(Paths.path("p0"));
  }

  @Test
  void a_wide_closure_takes_few_questions() throws Exception {
    var leaves = new ArrayList<StorePath>();
    for (var i = 0; i < 5000; i++) {
      leaves.add(source.add("leaf" + i));
    }
    var app = source.add("app", leaves.toArray(StorePath[]::new));
    assertThat(plan(app).missingInOrder()).hasSize(5001);
    assertThat(source.questions()).isLessThanOrEqualTo(6);
  }

  @Test
  void a_source_that_does_not_answer_is_told_apart_from_the_destination() {
    var libc = source.add("libc");
    source.dead(true);
    assertThatThrownBy(() -> plan(libc))
        .isInstanceOf(SourceReadException.class)
        .hasMessageContaining("no answer from the daemon");
  }
}
