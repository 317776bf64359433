package io.hookq.daemon.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.daemon.planner.MemoryStore;
import io.hookq.daemon.planner.PlanRules;
import io.hookq.daemon.planner.Planner;
import io.hookq.daemon.planner.UploadPlan;
import io.hookq.store.DestinationStore;
import io.hookq.store.NarSource;
import io.hookq.store.PathInfo;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class DispatchTest {
  private final MemoryStore source = new MemoryStore();

  /** Has nothing. */
  private static final class Empty implements DestinationStore {
    @Override
    public String protocol() {
      return "memory";
    }

    @Override
    public Set<StorePath> queryValid(Collection<StorePath> paths, boolean substitute) {
      return Set.of();
    }

    @Override
    public void add(PathInfo info, NarSource nar, AddListener listener) {
      throw new AssertionError("nothing is sent here");
    }

    @Override
    public void drain() {}

    @Override
    public void close() {}
  }

  private UploadPlan plan(Collection<StorePath> wanted) throws IOException {
    return Planner.plan(source, new Empty(), wanted, PlanRules.ALL);
  }

  private UploadPlan randomPlan(SplittableRandom random) throws IOException {
    var paths = new ArrayList<StorePath>();
    var size = random.nextInt(1, 300);
    for (var i = 0; i < size; i++) {
      var references =
          random
              .ints(random.nextInt(5), 0, Math.max(1, i))
              .filter(n -> n < paths.size())
              .mapToObj(paths::get)
              .toArray(StorePath[]::new);
      paths.add(source.add("p" + i, references));
    }
    return plan(paths);
  }

  @RepeatedTest(40)
  void nothing_goes_before_what_it_refers_to_is_answered_or_ahead_of_it(RepetitionInfo repetition)
      throws Exception {
    var seed = 77_000L + repetition.getCurrentRepetition();
    var random = new SplittableRandom(seed);
    var plan = randomPlan(random);
    var channels = random.nextInt(1, 7);
    var dispatch = new Dispatch(plan, channels);
    var unanswered = new ArrayList<ArrayDeque<Integer>>();
    IntStream.range(0, channels).forEach(_ -> unanswered.add(new ArrayDeque<>()));
    var takenBy = new int[plan.missing()];
    Arrays.fill(takenBy, -1);
    var answered = new BitSet();
    while (answered.cardinality() < plan.missing()) {
      var channel = random.nextInt(channels);
      if (random.nextBoolean()) {
        var taken = dispatch.take(channel);
        if (taken.isPresent()) {
          var index = taken.getAsInt();
          assertThat(takenBy[index]).as("seed %d: taken twice", seed).isNegative();
          for (var reference : plan.references(index)) {
            assertThat(answered.get(reference) || takenBy[reference] == channel)
                .as("seed %d: %d on channel %d needs %d", seed, index, channel, reference)
                .isTrue();
          }
          takenBy[index] = channel;
          unanswered.get(channel).add(index);
        }
      } else if (!unanswered.get(channel).isEmpty()) {
        var index = unanswered.get(channel).remove();
        answered.set(index);
        dispatch.answered(index);
      }
    }
    assertThat(dispatch.isOver()).as("seed %d", seed).isTrue();
    assertThat(dispatch.take(0)).isEmpty();
  }

  @RepeatedTest(10)
  void a_single_channel_gets_the_order_of_the_plan_without_any_answer(RepetitionInfo repetition)
      throws Exception {
    var plan = randomPlan(new SplittableRandom(repetition.getCurrentRepetition()));
    var dispatch = new Dispatch(plan, 1);
    var order = new ArrayList<Integer>();
    while (!dispatch.isOver()) {
      order.add(dispatch.take(0).orElseThrow());
    }
    assertThat(order).isEqualTo(IntStream.range(0, plan.missing()).boxed().toList());
  }

  @Test
  void a_referrer_goes_on_the_channel_of_its_references_or_anywhere_after_their_answers()
      throws Exception {
    var libc = source.add("libc");
    var ssl = source.add("ssl");
    var app = source.add("app", libc, ssl);
    var dispatch = new Dispatch(plan(List.of(app)), 2);
    assertThat(dispatch.take(0)).hasValue(0);
    assertThat(dispatch.take(1)).hasValue(1);
    assertThat(dispatch.take(0)).as("one of two is on the other channel").isEmpty();
    assertThat(dispatch.take(1)).isEmpty();
    dispatch.answered(0);
    assertThat(dispatch.take(0)).isEmpty();
    assertThat(dispatch.take(1)).as("its only unanswered reference is ahead of it").hasValue(2);
  }

  @Test
  void who_waits_for_an_answer_is_woken_by_it_and_by_the_end() throws Exception {
    var app = source.add("app", source.add("libc"));
    var dispatch = new Dispatch(plan(List.of(app)), 2);
    assertThat(dispatch.take(0)).hasValue(0);
    var woken =
        Thread.ofVirtual()
            .start(() -> {
              try {
                dispatch.await(1, Duration.ofDays(1));
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            });
    dispatch.answered(0);
    woken.join();
    assertThat(dispatch.take(1)).hasValue(1);
    assertThat(dispatch.isOver()).isTrue();
  }

  @Test
  void after_a_stop_nothing_is_given_out() throws Exception {
    var dispatch = new Dispatch(plan(List.of(source.add("libc"))), 1);
    dispatch.stop();
    assertThat(dispatch.take(0)).isEmpty();
    assertThat(dispatch.isOver()).isTrue();
    dispatch.await(0, Duration.ofDays(1));
  }
}
