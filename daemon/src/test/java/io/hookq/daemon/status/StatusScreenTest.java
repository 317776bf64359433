package io.hookq.daemon.status;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatusScreenTest {
  private static String render(ScreenStyle style) {
    return new StatusScreen(style).render(Reports.busy(), Reports.NOW);
  }

  private static String golden(String name) throws IOException {
    try (var in = requireNonNull(StatusScreenTest.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void at_80_columns_it_is_as_drawn() throws IOException {
    assertThat(render(new ScreenStyle(80, false, true))).isEqualTo(golden("screen-80.txt"));
  }

  @Test
  void at_200_columns_bars_and_names_are_longer() throws IOException {
    assertThat(render(new ScreenStyle(200, false, true))).isEqualTo(golden("screen-200.txt"));
  }

  @Test
  void in_a_pipe_nothing_is_cut() throws IOException {
    assertThat(render(ScreenStyle.pipe(true))).isEqualTo(golden("screen-pipe.txt"));
  }

  @Test
  void without_a_utf_8_locale_it_is_ascii() throws IOException {
    assertThat(render(new ScreenStyle(80, false, false)))
        .isEqualTo(golden("screen-80-ascii.txt"))
        .matches(text -> text.chars().allMatch(c -> c < 128), "is ASCII");
  }

  @Test
  void colours_change_nothing_but_colours() throws IOException {
    var coloured = render(new ScreenStyle(80, true, true));
    assertThat(coloured).contains("\u001b[32muploading\u001b[0m", "\u001b[33mwaiting\u001b[0m");
    assertThat(coloured.replaceAll("\u001b\\[\\d+m", "")).isEqualTo(golden("screen-80.txt"));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 40, 41, 47, 60, 72, 80, 100, 132, 200, 300})
  void no_line_is_wider_than_the_terminal(int columns) {
    for (var unicode : new boolean[] {true, false}) {
      for (var report : List.of(Reports.busy(), Reports.crowded())) {
        var style = new ScreenStyle(columns, false, unicode);
        assertThat(new StatusScreen(style).render(report, Reports.NOW).lines())
            .allSatisfy(line -> assertThat(Columns.of(line)).isLessThanOrEqualTo(style.columns()));
      }
    }
  }

  @Test
  void a_long_name_takes_no_room_from_the_others() throws IOException {
    var screen =
        new StatusScreen(new ScreenStyle(80, false, true)).render(Reports.crowded(), Reports.NOW);
    assertThat(screen).isEqualTo(golden("screen-crowded-80.txt"));
  }

  @Test
  void on_a_narrow_terminal_the_state_stands_below_the_name() throws IOException {
    assertThat(render(new ScreenStyle(40, false, true))).isEqualTo(golden("screen-40.txt"));
  }

  @Test
  void a_daemon_that_has_just_begun_says_so() {
    assertThat(
            new StatusScreen(new ScreenStyle(100, false, true))
                .render(Reports.fresh(), Reports.NOW))
        .isEqualTo(
            """
            hookq 0.1.0 · up 0s · hook never fired · 0 queued, 0 uploading, 0 failed

              server  ssh://nix-ssh@server   idle
                queued 0 · done 0 · failed 0
            """);
  }
}
