package io.hookq.daemon.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.hookq.daemon.planner.MemoryStore;
import io.hookq.daemon.queue.Paths;
import io.hookq.store.Derivation;
import io.hookq.store.DrvOutput;
import io.hookq.store.Realisation;
import io.hookq.store.SourceReadException;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

final class RealisationsTest {
  private final MemoryStore store = new MemoryStore();
  private final BuiltChain chain = new BuiltChain(store);
  private final Realisations realisations = new Realisations(store);

  private List<DrvOutput> of(StorePath path, Predicate<StorePath> there) throws IOException {
    return realisations.of(store.info(path), there).stream().map(Realisation::id).toList();
  }

  private List<DrvOutput> of(StorePath path) throws IOException {
    return of(path, _ -> true);
  }

  @Test
  void an_output_whose_inputs_were_known_has_one() throws IOException {
    var a = chain.build("a");
    assertThat(realisations.of(store.info(a.path()), _ -> true)).containsExactly(a.written());
  }

  @Test
  void an_output_that_was_resolved_has_two_and_what_they_depend_on_comes_first()
      throws IOException {
    var a = chain.build("a");
    var b = chain.build("b", a);
    assertThat(of(b.path()))
        .containsExactlyInAnyOrder(a.written().id(), b.written().id(), b.resolved().id())
        .containsSubsequence(a.written().id(), b.written().id());
  }

  @Test
  void of_a_chain_each_comes_behind_all_that_it_depends_on_and_once() throws IOException {
    var a = chain.build("a");
    var b = chain.build("b", a);
    var c = chain.build("c", a, b);
    var d = chain.build("d", b, c);
    assertThat(of(d.path()))
        .doesNotHaveDuplicates()
        .containsSubsequence(a.written().id(), b.written().id(), c.written().id(), d.written().id())
        .contains(d.resolved().id());
  }

  @Test
  void what_is_not_there_then_is_left_out_with_what_depends_on_it() throws IOException {
    var a = chain.build("a");
    var b = chain.build("b", a);
    assertThat(of(b.path(), path -> !path.equals(a.path()))).containsExactly(b.resolved().id());
    assertThat(of(b.path(), path -> !path.equals(b.path()))).containsExactly(a.written().id());
  }

  @Test
  void a_long_chain_is_no_deep_one() throws IOException {
    var last = chain.build("link0");
    for (var i = 1; i < 2000; i++) {
      last = chain.build("link" + i, last);
    }
    assertThat(of(last.path())).hasSize(2001);
  }

  @Test
  void the_store_is_not_asked_for_realisations_of_what_has_none() throws IOException {
    var plain = store.add("plain");
    var source = store.addContentAddressed("source");
    var fetched = Paths.path("fetched");
    var fetching = Paths.path("fetched.drv");
    store.addDerivation(
        fetching, derivation(new Derivation.Output(Optional.of(fetched), "r:sha256", "12ab")));
    store.addBuilt("fetched", fetching);
    store.addDerivation(
        Paths.path("impure.drv"),
        derivation(new Derivation.Output(Optional.empty(), "r:sha256", "impure")));
    var impure = store.addBuilt("impure", Paths.path("impure.drv"));
    var orphan = store.addBuilt("orphan", Paths.path("collected.drv"));
    for (var path : List.of(plain, source, fetched, impure, orphan)) {
      assertThat(of(path)).as("%s", path).isEmpty();
    }
    assertThat(store.realisationQuestions()).isZero();
  }

  private static Derivation derivation(Derivation.Output output) {
    return new Derivation(
        Map.of("out", output), Map.of(), Set.of(), "x", "/b", List.of(), Map.of());
  }

  @Test
  void an_output_that_came_to_another_path_since_is_not_told_of_this_one() throws IOException {
    var a = chain.build("a");
    var other = store.addContentAddressed("elsewhere");
    store.realise(
        new Realisation(
            a.written().id(), a.written().derivation(), other, new TreeMap<>(), List.of()));
    assertThat(of(a.path())).isEmpty();
  }

  @Test
  void what_was_written_is_found_by_an_input_that_was_resolved_too() throws IOException {
    var a = chain.build("a");
    var b = chain.build("b", a);
    var c = chain.build("c", b);
    assertThat(of(c.path())).contains(c.written().id(), c.resolved().id());
  }

  @Test
  void a_written_derivation_that_was_collected_costs_its_realisation_alone() throws IOException {
    var a = chain.build("a");
    var b = chain.build("b", a);
    store.collect(b.derivation());
    assertThat(of(b.path())).containsExactly(b.resolved().id());
  }

  @Test
  void an_input_derivation_that_is_missing_is_told_and_the_next_path_is_found() throws IOException {
    var a = chain.build("a");
    var input = Paths.path("input.drv");
    var derivation =
        new Derivation(
            Map.of("out", new Derivation.Output(Optional.empty(), "r:sha256", "")),
            Map.of(input, Set.of("out")),
            Set.of(),
            "x",
            "/b",
            List.of(),
            Map.of());
    store.addDerivation(Paths.path("b.drv"), derivation);
    var b = store.addBuilt("b", Paths.path("b.drv"));
    assertThatIOException()
        .isThrownBy(() -> of(b))
        .isInstanceOf(SourceReadException.class)
        .withMessageContaining(input.toString());
    assertThat(of(a.path())).hasSize(1);
  }

  @Test
  void a_deriver_that_is_no_derivation_by_name_is_none() throws IOException {
    var odd = Paths.path("b");
    store.addDerivation(odd, derivation(new Derivation.Output(Optional.empty(), "r:sha256", "")));
    assertThat(of(store.addBuilt("a", odd))).isEmpty();
  }
}
