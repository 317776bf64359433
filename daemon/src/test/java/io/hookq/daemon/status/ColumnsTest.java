package io.hookq.daemon.status;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ColumnsTest {
  @Test
  void wide_characters_take_two_columns_and_marks_on_others_none() {
    assertThat(Columns.of("plain · für")).isEqualTo(11);
    assertThat(Columns.of("拒絶")).isEqualTo(4);
    assertThat(Columns.of("🚫x")).isEqualTo(3);
    assertThat(Columns.of("e\u0301")).isEqualTo(1);
  }

  @Test
  void what_is_cut_ends_at_a_whole_character() {
    assertThat(Columns.first("拒絶さ", 5)).isEqualTo("拒絶");
    assertThat(Columns.first("x🚫y", 2)).isEqualTo("x");
    assertThat(Columns.first("x🚫y", 3)).isEqualTo("x🚫");
    assertThat(Columns.first("all", 3)).isEqualTo("all");
  }
}
