package io.hookq.daemon.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class SpeedTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void an_even_flow_is_read_off_from_the_start() {
    var speed = new Speed(0);
    for (var tenth = 1; tenth <= 30; tenth++) {
      speed.add(100_000, tenth * SECOND / 10);
    }
    assertThat(speed.bytesPerSecond(3 * SECOND)).isCloseTo(1_000_000L, within(1000L));
  }

  @Test
  void it_falls_while_nothing_goes_out() {
    var speed = new Speed(0);
    speed.add(10_000_000, SECOND);
    assertThat(speed.bytesPerSecond(SECOND)).isCloseTo(10_000_000L, within(1000L));
    assertThat(speed.bytesPerSecond(7 * SECOND)).isLessThan(6_000_000L);
    assertThat(speed.bytesPerSecond(60 * SECOND)).isLessThan(100_000L);
  }

  @Test
  void nothing_measured_is_no_speed() {
    assertThat(new Speed(5).bytesPerSecond(5)).isZero();
  }
}
