package io.hookq.daemon.transport;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class HeapLimitTest {
  private long size = 10 << 20;
  private long needed = 10 << 20;
  private long now;
  private int collections;

  private final HeapLimit limit =
      new HeapLimit(
          () -> size,
          () -> {
            collections++;
            size = needed;
          },
          () -> now);

  @Test
  void a_small_heap_is_never_collected() {
    limit.atWork();
    limit.atRest();
    size = HeapLimit.IDLE;
    limit.atRest();
    size = HeapLimit.BUSY;
    limit.atWork();
    assertThat(collections).isZero();
  }

  @Test
  void at_work_it_is_collected_each_time_that_it_has_grown() {
    for (var times = 1; times <= 3; times++) {
      size = HeapLimit.BUSY + 1;
      limit.atWork();
      limit.atWork();
      assertThat(collections).isEqualTo(times);
      assertThat(size).isEqualTo(needed);
    }
  }

  @Test
  void at_rest_less_is_left() {
    size = HeapLimit.IDLE + 1;
    limit.atWork();
    assertThat(collections).isZero();
    limit.atRest();
    limit.atRest();
    assertThat(collections).isEqualTo(1);
  }

  @Test
  void what_is_needed_is_not_collected_again_and_again() {
    needed = 50 << 20;
    size = needed;
    for (var times = 0; times < 100; times++) {
      limit.atWork();
      limit.atRest();
    }
    assertThat(collections).isEqualTo(1);
    size = needed + HeapLimit.STEP + 1;
    limit.atWork();
    assertThat(collections).isEqualTo(2);
  }

  @Test
  void what_was_needed_goes_when_there_has_been_nothing_to_do_for_a_while() {
    needed = 50 << 20;
    size = needed;
    limit.atWork();
    needed = 10 << 20;
    limit.atRest();
    now += HeapLimit.PATIENCE_NANOS;
    limit.atRest();
    assertThat(size).isEqualTo(needed);
    assertThat(collections).isEqualTo(2);
  }
}
