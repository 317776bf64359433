package io.hookq.zstd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PaceTest {
  private static final int MIB = 1 << 20;

  /** The level after so many MiB, each of which takes so long to compress and to write. */
  private static int after(Pace pace, int mebibytes, long compressing, long writing) {
    for (var i = 0; i < mebibytes; i++) {
      var length = pace.level() == Pace.PLAIN ? MIB : MIB / 3;
      pace.passed(MIB, length, compressing, writing);
    }
    return pace.level();
  }

  @Test
  void a_slow_line_gets_the_highest_level() {
    assertThat(after(new Pace(), 100, 20_000_000, 400_000_000)).isEqualTo(Pace.MAX_LEVEL);
  }

  @Test
  void a_line_that_is_much_slower_than_the_compressor_gets_there_within_a_few_mebibytes() {
    assertThat(after(new Pace(), 4, 2_000_000, 300_000_000)).isEqualTo(Pace.MAX_LEVEL);
    assertThat(after(new Pace(), 8, 2_000_000, 150_000_000)).isEqualTo(Pace.MAX_LEVEL);
    assertThat(after(new Pace(), 5, 40_000_000, 120_000_000)).isEqualTo(1);
    assertThat(after(new Pace(), 6, 40_000_000, 120_000_000)).isEqualTo(2);
  }

  @Test
  void a_machine_that_halts_now_and_then_is_no_slow_line() {
    var pace = new Pace();
    for (var i = 0; i < 100; i++) {
      after(pace, 6, 10_000_000, 45_000_000);
      after(pace, 1, 20_000_000, 130_000_000);
      assertThat(pace.level()).isLessThanOrEqualTo(1);
    }
  }

  /** The level of each MiB where one takes so long without compression and with level 1. */
  private static List<Integer> levels(Pace pace, int mebibytes, long plain, long compressed) {
    var levels = new ArrayList<Integer>();
    for (var i = 0; i < mebibytes; i++) {
      levels.add(pace.level());
      switch (pace.level()) {
        case Pace.PLAIN -> pace.passed(MIB, MIB, 0, plain);
        default -> pace.passed(MIB, MIB / 3, compressed / 3, compressed - compressed / 3);
      }
    }
    return levels;
  }

  @Test
  void on_a_fast_line_what_takes_less_time_is_kept_and_the_other_tried_again_at_times() {
    // A far side that takes bytes no faster for their being fewer on the line.
    assertThat(levels(new Pace(), 1000, 8_000_000, 9_000_000).stream().filter(level -> level > 0))
        .hasSize(4);
    // A line of a gigabit.
    assertThat(levels(new Pace(), 1000, 9_000_000, 4_000_000).stream().filter(level -> level == 0))
        .hasSizeBetween(4, 50);
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
  void whether_a_line_is_swift_is_known_when_its_buffers_cannot_have_been_all() {
    var fast = new Pace();
    after(fast, 10, 2_500_000, 200_000);
    assertThat(fast.isLineSwift()).isFalse();
    after(fast, 1, 2_500_000, 200_000);
    assertThat(fast.isLineSwift()).isTrue();
    after(fast, 20, 20_000_000, 400_000_000);
    assertThat(fast.isLineSwift()).isFalse();

    // Some MiB into the buffers, at once.
    var slow = new Pace();
    after(slow, 5, 10_000_000, 200_000);
    assertThat(slow.isLineSwift()).isFalse();
    for (var i = 0; i < 100; i++) {
      after(slow, 1, 10_000_000, 150_000_000);
      assertThat(slow.isLineSwift()).isFalse();
    }
  }

  @Test
  void what_goes_onto_the_line_is_known_when_its_buffers_cannot_have_been_all() {
    var pace = new Pace();
    after(pace, 20, 20_000_000, 400_000_000);
    assertThat(pace.rate()).isZero();

    after(pace, 20, 20_000_000, 400_000_000);
    assertThat(pace.rate()).isBetween(0.98 * MIB / 3 / 0.42, 1.02 * MIB / 3 / 0.42);
  }

  @Test
  void what_is_harder_to_compress_for_a_moment_costs_no_window() {
    var pace = new Pace();
    after(pace, 100, 40_000_000, 90_000_000);
    for (var i = 0; i < 100; i++) {
      after(pace, 3, 40_000_000, 90_000_000);
      assertThat(after(pace, 1, 80_000_000, 50_000_000)).isEqualTo(Pace.MAX_LEVEL);
    }
    assertThat(after(pace, 8, 90_000_000, 40_000_000)).isLessThan(Pace.MAX_LEVEL);
  }

  @Test
  void a_level_that_fits_stays() {
    var pace = new Pace();
    after(pace, 100, 20_000_000, 400_000_000);

    assertThat(after(pace, 100, 20_000_000, 30_000_000)).isEqualTo(Pace.MAX_LEVEL);
  }
}
