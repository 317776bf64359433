package io.hookq.daemon.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.daemon.queue.RetryPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class BackoffTest {
  private static final RetryPolicy POLICY =
      new RetryPolicy(Duration.ofSeconds(1), Duration.ofMinutes(5), 5);
  private static final Instant START = Instant.parse("2026-11-21T12:00:00Z");

  private final Backoff backoff = new Backoff(POLICY, new SplittableRandom(1));

  @Test
  void each_failure_in_a_row_may_wait_twice_as_long_up_to_the_longest() {
    var now = START;
    for (var failure = 1; failure <= 20; failure++) {
      var until = backoff.fail(now);
      assertThat(Duration.between(now, until)).isBetween(Duration.ZERO, POLICY.ceiling(failure));
      assertThat(backoff.until()).contains(until);
      assertThat(backoff.left(until)).isEmpty();
      assertThat(backoff.until()).isEmpty();
      now = until;
    }
  }

  @Test
  void the_end_of_the_trouble_leads_back_to_the_first_step() {
    for (var failure = 0; failure < 20; failure++) {
      backoff.fail(START);
    }
    backoff.end();
    assertThat(backoff.left(START)).isEmpty();
    assertThat(Duration.between(START, backoff.fail(START))).isLessThan(Duration.ofSeconds(2));
  }

  @Test
  void a_wait_that_lies_further_ahead_than_any_is_over() {
    backoff.fail(START);
    assertThat(backoff.left(START.minus(POLICY.max()).minusSeconds(2))).isEmpty();
  }

  /** One of many machines that lost the same server at the same moment. */
  private record Client(Backoff backoff, Instant nextTry) {}

  @Test
  void a_thousand_daemons_that_lost_the_same_server_reconnect_spread_out() {
    var seed = 20261121L;
    var seeds = new SplittableRandom(seed);
    var backAt = START.plus(Duration.ofMinutes(47));
    var waiting = new PriorityQueue<Client>(Comparator.comparing(Client::nextTry));
    for (var i = 0; i < 1000; i++) {
      var own = new Backoff(POLICY, seeds.split());
      waiting.add(new Client(own, own.fail(START)));
    }
    // Tries second by second since the outage began; a daemon that got through tries no more.
    var tries = new int[(int) Duration.between(START, backAt).plus(POLICY.max()).toSeconds() + 1];
    var reconnects = new ArrayList<Instant>();
    while (!waiting.isEmpty()) {
      var client = waiting.remove();
      var now = client.nextTry();
      assertThat(client.backoff().left(now)).isEmpty();
      tries[(int) Duration.between(START, now).toSeconds()]++;
      if (now.isBefore(backAt)) {
        waiting.add(new Client(client.backoff(), client.backoff().fail(now)));
      } else {
        client.backoff().end();
        reconnects.add(now);
      }
    }

    assertThat(reconnects).as("seed %d", seed).hasSize(1000);
    assertThat(reconnects.getLast()).isBeforeOrEqualTo(backAt.plus(POLICY.max()));
    var back = (int) Duration.between(START, backAt).toSeconds();
    var busiest = 0;
    for (var second = back; second < tries.length; second++) {
      busiest = Math.max(busiest, tries[second]);
    }
    // Evenly it were 3 to 7 a second; in step it were 1,000 in one.
    assertThat(busiest).as("reconnects in the busiest second, seed %d", seed).isLessThan(30);
    var firstHalf =
        reconnects.stream()
            .filter(at -> at.isBefore(backAt.plus(POLICY.max().dividedBy(2))))
            .count();
    assertThat(firstHalf).as("in the first half, seed %d", seed).isBetween(600L, 900L);
    // The server that is down is left in peace too: a try in 150 s for each, once they are apart.
    for (var second = 900; second < back; second++) {
      assertThat(tries[second]).as("tries in second %d, seed %d", second, seed).isLessThan(30);
    }
  }
}
