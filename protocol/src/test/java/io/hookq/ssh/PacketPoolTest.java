package io.hookq.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class PacketPoolTest {
  private final PacketPool pool = new PacketPool();

  @Test
  void no_packet_is_in_two_hands_and_there_are_no_more_than_its_size() throws Exception {
    var taken = new IdentityHashMap<Buffer, Boolean>();
    var last = takeAll(taken);
    assertThat(taken).hasSize(PacketPool.SIZE);
    var next = takeAside(PacketPoolTest::stays);
    pool.giveBack(last);
    assertThat(next.get()).isSameAs(last);
    assertThat(pool.made()).isEqualTo(PacketPool.SIZE);
  }

  @Test
  void who_waits_first_is_served_first() throws Exception {
    var last = takeAll(new IdentityHashMap<>());
    var waiting = new ArrayList<CompletableFuture<@Nullable Buffer>>();
    for (int i = 0; i < 3; i++) {
      waiting.add(takeAside(PacketPoolTest::stays));
    }
    for (var one : waiting) {
      assertThat(one).isNotDone();
      pool.giveBack(last);
      assertThat(one.get()).isSameAs(last);
    }
  }

  @Test
  void who_is_gone_waits_no_longer_and_takes_nothing() throws Exception {
    var last = takeAll(new IdentityHashMap<>());
    var gone = new AtomicBoolean();
    var closed = takeAside(gone::get);
    var open = takeAside(PacketPoolTest::stays);
    gone.set(true);
    pool.wake();
    assertThat(closed.get()).isNull();
    assertThat(open).isNotDone();
    pool.giveBack(last);
    assertThat(open.get()).isSameAs(last);
    assertThat(pool.take(ByteArrayBuffer::new, () -> true)).isNull();
  }

  private static boolean stays() {
    return false;
  }

  /** Returns the last one. */
  private Buffer takeAll(IdentityHashMap<Buffer, Boolean> taken) throws InterruptedException {
    while (true) {
      var packet = Objects.requireNonNull(pool.take(ByteArrayBuffer::new, PacketPoolTest::stays));
      assertThat(taken.put(packet, true)).isNull();
      if (taken.size() == PacketPool.SIZE) {
        return packet;
      }
    }
  }

  /** Returns when the taker waits. */
  private CompletableFuture<@Nullable Buffer> takeAside(BooleanSupplier gone) {
    var result = new CompletableFuture<@Nullable Buffer>();
    var taker =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              try {
                result.complete(pool.take(ByteArrayBuffer::new, gone));
              } catch (InterruptedException e) {
                result.completeExceptionally(e);
              }
            });
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> taker.getState() == Thread.State.WAITING);
    return result;
  }
}
