package io.hookq.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PathInfoTest {
  private static final NarHash HASH =
      NarHash.parse("0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73");
  private static final StorePath A = new StorePath("0".repeat(32) + "-a");
  private static final StorePath B = new StorePath("0".repeat(32) + "-b");
  private static final StorePath C = new StorePath("1".repeat(32) + "-c");

  @Test
  void references_are_a_sorted_set() {
    var info = PathInfo.of(B, HASH, 96, List.of(C, B, A, C));
    assertThat(info.references()).containsExactly(A, B, C);
    assertThat(info.otherReferences()).containsExactly(A, C);
  }

  @Test
  void signatures_are_a_sorted_set() {
    var first = new Signature("a", "QUJD");
    var second = new Signature("b", "QUJD");
    var info =
        new PathInfo(
            A,
            HASH,
            96,
            List.of(),
            Optional.empty(),
            0,
            false,
            List.of(second, first, second),
            Optional.of(new ContentAddress("text:sha256:x")));
    assertThat(info.signatures()).containsExactly(first, second);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE})
  void a_size_that_is_not_known_is_refused(long size) {
    assertThatThrownBy(() -> PathInfo.of(A, HASH, size, List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(A.baseName());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"text:sha256:x", "fixed:sha256:x", "fixed:r:sha256:x", "fixed:git:sha1:x"})
  void a_content_address_is_kept_as_it_is(String text) {
    assertThat(new ContentAddress(text)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "sha256:x", "Text:sha256:x"})
  void a_content_address_names_its_method(String text) {
    assertThatThrownBy(() -> new ContentAddress(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
