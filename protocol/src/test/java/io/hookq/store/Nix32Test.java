package io.hookq.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class Nix32Test {
  static Stream<List<String>> hashes() {
    return Vectors.table("hash/nix32.tsv");
  }

  static Stream<List<String>> invalid() {
    return Vectors.table("hash/nix32-invalid.tsv");
  }

  @ParameterizedTest
  @MethodSource("hashes")
  void digits_are_those_that_nix_hash_prints(List<String> row) {
    var bytes = HexFormat.of().parseHex(row.get(2));
    assertThat(Nix32.encode(bytes)).isEqualTo(row.get(3));
    assertThat(Nix32.decode(row.get(3), bytes.length)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @MethodSource("invalid")
  void what_nix_refuses_is_refused(List<String> row) {
    assertThatThrownBy(() -> Nix32.decode(row.get(1), 32))
        .as(row.get(2))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({"0,0", "1,2", "16,26", "20,32", "32,52", "64,103"})
  void a_byte_takes_a_digit_and_a_bit(int bytes, int digits) {
    assertThat(Nix32.encodedLength(bytes)).isEqualTo(digits);
  }

  @Test
  void random_bytes_of_every_length_come_back() {
    for (var length = 0; length <= 100; length++) {
      var bytes = new byte[length];
      new Random(length).nextBytes(bytes);
      assertThat(Nix32.decode(Nix32.encode(bytes), length)).as("seed %d", length).isEqualTo(bytes);
    }
  }

  @Test
  void the_last_bit_is_the_first_digit() {
    var bytes = new byte[32];
    bytes[31] = (byte) 0x80;
    assertThat(Nix32.encode(bytes)).isEqualTo("1" + "0".repeat(51));
  }
}
