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
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
    return Planner.plan(source, destination, List.of(wanted), PlanRules.ALL);
  }

  private static List<StorePath> missing(UploadPlan plan) {
    return IntStream.range(0, plan.missing()).mapToObj(plan::path).toList();
  }

  @Test
  void references_come_before_their_referrers() throws Exception {
    var libc = source.add("libc");
    var zlib = source.add("zlib", libc);
    var app = source.add("app", zlib, libc);
    var plan = plan(app);
    assertThat(missing(plan)).containsExactly(libc, zlib, app);
    assertThat(plan.bytes())
        .isEqualTo(missing(plan).stream().mapToLong(path -> source.info(path).narSize()).sum());
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
    Planner.plan(source, destination, List.of(libc), new PlanRules(Filter.NONE, true, Set.of()));
    assertThat(destination.substitutes).containsExactly(true);
  }

  @Test
  void a_path_may_refer_to_itself() throws Exception {
    var libc = source.addSelfReferring("libc");
    var plan = plan(libc);
    assertThat(missing(plan)).containsExactly(libc);
    assertThat(plan.references(0)).isEmpty();
    assertThat(plan.awaited(libc)).containsExactly(0);
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
  void what_is_alike_by_its_name_follows_each_other() throws Exception {
    var one = source.add("python-1.0");
    var bash = source.add("bash");
    var two = source.add("python-2.0");
    var lib = source.add("libpython");
    var app = source.add("app", two, lib, bash, one);

    assertThat(missing(plan(app))).containsExactly(bash, lib, one, two, app);
  }

  @Test
  void a_wanted_path_that_is_not_valid_here_is_gone_and_holds_up_nobody() throws Exception {
    var libc = source.add("libc");
    var gone = Paths.path("gone");
    var plan = plan(gone, libc);
    assertThat(plan.gone()).containsExactly(gone);
    assertThat(plan.wanted()).containsExactly(libc);
    assertThat(missing(plan)).containsExactly(libc);
    assertThatThrownBy(() -> plan.first(gone)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_path_whose_reference_is_gone_is_gone_too_and_nothing_is_sent_for_it() throws Exception {
    var libc = source.add("libc");
    var zlib = source.add("zlib");
    var app = source.add("app", libc, zlib);
    source.collect(zlib);
    var plan = plan(app);
    assertThat(plan.gone()).containsExactly(app);
    assertThat(plan.missing()).isZero();
  }

  @Test
  void a_wanted_path_waits_for_itself_and_says_where_its_closure_begins() throws Exception {
    var libc = source.add("libc");
    var zlib = source.add("zlib", libc);
    var app = source.add("app", zlib);
    var other = source.add("other");
    var there = source.add("there");
    destination.valid.addAll(Set.of(libc, there));
    var plan = plan(app, zlib, other, there);
    assertThat(missing(plan)).containsExactly(zlib, app, other);
    assertThat(List.of(plan.first(zlib), plan.first(app), plan.first(other)))
        .containsExactly(0, 0, 2);
    assertThat(plan.awaited(zlib)).containsExactly(0);
    assertThat(plan.awaited(app)).containsExactly(1);
    assertThat(plan.references(1)).containsExactly(0);
    assertThat(plan.awaited(other)).containsExactly(2);
    assertThat(plan.isThere(there)).isTrue();
    assertThat(plan.isThere(app)).isFalse();
  }

  @Test
  void what_is_missing_below_a_path_that_is_there_is_waited_for_too() throws Exception {
    var libc = source.add("libc");
    var ssl = source.add("ssl");
    var curl = source.add("curl", libc, ssl);
    var app = source.add("app", curl);
    destination.valid.add(curl);
    var plan = plan(curl, app);
    assertThat(missing(plan)).containsExactlyInAnyOrder(libc, ssl, app);
    assertThat(plan.isThere(curl)).isFalse();
    assertThat(plan.awaited(curl)).containsExactly(0, 1);
    assertThat(plan.references(2)).containsExactly(0, 1);
    assertThat(plan.awaited(app)).containsExactly(2);
  }

  @Test
  void wanted_paths_that_are_there_whole_are_known_references_first() throws Exception {
    var libc = source.add("libc");
    var zlib = source.add("zlib", libc);
    var app = source.add("app", zlib);
    var other = source.add("other", libc);
    destination.valid.addAll(Set.of(libc, zlib, app));
    var plan = plan(app, other, zlib);
    assertThat(plan.arrived()).containsExactly(source.info(zlib), source.info(app));
  }

  // ── Filters ────────────────────────────────────────────────────────────────────────────────

  private static List<Pattern> patterns(String... regexes) {
    return Stream.of(regexes).map(Pattern::compile).toList();
  }

  private UploadPlan plan(Filter filter, StorePath... wanted) throws IOException {
    return Planner.plan(
        source, destination, List.of(wanted), new PlanRules(filter, false, Set.of()));
  }

  @Test
  void an_excluded_path_is_left_out_with_the_rule_as_it_was_written() throws Exception {
    var app = source.add("app-1.0");
    var sources = source.add("app-1.0-source");
    var filter = new Filter(List.of(), patterns("^x", "-source$"), OptionalLong.empty(), false);
    var plan = plan(filter, app, sources);
    assertThat(missing(plan)).containsExactly(app);
    assertThat(plan.leftOut())
        .isEqualTo(Map.of(sources, "filter.exclude: \"-source$\" is found in its name"));
    assertThat(plan.wanted()).containsExactly(app);
  }

  @Test
  void a_regex_is_looked_for_anywhere_in_the_name_and_never_in_the_hash() throws Exception {
    var firefox = source.add("firefox-unwrapped-128");
    var app = source.add("app");
    var filter = new Filter(patterns("unwrapped"), List.of(), OptionalLong.empty(), false);
    assertThat(plan(filter, firefox, app).leftOut()).containsOnlyKeys(app);
    var byHash =
        new Filter(
            List.of(), patterns(app.hashPart().substring(0, 8)), OptionalLong.empty(), false);
    assertThat(plan(byHash, app).leftOut()).isEmpty();
  }

  @Test
  void exclude_wins_over_include() throws Exception {
    var doc = source.add("app-doc");
    var filter = new Filter(patterns("^app"), patterns("-doc$"), OptionalLong.empty(), false);
    assertThat(plan(filter, doc).leftOut().get(doc)).startsWith("filter.exclude");
  }

  @Test
  void a_path_that_is_too_big_is_left_out_and_one_just_small_enough_is_not() throws Exception {
    var small = source.add("small", new byte[1000]);
    var big = source.add("big", new byte[1008]);
    var limit = source.info(small).narSize();
    var filter = new Filter(List.of(), List.of(), OptionalLong.of(limit), false);
    var plan = plan(filter, small, big);
    assertThat(missing(plan)).containsExactly(small);
    assertThat(plan.leftOut().get(big))
        .isEqualTo(
            "filter.max-nar-size: it has %d bytes, allowed are %d"
                .formatted(source.info(big).narSize(), limit));
  }

  @Test
  void a_content_addressed_path_is_left_out_where_that_is_wanted() throws Exception {
    var fetched = source.addContentAddressed("fetched");
    var built = source.add("built");
    var filter = new Filter(List.of(), List.of(), OptionalLong.empty(), true);
    assertThat(plan(filter, fetched, built).leftOut())
        .isEqualTo(Map.of(fetched, "filter.skip-fixed-output: it is content-addressed"));
    assertThat(plan(fetched, built).leftOut()).isEmpty();
  }

  @Test
  void a_path_that_is_left_out_travels_where_a_wanted_one_refers_to_it() throws Exception {
    var libc = source.add("libc");
    var fetched = source.addContentAddressed("app-source", libc);
    var app = source.add("app", fetched);
    var filter = new Filter(List.of(), patterns("-source$"), OptionalLong.of(1 << 20), true);
    var plan = plan(filter, fetched, app);
    assertThat(missing(plan)).containsExactly(libc, fetched, app);
    assertThat(plan.leftOut()).containsOnlyKeys(fetched);
  }

  @Test
  void nothing_is_asked_for_the_sake_of_what_is_left_out_by_name() throws Exception {
    var sources = source.add("a-source", source.add("libc"));
    var plan =
        plan(new Filter(List.of(), patterns("source"), OptionalLong.empty(), false), sources);
    assertThat(plan.missing()).isZero();
    assertThat(source.questions()).isZero();
    assertThat(destination.substitutes).isEmpty();
  }

  @Test
  void a_path_that_is_gone_is_gone_though_a_size_would_leave_it_out() throws Exception {
    var gone = Paths.path("gone");
    var filter = new Filter(List.of(), List.of(), OptionalLong.of(1), true);
    assertThat(plan(filter, gone).gone()).containsExactly(gone);
  }

  @Test
  void what_others_have_signed_is_added_up_and_what_we_built_or_signed_is_not() throws Exception {
    var cached = source.addSigned("cached", false, "cache.nixos.org-1");
    var twice = source.addSigned("twice", false, "ours-1", "other-1");
    var ours = source.addSigned("ours", false, "ours-1");
    var built = source.addSigned("built", true, "cache.nixos.org-1");
    var there = source.addSigned("there", false, "cache.nixos.org-1");
    destination.valid.add(there);
    var plan =
        Planner.plan(
            source,
            destination,
            List.of(cached, twice, ours, built, there),
            new PlanRules(Filter.NONE, false, Set.of("ours-1")));
    assertThat(plan.signedElsewhere())
        .isEqualTo(
            new UploadPlan.SignedElsewhere(
                source.info(cached).narSize() + source.info(twice).narSize(),
                Set.of("cache.nixos.org-1", "other-1")));
  }

  // ── Large closures ─────────────────────────────────────────────────────────────────────────

  @Test
  void path_infos_are_kept_of_small_closures_only() throws Exception {
    var app = source.add("app", source.add("libc"));
    assertThat(plan(app).info(1)).contains(source.info(app));
    var leaves = new ArrayList<StorePath>();
    for (var i = 0; i < Closure.KEPT_INFOS; i++) {
      leaves.add(source.add("leaf" + i));
    }
    var large = source.add("large", leaves.toArray(StorePath[]::new));
    var plan = plan(large);
    assertThat(IntStream.range(0, plan.missing()).mapToObj(plan::info)).allMatch(Optional::isEmpty);
    assertThat(plan.narSize(0)).isEqualTo(source.info(plan.path(0)).narSize());
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
    assertThat(plan.missing()).isEqualTo(20_000);
    assertThat(missing(plan).getFirst()).isEqualTo(Paths.path("p0"));
  }

  @Test
  void a_wide_closure_takes_few_questions() throws Exception {
    var leaves = new ArrayList<StorePath>();
    for (var i = 0; i < 5000; i++) {
      leaves.add(source.add("leaf" + i));
    }
    var app = source.add("app", leaves.toArray(StorePath[]::new));
    assertThat(plan(app).missing()).isEqualTo(5001);
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
