package io.hookq.daemon.status;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PlainLineTest {
  @Test
  void words_stay_as_they_are_in_whatever_script() {
    for (var text : new String[] {"", "plain", "für \"root\": 拒絶されました 🚫", "a  b"}) {
      assertThat(PlainLine.of(text)).isEqualTo(text);
    }
  }

  @Test
  void further_lines_stand_behind_semicolons_and_blanks_around_go() {
    assertThat(PlainLine.of("\n one \r\n\n\ttwo\tthree\u2028four\n"))
        .isEqualTo("one; two three; four");
  }

  @Test
  void what_a_terminal_would_obey_is_not_let_through() {
    assertThat(PlainLine.of("\u001b[31mred\u001b[0m \u009b2J \u0007\u0000\u007f"))
        .isEqualTo("?[31mred?[0m ?2J ???");
    assertThat(PlainLine.of("a\u202eb\u2066c\u200fd\u061ce")).isEqualTo("a?b?c?d?e");
  }
}
