package io.hookq.zstd;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PaceTest {
  private static final int MIB = 1 << 20;

  /** The level after so many MiB, each of which takes so long to compress and to write. */
  private static int after(Pace pace, int mebibytes, long compressing, long writing) {
    for (var i = 0; i < mebibytes; i++) {
      pace.passed(MIB, compressing, writing);
    }
    return pace.level();
  }

  @Test
  void a_slow_line_gets_the_highest_level() {
    assertThat(after(new Pace(), 100, 20_000_000, 400_000_000)).isEqualTo(Pace.MAX_LEVEL);
  }

  @Test
  void a_fast_line_gets_nothing_compressed() {
    assertThat(after(new Pace(), 100, 2_500_000, 200_000)).isEqualTo(Pace.PLAIN);
  }

  @Test
  void a_line_that_turns_slow_or_fast_is_followed() {
    var pace = new Pace();
    after(pace, 100, 2_500_000, 200_000);

    assertThat(after(pace, 100, 20_000_000, 400_000_000)).isEqualTo(Pace.MAX_LEVEL);
    assertThat(after(pace, 100, 30_000_000, 1_000_000)).isEqualTo(Pace.PLAIN);
  }

  @Test
  void a_level_that_fits_stays() {
    var pace = new Pace();
    after(pace, 100, 20_000_000, 400_000_000);

    assertThat(after(pace, 100, 20_000_000, 30_000_000)).isEqualTo(Pace.MAX_LEVEL);
  }
}
