package io.hookq.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SignatureTest {
  static Stream<String> signaturesByNix() {
    return Vectors.table("sign/fingerprints.tsv")
        .map(row -> row.get(2))
        .filter(signatures -> !signatures.isEmpty())
        .flatMap(signatures -> Stream.of(signatures.split(" ", -1)));
  }

  @ParameterizedTest
  @MethodSource("signaturesByNix")
  void a_signature_is_printed_as_it_was_read(String text) {
    var signature = Signature.parse(text).orElseThrow();
    assertThat(signature).hasToString(text);
    assertThat(signature.keyName()).startsWith("hookq-test-");
    assertThat(Base64.getDecoder().decode(signature.base64())).hasSize(64);
  }

  @Test
  void the_name_ends_at_the_first_colon() {
    assertThat(Signature.parse("cache.example.org-1:QUJD"))
        .contains(new Signature("cache.example.org-1", "QUJD"));
    assertThat(Signature.parse("a:b:QUJD")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ":", "name", "name:", ":QUJD", "name:====", "name:QU JD", "name:*"})
  void what_newer_nix_would_end_the_connection_over_is_left_out(String text) {
    assertThat(Signature.parse(text)).isEmpty();
  }

  @Test
  void none_can_be_made_that_could_not_be_read() {
    for (var name : List.of("", "a:b")) {
      assertThatThrownBy(() -> new Signature(name, "QUJD"))
          .isInstanceOf(IllegalArgumentException.class);
    }
    for (var base64 : List.of("", "*")) {
      assertThatThrownBy(() -> new Signature("a", base64))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void signatures_are_ordered_by_their_bytes() {
    // In UTF-16 the order would be the other way round.
    assertThat(new Signature("｡", "QUJD")).isLessThan(new Signature("😀", "QUJD"));
  }
}
