package io.hookq.daemon.receive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyNameTest {
  @ParameterizedTest
  @ValueSource(strings = {"macbook", "a", "-", "_", "CI-runner.2_x", "0", "a..b", "--name"})
  void a_name_that_is_fit_for_a_folder_is_taken_as_it_is(String name) {
    assertThat(new KeyName(name)).hasToString(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        ".hidden",
        "../macbook",
        "a/b",
        "/a",
        "a b",
        "a\n",
        "a\u0000",
        "a\\b",
        "user@host",
        "ä",
        "a\u202eb",
        "$(id)",
        "'",
        "*",
        "a2345678901234567890123456789012345678901234567890123456789012345",
      })
  void any_other_is_not(String name) {
    assertThatThrownBy(() -> new KeyName(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 to 64 letters");
  }
}
