package io.hookq.daemon.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.daemon.queue.SettableClock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

final class CircumstancesTest {
  private final SettableClock clock = new SettableClock();
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
  private final AtomicReference<Set<String>> addresses =
      new AtomicReference<>(Set.of("192.0.2.1", "2001:db8::1"));
  private final Circumstances circumstances = new Circumstances(clock, nanos::get, addresses::get);

  private void pass(Duration time) {
    clock.advance(time);
    nanos.addAndGet(time.toNanos());
  }

  @Test
  void time_that_passes_by_both_clocks_changes_nothing() {
    pass(Duration.ofDays(3));
    clock.advance(Duration.ofSeconds(9));
    assertThat(circumstances.changed()).isFalse();
  }

  @Test
  void a_jump_of_the_wall_clock_either_way_is_seen_once() {
    clock.advance(Duration.ofMinutes(1));
    assertThat(circumstances.changed()).isTrue();
    assertThat(circumstances.changed()).isFalse();
    clock.advance(Duration.ofHours(-1));
    assertThat(circumstances.changed()).isTrue();
    assertThat(circumstances.changed()).isFalse();
  }

  @Test
  void another_set_of_addresses_is_seen_once() {
    addresses.set(Set.of("2001:db8::1", "192.0.2.1"));
    assertThat(circumstances.changed()).isFalse();
    addresses.set(Set.of("198.51.100.7"));
    assertThat(circumstances.changed()).isTrue();
    assertThat(circumstances.changed()).isFalse();
  }

  @Test
  void this_machines_addresses_are_to_be_had_and_lead_somewhere() {
    assertThat(NetworkAddresses.current())
        .noneMatch(address ->
            address.startsWith("127.")
                || address.equals("0:0:0:0:0:0:0:1")
                || address.startsWith("fe80"));
  }
}
