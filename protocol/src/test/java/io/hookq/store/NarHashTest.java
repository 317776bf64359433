package io.hookq.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class NarHashTest {
  static Stream<List<String>> sha256() {
    return Vectors.table("hash/nix32.tsv").filter(row -> row.get(0).equals("sha256"));
  }

  static Stream<List<String>> others() {
    return Vectors.table("hash/nix32.tsv").filter(row -> !row.get(0).equals("sha256"));
  }

  @ParameterizedTest
  @MethodSource("sha256")
  void every_spelling_is_the_same_hash(List<String> row) {
    var base16 = row.get(2);
    var nix32 = row.get(3);
    var sri = row.get(4);
    var base64 = sri.substring("sha256-".length());
    var hash = NarHash.of(HexFormat.of().parseHex(base16));
    assertThat(
            Stream.of(
                    base16,
                    base16.toUpperCase(Locale.ROOT),
                    "sha256:" + base16,
                    nix32,
                    "sha256:" + nix32,
                    base64,
                    "sha256:" + base64,
                    sri)
                .map(NarHash::parse))
        .containsOnly(hash);
    assertThat(hash.base16()).isEqualTo(base16);
    assertThat(hash.prefixedNix32()).isEqualTo("sha256:" + nix32);
    assertThat(hash).hasToString("sha256:" + nix32);
  }

  @ParameterizedTest
  @MethodSource("others")
  void another_algorithm_is_refused(List<String> row) {
    for (var text : List.of(row.get(2), row.get(0) + ":" + row.get(2), row.get(3), row.get(4))) {
      assertThatThrownBy(() -> NarHash.parse(text))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("not a SHA-256 hash");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "sha256:",
        "sha256-",
        "sha256:sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73",
        "g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85",
        "2zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
        "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
        "sha256-47DEQpj8HBSa_/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF==",
        "SHA256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
      })
  void what_is_no_hash_is_refused(String text) {
    assertThatThrownBy(() -> NarHash.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
        "e3b0",
        "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73"
      })
  void there_is_one_spelling_inside(String base16) {
    assertThatThrownBy(() -> new NarHash(base16)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 1_000_000})
  void a_refusal_quotes_no_control_characters_and_not_everything(int length) {
    assertThatThrownBy(() -> NarHash.parse("\n".repeat(length)))
        .message()
        .doesNotContain("\n")
        .hasSizeLessThan(200);
  }
}
