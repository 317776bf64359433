package io.hookq.daemon.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.hookq.daemon.config.RateLimit;
import java.io.InterruptedIOException;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PaceTest {
  private static final long TEN_SECONDS = TimeUnit.SECONDS.toNanos(10);

  private long now = 1_000_000;

  private Pace pace(long bytesPerSecond) {
    return new Pace(Optional.of(new RateLimit(bytesPerSecond)), () -> now, nanos -> now += nanos);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 100, 10_000, 1 << 20, 200 << 20, 10L << 30})
  void over_ten_seconds_the_limit_is_kept_within_five_percent(long limit) throws Exception {
    var pace = pace(limit);
    var end = now + TEN_SECONDS;
    var sent = 0L;
    while (now < end) {
      sent += pace.admit(256 << 10);
    }
    assertThat(sent / 10.0).isCloseTo((double) limit, within(Math.max((double) limit / 20, 0.2)));
  }

  @RepeatedTest(5)
  void several_channels_share_the_limit_however_they_come_and_go(RepetitionInfo repetition)
      throws Exception {
    var seed = 31L * repetition.getCurrentRepetition();
    var random = new SplittableRandom(seed);
    var limit = 1 << 20;
    // Each sender is ready again when its wait is over; the pace is asked in the order of time.
    record Sender(long readyAt, int number) {}
    var wait = new long[1];
    var pace = new Pace(Optional.of(new RateLimit(limit)), () -> now, nanos -> wait[0] = nanos);
    var senders = new PriorityQueue<Sender>((a, b) -> Long.compare(a.readyAt(), b.readyAt()));
    for (var i = 0; i < 4; i++) {
      senders.add(new Sender(now + random.nextLong(1_000_000), i));
    }
    var end = now + TEN_SECONDS;
    var sent = 0L;
    while (now < end) {
      var sender = senders.remove();
      now = Math.max(now, sender.readyAt());
      wait[0] = 0;
      sent += pace.admit(random.nextInt(1, 100_000));
      senders.add(new Sender(now + wait[0], sender.number()));
    }
    assertThat(sent / 10.0).as("seed %d", seed).isCloseTo(limit, within(limit * 0.05));
  }

  @Test
  void after_a_pause_no_more_than_a_tenth_of_a_second_comes_at_once() throws Exception {
    var pace = pace(1 << 20);
    pace.admit(1000);
    now += TEN_SECONDS;
    var start = now;
    var sent = 0L;
    while (now == start) {
      sent += pace.admit(8 << 10);
    }
    assertThat(sent).isBetween(90_000L, 130_000L);
  }

  @Test
  void without_a_limit_nobody_waits() throws Exception {
    var pace =
        new Pace(
            Optional.empty(),
            () -> now,
            nanos -> {
              throw new AssertionError("waits for " + nanos);
            });
    assertThat(pace.admit(1 << 30)).isEqualTo(1 << 30);
  }

  @Test
  void a_sender_is_interrupted_out_of_its_wait() {
    var pace = Pace.of(Optional.of(new RateLimit(1)));
    Thread.currentThread().interrupt();
    assertThatThrownBy(
            () -> {
              pace.admit(1);
              pace.admit(1);
            })
        .isInstanceOf(InterruptedIOException.class);
    assertThat(Thread.interrupted()).isTrue();
  }
}
