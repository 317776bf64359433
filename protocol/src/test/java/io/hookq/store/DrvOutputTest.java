package io.hookq.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DrvOutputTest {
  private static final String HASH = "0123456789abcdef".repeat(4);

  @Test
  void an_output_reads_as_it_is_written() {
    var output = DrvOutput.parse("sha256:" + HASH + "!dev");
    assertThat(output).isEqualTo(new DrvOutput(HASH, "dev"));
    assertThat(output.id()).isEqualTo("sha256:" + HASH + "!dev");
    assertThat(output).hasToString(output.id());
    assertThat(DrvOutput.parse("sha256:" + HASH + "!a!b").output()).isEqualTo("a!b");
  }

  @Test
  void outputs_are_sorted_as_their_ids_are() {
    var first = new DrvOutput("0".repeat(64), "out");
    var second = new DrvOutput(HASH, "dev");
    var third = new DrvOutput(HASH, "out");
    var sorted = new TreeSet<DrvOutput>();
    sorted.add(third);
    sorted.add(first);
    sorted.add(second);
    assertThat(sorted).containsExactly(first, second, third);
    assertThat(sorted.stream().map(DrvOutput::id)).isSorted();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "!",
        "sha256:!out",
        "sha256:0123!out",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef!out",
        "md5:0123456789abcdef0123456789abcdef!out",
        "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef!",
      })
  void anything_else_is_refused(String id) {
    assertThatIllegalArgumentException().isThrownBy(() -> DrvOutput.parse(id));
  }
}
