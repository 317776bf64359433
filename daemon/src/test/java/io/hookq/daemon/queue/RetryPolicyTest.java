package io.hookq.daemon.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class RetryPolicyTest {
  private static final RetryPolicy POLICY =
      new RetryPolicy(Duration.ofSeconds(1), Duration.ofMinutes(5), 5);

  @Test
  void waits_double_up_to_the_longest() {
    assertThat(POLICY.ceiling(1)).isEqualTo(Duration.ofSeconds(1));
    assertThat(POLICY.ceiling(2)).isEqualTo(Duration.ofSeconds(2));
    assertThat(POLICY.ceiling(9)).isEqualTo(Duration.ofSeconds(256));
    assertThat(POLICY.ceiling(10)).isEqualTo(Duration.ofMinutes(5));
    assertThat(POLICY.ceiling(1_000_000)).isEqualTo(Duration.ofMinutes(5));
  }

  @Test
  void jitter_fills_the_whole_wait() {
    var random = new SplittableRandom(42);
    var low = 0;
    var high = 0;
    for (var i = 0; i < 1000; i++) {
      var delay = POLICY.delay(20, random);
      assertThat(delay).isBetween(Duration.ZERO, Duration.ofMinutes(5));
      low += delay.compareTo(Duration.ofSeconds(30)) < 0 ? 1 : 0;
      high += delay.compareTo(Duration.ofSeconds(270)) > 0 ? 1 : 0;
    }
    assertThat(low).isBetween(50, 150);
    assertThat(high).isBetween(50, 150);
  }

  @Test
  void a_thousand_daemons_that_lost_one_server_come_back_spread_out() {
    var seconds = new int[300];
    var random = new SplittableRandom(7);
    for (var daemon = 0; daemon < 1000; daemon++) {
      seconds[(int) Math.min(299, POLICY.delay(12, random).toSeconds())]++;
    }
    for (var daemons : seconds) {
      assertThat(daemons).isLessThan(20);
    }
  }

  @Test
  void a_policy_that_makes_no_sense_is_refused() {
    assertThatThrownBy(() -> new RetryPolicy(Duration.ZERO, Duration.ofSeconds(1), 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new RetryPolicy(Duration.ofSeconds(2), Duration.ofSeconds(1), 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new RetryPolicy(Duration.ofSeconds(1), Duration.ofSeconds(1), 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
