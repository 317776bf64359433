package io.hookq.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StderrTailTest {
  @Test
  void what_is_short_is_kept_whole() {
    var tail = new StderrTail();
    append(tail, "error: ");
    append(tail, "no space left\n");
    assertThat(tail.text()).isEqualTo("error: no space left\n");
  }

  @Test
  void what_is_long_loses_its_beginning_up_to_a_whole_line() {
    var tail = new StderrTail();
    for (int i = 0; i < 10_000; i++) {
      append(tail, "line " + i + "\n");
    }
    assertThat(tail.text())
        .startsWith("line ")
        .endsWith("line 9998\nline 9999\n")
        .hasSizeBetween(StderrTail.SIZE - 20, StderrTail.SIZE);
  }

  @Test
  void pieces_of_any_size_make_the_same_tail() {
    var random = new Random(11);
    var text = new StringBuilder();
    for (int i = 0; i < 40_000; i++) {
      text.append((char) ('a' + random.nextInt(26)));
    }
    var tail = new StderrTail();
    for (int at = 0; at < text.length(); ) {
      int n = Math.min(text.length() - at, random.nextInt(2 * StderrTail.SIZE));
      append(tail, text.substring(at, at + n));
      at += n;
      int from = Math.max(0, at - StderrTail.SIZE);
      assertThat(tail.text()).isEqualTo(text.substring(from, at));
    }
  }

  private static void append(StderrTail tail, String text) {
    byte[] bytes = ("??" + text).getBytes(StandardCharsets.UTF_8);
    tail.append(bytes, 2, bytes.length - 2);
  }
}
