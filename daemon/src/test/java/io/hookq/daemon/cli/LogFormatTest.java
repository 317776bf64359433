package io.hookq.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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

  private static String logged(boolean journal, boolean traces) {
    var out = new ByteArrayOutputStream();
    var stream = new LogFormat.LineStream(out, journal, traces);
    // As slf4j-simple does it.
    stream.println("WARN a library's own words: it said:\nno");
    new IOException("broken").printStackTrace(stream);
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void a_message_is_one_line_and_a_stack_trace_is_for_debugging() {
    var message = "a library's own words: it said:\\nno\n";
    assertThat(logged(true, false)).isEqualTo("<4>" + message + "<3>java.io.IOException: broken\n");
    assertThat(logged(false, false)).isEqualTo("WARN " + message + "java.io.IOException: broken\n");
    assertThat(logged(true, true)).contains("<3>\tat io.hookq.daemon.cli.LogFormatTest.logged");
  }

  @Test
  void what_was_thrown_is_not_told_twice() {
    var out = new ByteArrayOutputStream();
    var stream = new LogFormat.LineStream(out, true, false);
    stream.println("ERROR a request failed: error=\"java.io.IOException: broken\"");
    new IOException("broken", new IOException("deeper")).printStackTrace(stream);
    stream.println("INFO stopped: ms=1");
    assertThat(out.toString(StandardCharsets.UTF_8))
        .isEqualTo(
            """
            <3>a request failed: error="java.io.IOException: broken"
            <6>stopped: ms=1
            """);
  }
}
