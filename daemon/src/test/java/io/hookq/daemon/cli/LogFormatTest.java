package io.hookq.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class LogFormatTest {
  @Test
  void the_journal_gets_priorities_in_place_of_words() {
    assertThat(LogFormat.withPriority("INFO started pid=1")).isEqualTo("<6>started pid=1");
    assertThat(LogFormat.withPriority("WARN spool is slow")).isEqualTo("<4>spool is slow");
    assertThat(LogFormat.withPriority("ERROR no disk")).isEqualTo("<3>no disk");
    assertThat(LogFormat.withPriority("DEBUG x")).isEqualTo("<7>x");
    assertThat(LogFormat.withPriority("anything else")).isEqualTo("anything else");
  }

  @Test
  void the_journal_is_known_by_its_variable() {
    assertThat(LogFormat.ofDaemon(Map.of("JOURNAL_STREAM", "9:123"), false).journal()).isTrue();
    assertThat(LogFormat.ofDaemon(Map.of(), true)).isEqualTo(new LogFormat("debug", false));
  }
}
