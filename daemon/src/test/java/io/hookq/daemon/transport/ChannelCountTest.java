package io.hookq.daemon.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ChannelCountTest {
  private static final double MB = 1e6;

  @Test
  void a_slow_line_is_not_held_up_by_a_window_however_far_it_reaches() {
    assertThat(ChannelCount.isWindowTheLimit(Duration.ofMillis(20), 2.5 * MB)).isFalse();
    assertThat(ChannelCount.isWindowTheLimit(Duration.ofMillis(300), 2.5 * MB)).isFalse();
  }

  @Test
  void what_moves_about_a_window_in_a_round_trip_is_held_up_by_it() {
    assertThat(ChannelCount.isWindowTheLimit(Duration.ofMillis(100), 20 * MB)).isTrue();
    assertThat(ChannelCount.isWindowTheLimit(Duration.ofMillis(10), 20 * MB)).isFalse();
  }

  @Test
  void without_a_rate_nothing_is_known_of_the_line() {
    assertThat(ChannelCount.isWindowTheLimit(Duration.ofMillis(300), 0)).isFalse();
  }
}
