package io.hookq.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class StorePathTest {
  static Stream<List<String>> names() {
    return Vectors.table("hash/store-path-names.tsv");
  }

  @ParameterizedTest
  @MethodSource("names")
  void a_name_is_valid_where_the_newest_nix_says_so(List<String> row) {
    var name = row.get(0).equals("(empty)") ? "" : row.get(0);
    // Only Nix 2.35.2 and later, newer than those in the table, look at the dash.
    var dash = name.length() > 32 && name.charAt(32) == '-';
    if (row.get(4).equals("ok") && dash) {
      assertThat(new StorePath(name)).hasToString(name);
    } else {
      assertThatThrownBy(() -> new StorePath(name)).isInstanceOf(InvalidStorePathException.class);
    }
  }

  @Test
  void a_derivation_is_known_by_its_name() {
    assertThat(new StorePath("0".repeat(32) + "-a.drv").isDerivation()).isTrue();
    assertThat(new StorePath("0".repeat(32) + "-drv").isDerivation()).isFalse();
  }

  @Test
  void paths_are_ordered_by_hash_part_before_name() {
    var first = new StorePath("0".repeat(32) + "-z");
    var second = new StorePath("1" + "0".repeat(31) + "-a");
    assertThat(first).isLessThan(second).isLessThan(new StorePath("0".repeat(32) + "-zz"));
  }

  @Test
  void by_name_what_is_alike_comes_together_whatever_its_hash_part() {
    var a = "a".repeat(StorePath.HASH_PART_LENGTH);
    var b = "b".repeat(StorePath.HASH_PART_LENGTH);
    var ordered =
        Stream.of(b + "-lib", a + "-lib-1", b + "-lib-1", a + "-libz", a + "-zlib")
            .map(StorePath::new)
            .toList();

    assertThat(ordered.reversed().stream().sorted(StorePath.BY_NAME)).isEqualTo(ordered);
  }

  @Test
  void a_refusal_quotes_no_control_characters_and_not_everything() {
    assertThatThrownBy(() -> new StorePath("\u001b[31m" + "x".repeat(10_000)))
        .hasMessageStartingWith("not a store path: '?[31mxxx")
        .message()
        .hasSizeLessThan(400);
  }
}
