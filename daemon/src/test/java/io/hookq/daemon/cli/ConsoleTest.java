package io.hookq.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.daemon.status.ScreenStyle;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConsoleTest {
  private static final Optional<String> PIPE = Optional.empty();

  @Test
  void a_pipe_is_plain_and_never_cut() {
    assertThat(Console.style(Map.of("LANG", "C.UTF-8", "TERM", "xterm"), PIPE))
        .isEqualTo(ScreenStyle.pipe(true));
  }

  @Test
  void a_terminal_has_its_width_and_colours() {
    assertThat(Console.style(Map.of("LANG", "en_US.UTF-8", "TERM", "xterm"), Optional.of("132")))
        .isEqualTo(new ScreenStyle(132, true, true));
  }

  @Test
  void a_terminal_of_unknown_width_has_80_columns() {
    for (var width : new String[] {"", "0", "wide"}) {
      assertThat(Console.style(Map.of("TERM", "xterm"), Optional.of(width)).columns())
          .isEqualTo(80);
    }
  }

  @Test
  void no_color_and_dumb_terminals_are_respected() {
    var terminal = Optional.of("80");
    assertThat(Console.style(Map.of("TERM", "xterm", "NO_COLOR", "1"), terminal).colour())
        .isFalse();
    assertThat(Console.style(Map.of("TERM", "xterm", "NO_COLOR", ""), terminal).colour()).isTrue();
    assertThat(Console.style(Map.of("TERM", "dumb"), terminal).colour()).isFalse();
    assertThat(Console.style(Map.of(), terminal).colour()).isFalse();
  }

  @Test
  void the_first_locale_variable_that_is_set_decides() {
    assertThat(Console.style(Map.of("LC_ALL", "C", "LANG", "en_US.UTF-8"), PIPE).unicode())
        .isFalse();
    assertThat(Console.style(Map.of("LC_ALL", "", "LC_CTYPE", "de_DE.utf8"), PIPE).unicode())
        .isTrue();
    assertThat(Console.style(Map.of(), PIPE).unicode()).isFalse();
  }
}
