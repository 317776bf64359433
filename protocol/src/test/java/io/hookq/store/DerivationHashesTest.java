package io.hookq.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.hookq.serve.StoreObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Against the texts that are hashed, written by hand; a real Nix checks the whole elsewhere. */
final class DerivationHashesTest {
  private final Map<StorePath, Derivation> derivations = new HashMap<>();
  private final List<StorePath> read = new ArrayList<>();
  private final DerivationHashes hashes = new DerivationHashes(StoreDir.DEFAULT, this::read);

  private Derivation read(StorePath path) throws IOException {
    read.add(path);
    var derivation = derivations.get(path);
    if (derivation == null) {
      throw new SourceReadException("not valid: " + path);
    }
    return derivation;
  }

  private StorePath add(String name, Derivation derivation) {
    var path = StoreObject.path(name + ".drv");
    derivations.put(path, derivation);
    return path;
  }

  private static Derivation derivation(
      Derivation.Output output, Map<StorePath, Set<String>> inputs) {
    return new Derivation(
        Map.of("out", output),
        new TreeMap<>(inputs),
        Set.of(),
        "x",
        "/b",
        List.of("-c", "a \"b\"\n"),
        new TreeMap<>(Map.of("out", output.path().map(StoreDir.DEFAULT::print).orElse(""))));
  }

  private static Derivation floating(Map<StorePath, Set<String>> inputs) {
    return derivation(new Derivation.Output(Optional.empty(), "r:sha256", ""), inputs);
  }

  private static Derivation addressed(StorePath path, Map<StorePath, Set<String>> inputs) {
    return derivation(new Derivation.Output(Optional.of(path), "", ""), inputs);
  }

  private static Derivation fixed(StorePath path, String url) {
    return new Derivation(
        Map.of("out", new Derivation.Output(Optional.of(path), "sha256", "12ab")),
        Map.of(),
        Set.of(),
        "x",
        "/b",
        List.of(),
        new TreeMap<>(Map.of("url", url)));
  }

  private static String sha256(String text) {
    return StoreObject.hash(text.getBytes(UTF_8)).base16();
  }

  /** The text of the derivations here. */
  private static String text(String output, String kind, String inputs) {
    return "Derive([(\"out\",\"%s\",\"%s\",\"\")],[%s],[],\"x\",\"/b\",[\"-c\",\"a \\\"b\\\"\\n\"],[(\"out\",\"%s\")])"
        .formatted(output, kind, inputs, output);
  }

  @Test
  void what_is_hashed_is_the_text_of_the_derivation() throws IOException {
    assertThat(hashes.of(floating(Map.of()))).isEqualTo(sha256(text("", "r:sha256", "")));
  }

  @Test
  void the_paths_of_its_own_outputs_are_taken_out_and_those_of_inputs_are_not() throws IOException {
    var below = StoreObject.path("below");
    var input = add("below", addressed(below, Map.of()));
    var hash = sha256(text("/nix/store/" + below, "", ""));
    assertThat(hashes.of(addressed(StoreObject.path("top"), Map.of(input, Set.of("out")))))
        .isEqualTo(sha256(text("", "", "(\"%s\",[\"out\"])".formatted(hash))));
  }

  @Test
  void of_a_fixed_output_its_hash_and_path_count_and_not_how_it_is_fetched() throws IOException {
    var path = StoreObject.path("source");
    var here = add("here", fixed(path, "http://here"));
    var there = add("there", fixed(path, "http://there"));
    var hash = sha256("fixed:out:sha256:12ab:/nix/store/" + path);
    assertThat(hashes.of(fixed(path, "http://elsewhere"))).isEqualTo(hash);
    var oneOfBoth = sha256(text("", "r:sha256", "(\"%s\",[\"dev\",\"out\"])".formatted(hash)));
    assertThat(hashes.of(floating(Map.of(here, Set.of("out"), there, Set.of("dev")))))
        .isEqualTo(oneOfBoth);
  }

  @Test
  void inputs_are_sorted_by_their_hash() throws IOException {
    var inputs = new TreeMap<StorePath, Set<String>>();
    var known = new ArrayList<String>();
    for (var i = 0; i < 20; i++) {
      var path = StoreObject.path("in" + i);
      inputs.put(add("in" + i, addressed(path, Map.of())), Set.of("out"));
      known.add("(\"%s\",[\"out\"])".formatted(sha256(text("/nix/store/" + path, "", ""))));
    }
    assertThat(hashes.of(floating(inputs)))
        .isEqualTo(
            sha256(text("", "r:sha256", String.join(",", known.stream().sorted().toList()))));
  }

  @Test
  void a_chain_may_be_long_and_each_link_is_read_once() throws IOException {
    var top = add("link0", addressed(StoreObject.path("link0"), Map.of()));
    for (var i = 1; i < 3000; i++) {
      top = add("link" + i, addressed(StoreObject.path("l" + i), Map.of(top, Set.of("out"))));
    }
    var hash = hashes.of(floating(Map.of(top, Set.of("out"))));
    assertThat(hashes.of(floating(Map.of(top, Set.of("out"))))).isEqualTo(hash);
    assertThat(read).hasSize(3000).doesNotHaveDuplicates();
  }

  @Test
  void a_circle_and_a_missing_derivation_are_told_and_leave_it_good() throws IOException {
    var one = StoreObject.path("one.drv");
    var other = add("other", floating(Map.of(one, Set.of("out"))));
    assertThatIOException()
        .isThrownBy(() -> hashes.of(floating(Map.of(other, Set.of("out")))))
        .isInstanceOf(SourceReadException.class)
        .withMessageContaining(one.toString());
    derivations.put(one, floating(Map.of(other, Set.of("out"))));
    assertThatIOException()
        .isThrownBy(() -> hashes.of(floating(Map.of(other, Set.of("out")))))
        .withMessageContaining("is an input of itself");
    derivations.put(one, floating(Map.of()));
    var input = sha256(text("", "r:sha256", ""));
    var between = sha256(text("", "r:sha256", "(\"%s\",[\"out\"])".formatted(input)));
    assertThat(hashes.of(floating(Map.of(other, Set.of("out")))))
        .isEqualTo(sha256(text("", "r:sha256", "(\"%s\",[\"out\"])".formatted(between))));
  }
}
