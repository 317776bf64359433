package io.hookq.nar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hookq.peers.TempFolder;
import io.hookq.store.NarHash;
import io.hookq.store.Vectors;
import io.hookq.wire.WireFormatException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** NARs made by Nix 2.8.0, and broken ones tried with four versions. */
final class NarVectorsTest {
  static Stream<String> good() {
    return Vectors.table("nar/HASHES.tsv").map(List::getFirst);
  }

  static Stream<List<String>> outcomes() {
    return Vectors.table("nar-invalid/OUTCOMES.tsv");
  }

  @ParameterizedTest
  @MethodSource("good")
  void a_nar_is_passed_on_unchanged(String file) throws IOException {
    var nar = Vectors.bytes("nar/" + file);
    var out = new ByteArrayOutputStream();
    NarReader.copy(new ByteArrayInputStream(nar), out);
    assertThat(out.toByteArray()).isEqualTo(nar);
  }

  @ParameterizedTest
  @MethodSource("good")
  void a_nar_comes_back_from_disk(String file) throws IOException, InterruptedException {
    Assumptions.assumeTrue(Platform.TAKES_ANY_NAME);
    var nar = Vectors.bytes("nar/" + file);
    try (var folder = TempFolder.create()) {
      var tree = folder.resolve("tree");
      NarReader.read(new ByteArrayInputStream(nar), new NarRestore(tree));
      assertThat(NixStoreDump.of(tree)).isEqualTo(nar);
      assertThat(dump(new NarDump(tree))).isEqualTo(nar);
    }
  }

  @Test
  void names_are_sorted_by_their_bytes() throws IOException {
    var names = new ArrayList<String>();
    NarReader.read(
        new ByteArrayInputStream(Vectors.bytes("nar/sort-order.nar")),
        new SilentVisitor() {
          @Override
          public void entry(byte[] name) {
            names.add(HexFormat.of().formatHex(name));
          }
        });
    assertThat(names)
        .containsExactlyElementsOf(
            Vectors.table("nar/sort-order.names.tsv").map(row -> row.get(1)).toList());
  }

  @Test
  void recorded_hashes_have_the_spellings_that_nix_prints() throws NoSuchAlgorithmException {
    for (var row : Vectors.table("nar/HASHES.tsv").toList()) {
      var nar = Vectors.bytes("nar/" + row.get(0));
      var hash = NarHash.of(MessageDigest.getInstance("SHA-256").digest(nar));
      assertThat(nar).hasSize(Integer.parseInt(row.get(1)));
      assertThat(hash.base16()).isEqualTo(row.get(2));
      assertThat(hash.prefixedNix32()).isEqualTo("sha256:" + row.get(3));
      assertThat(NarHash.parse(row.get(4))).isEqualTo(hash);
    }
  }

  @ParameterizedTest
  @MethodSource("outcomes")
  void a_broken_nar_is_refused_as_by_the_newest_nix(List<String> outcome) {
    var file = outcome.get(0);
    assertThat(outcome.get(5)).as("verdict of 2.34.8 on " + file).isEqualTo("reject");
    var nar = Vectors.bytes("nar-invalid/" + file);
    assertThatThrownBy(
            () -> NarReader.copy(new ByteArrayInputStream(nar), new ByteArrayOutputStream()))
        .as(file)
        .isInstanceOfAny(WireFormatException.class, EOFException.class)
        .hasMessageContaining("at offset");
  }

  static byte[] dump(NarDump dump) throws IOException {
    var out = new ByteArrayOutputStream();
    dump.writeTo(out);
    return out.toByteArray();
  }
}
