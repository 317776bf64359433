package io.hookq.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hookq.serve.StoreObject;
import io.hookq.store.DrvOutput;
import io.hookq.store.Realisation;
import io.hookq.store.Signature;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.wire.WireFormatException;
import io.hookq.wire.WireReader;
import io.hookq.wire.WireWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RealisationAnswerTest {
  private static final StorePath DERIVATION = StoreObject.path("x.drv");
  private static final StorePath OUT = StoreObject.path("x");
  private static final StorePath BELOW = StoreObject.path("below");
  private static final DrvOutput ID = new DrvOutput("1".repeat(64), "out");
  private static final Realisation FULL =
      new Realisation(
          ID,
          Optional.of(DERIVATION),
          OUT,
          new TreeMap<>(
              Map.of(
                  new DrvOutput("2".repeat(64), "dev"), BELOW,
                  new DrvOutput("2".repeat(64), "out\"\\\n\u0001"), OUT)),
          List.of(new Signature("one-1", "AAAA"), new Signature("two-1", "BBBB")));

  private interface Writing {
    void to(WireWriter out) throws IOException;
  }

  private static byte[] bytes(Writing writing) throws IOException {
    var bytes = new ByteArrayOutputStream();
    var out = new WireWriter(bytes);
    writing.to(out);
    out.flush();
    return bytes.toByteArray();
  }

  private static WireReader reader(byte[] bytes) {
    return new WireReader(new ByteArrayInputStream(bytes));
  }

  private static Optional<Realisation> byHash(int minor, byte[] answer) throws IOException {
    return RealisationAnswer.readByHash(
        reader(answer), StoreDir.DEFAULT, new WorkerVersion(1, minor), ID, Optional.of(DERIVATION));
  }

  private static byte[] answer(String... texts) throws IOException {
    return bytes(out -> out.writeStrings(List.of(texts)));
  }

  @Test
  void json_reads_as_it_was_written() throws IOException {
    assertThat(byHash(31, answer(FULL.json()))).contains(FULL);
    assertThat(byHash(38, answer())).isEmpty();
    assertThat(RealisationAnswer.ofJson(0, FULL.json(), Optional.of(DERIVATION))).isEqualTo(FULL);
  }

  @Test
  void json_as_another_writes_it_is_read_too() throws IOException {
    var text =
        """
        { "signatures" : [ ] , "outPath" : "%s", "id":
          "\\u0073ha256:%s!\\u006fut\\/\\b\\f\\n\\r\\t" }
        """
            .formatted(OUT, ID.hash());
    var read = RealisationAnswer.ofJson(0, text, Optional.empty());
    assertThat(read.id().output()).isEqualTo("out/\b\f\n\r\t");
    assertThat(read.outPath()).isEqualTo(OUT);
    assertThat(read.dependentRealisations()).isEmpty();
  }

  @Test
  void a_malformed_signature_is_left_out() throws IOException {
    var text = FULL.json().replace("one-1:AAAA", "no colon");
    assertThat(byHash(31, answer(text)).orElseThrow().signatures())
        .containsExactly(new Signature("two-1", "BBBB"));
  }

  @Test
  void json_that_was_cut_is_refused_wherever_it_was() {
    var text = FULL.json();
    for (var length = 0; length < text.length(); length++) {
      var cut = text.substring(0, length);
      assertThatThrownBy(() -> RealisationAnswer.ofJson(8, cut, Optional.empty()))
          .as(cut)
          .isInstanceOf(WireFormatException.class)
          .hasMessageContaining("a realisation");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "null",
        "{}",
        "{\"id\":\"sha256:0!out\",\"outPath\":\"x\"}",
        "{\"id\":1}",
        "{\"id\":\"\\x\"}",
        "{\"id\":\"\\u12\"}",
        "{\"id\":\"\\uzzzz\"}",
        "{\"more\":\"\"}",
        "{\"signatures\":{}}",
        "{\"dependentRealisations\":[]}",
        "{,}",
      })
  void other_json_is_refused(String text) {
    assertThatThrownBy(() -> RealisationAnswer.ofJson(0, text, Optional.empty()))
        .isInstanceOf(WireFormatException.class);
    assertThatThrownBy(() -> RealisationAnswer.ofJson(0, FULL.json() + text, Optional.empty()))
        .isInstanceOf(WireFormatException.class)
        .hasMessageContaining("the end");
  }

  @Test
  void the_realisation_of_something_else_is_refused() throws IOException {
    var other = answer(FULL.json().replace("1".repeat(64) + "!out", "3".repeat(64) + "!out"));
    assertThatThrownBy(() -> byHash(31, other))
        .isInstanceOf(WireFormatException.class)
        .hasMessageContaining("3".repeat(64));
  }

  @Test
  void two_answers_are_refused() throws IOException {
    var two = answer(FULL.json(), FULL.json());
    assertThatThrownBy(() -> byHash(31, two)).isInstanceOf(WireFormatException.class);
  }

  @Test
  void before_json_there_are_just_paths() throws IOException {
    var plain = new Realisation(ID, Optional.of(DERIVATION), OUT, new TreeMap<>(), List.of());
    assertThat(byHash(27, answer(StoreDir.DEFAULT.print(OUT)))).contains(plain);
    assertThat(byHash(30, answer())).isEmpty();
    var written = bytes(out -> RealisationAnswer.writeByHash(FULL, out, new WorkerVersion(1, 30)));
    var in = reader(written);
    assertThat(in.readString(100)).isEqualTo(ID.id());
    assertThat(in.readString(100)).isEqualTo(OUT.baseName());
    assertThat(in.atEnd()).isTrue();
  }

  @Test
  void where_outputs_go_by_path_each_field_is_its_own_and_every_cut_is_an_early_end()
      throws IOException {
    var answer =
        bytes(out -> {
          out.writeBool(true);
          out.writeStorePath(StoreDir.DEFAULT, OUT);
          out.writeStrings(FULL.signatures().stream().map(Signature::toString).toList());
        });
    assertThat(RealisationAnswer.readByPath(reader(answer), StoreDir.DEFAULT, ID, DERIVATION))
        .contains(
            new Realisation(ID, Optional.of(DERIVATION), OUT, new TreeMap<>(), FULL.signatures()));
    var none = bytes(out -> out.writeBool(false));
    assertThat(RealisationAnswer.readByPath(reader(none), StoreDir.DEFAULT, ID, DERIVATION))
        .isEmpty();
    for (var length = 0; length < answer.length; length++) {
      var cut = Arrays.copyOf(answer, length);
      assertThatThrownBy(
              () -> RealisationAnswer.readByPath(reader(cut), StoreDir.DEFAULT, ID, DERIVATION))
          .as("%d", length)
          .isInstanceOf(EOFException.class);
    }

    var in = reader(bytes(out -> RealisationAnswer.writeByPath(FULL, out, StoreDir.DEFAULT)));
    assertThat(in.readStorePath(StoreDir.DEFAULT)).isEqualTo(DERIVATION);
    assertThat(in.readString(100)).isEqualTo("out");
    assertThat(in.readStorePath(StoreDir.DEFAULT)).isEqualTo(OUT);
    assertThat(in.readStrings(10, 100)).containsExactly("one-1:AAAA", "two-1:BBBB");
    assertThat(in.atEnd()).isTrue();
  }
}
