package io.hookq.zstd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.EndDirective;
import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import io.hookq.peers.MemoryPipe;
import io.hookq.wire.WireFormatException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ZstdStreamTest {
  private static byte[] written(byte[] bytes) throws IOException {
    var wire = new ByteArrayOutputStream();
    try (var out = ZstdOutput.onto(wire)) {
      out.write(bytes);
    }
    return wire.toByteArray();
  }

  private static byte[] read(byte[] wire) throws IOException {
    try (var in = new ZstdInput(new ByteArrayInputStream(wire))) {
      return in.readAllBytes();
    }
  }

  private static byte[] text(int size) {
    var line = "what a NAR is made of, more or less; ";
    return line.repeat(size / line.length() + 1)
        .substring(0, size)
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] noise(int size, long seed) {
    var bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  @Test
  void what_went_in_comes_out_whatever_it_is() throws Exception {
    for (var size : new int[] {0, 1, 63, 64, 131_071, 131_072, 131_073, 1 << 20}) {
      assertThat(read(written(text(size)))).as("text of %d", size).isEqualTo(text(size));
      assertThat(read(written(noise(size, size))))
          .as("noise of %d", size)
          .isEqualTo(noise(size, size));
    }
  }

  @Test
  void text_shrinks_and_noise_hardly_grows() throws Exception {
    assertThat(written(text(1 << 20)).length).isLessThan(1 << 14);
    assertThat(written(noise(1 << 20, 1)).length).isLessThan((1 << 20) + 1024);
  }

  @Test
  void a_path_like_one_before_costs_next_to_nothing() throws Exception {
    var path = noise(1 << 20, 7);
    var twice = Arrays.copyOf(path, path.length * 2);
    System.arraycopy(path, 0, twice, path.length, path.length);

    assertThat(written(twice).length).isLessThan(path.length + path.length / 10);
  }

  @Test
  void each_flushed_byte_can_be_read_before_the_next_is_written() throws Exception {
    var pipe = new MemoryPipe(1 << 16);
    try (var out = ZstdOutput.onto(pipe.output());
        var in = new ZstdInput(pipe.input())) {
      for (var i = 0; i < 1000; i++) {
        var bytes = noise(1 + i % 200, i);
        out.write(bytes);
        out.flush();
        assertThat(in.readNBytes(bytes.length)).isEqualTo(bytes);
      }
    }
  }

  @Test
  void levels_change_on_the_way_and_nobody_notices() throws Exception {
    var wire = new ByteArrayOutputStream();
    // A line that gets slow and fast again, so that the pace goes up and down.
    var slow =
        new OutputStream() {
          private long count;

          @Override
          public void write(int b) {
            throw new AssertionError("byte by byte");
          }

          @Override
          public void write(byte[] bytes, int offset, int length) {
            wire.write(bytes, offset, length);
            count += length;
            if (count % (1 << 20) < 1 << 19) {
              for (var until = System.nanoTime() + 2_000_000; System.nanoTime() < until; ) {
                Thread.onSpinWait();
              }
            }
          }
        };
    var bytes = new byte[24 << 20];
    var random = new Random(3);
    for (var i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) ('a' + random.nextInt(12));
    }
    try (var out = ZstdOutput.onto(slow)) {
      out.write(bytes);
    }

    assertThat(read(wire.toByteArray())).isEqualTo(bytes);
  }

  @Test
  void large_and_small_writes_keep_their_order_whether_compressed_or_passed_on() throws Exception {
    var bytes = noise(24 << 20, 11);
    var random = new Random(12);
    var wire = new ByteArrayOutputStream();
    try (var out = ZstdOutput.onto(wire)) {
      for (var at = 0; at < bytes.length; ) {
        var size = random.nextBoolean() ? random.nextInt(300) : random.nextInt(300_000);
        size = Math.min(1 + size, bytes.length - at);
        out.write(bytes, at, size);
        at += size;
        if (random.nextInt(10) == 0) {
          out.flush();
        }
      }
    }
    var got = new byte[bytes.length];
    try (var in = new ZstdInput(new ByteArrayInputStream(wire.toByteArray()))) {
      for (var at = 0; at < got.length; ) {
        var count = in.read(got, at, Math.min(1 + random.nextInt(200_000), got.length - at));
        assertThat(count).isPositive();
        at += count;
      }
      assertThat(in.read()).isEqualTo(-1);
    }

    assertThat(got).isEqualTo(bytes);
  }

  @Test
  void a_cut_stream_is_an_early_end_unless_it_is_cut_between_pieces() throws Exception {
    for (var wire : List.of(written(text(1000)), written(text(40)))) {
      for (var length = 1; length < wire.length; length++) {
        var cut = Arrays.copyOf(wire, length);
        assertThatThrownBy(() -> read(cut)).as("%d", length).isInstanceOf(EOFException.class);
      }
    }
  }

  @Test
  void a_mutated_stream_has_a_named_end_and_takes_no_memory() throws Exception {
    var seed = Long.getLong("hookq.fuzz.seed", System.nanoTime());
    var wire = written(noise(3000, 5)).clone();
    var text = written(text(300_000));
    for (var i = 0; i < 2000; i++) {
      var random = new Random(seed + i);
      var mutant = (i % 2 == 0 ? wire : text).clone();
      for (var changes = 1 + random.nextInt(3); changes > 0; changes--) {
        mutant[random.nextInt(mutant.length)] = (byte) random.nextInt(256);
      }
      // The exact bytes are SSH's to check; how many there can be is ours.
      try {
        assertThat(read(mutant).length).as("-Dhookq.fuzz.seed=%d", seed + i).isLessThan(1 << 20);
      } catch (WireFormatException | EOFException e) {
        assertThat(e).as("-Dhookq.fuzz.seed=%d", seed + i).hasMessageContaining(" ");
      }
    }
  }

  @Test
  void a_piece_that_stands_for_too_much_is_refused() {
    var wire = piece(frame(new byte[64 << 20], ZstdOutput.WINDOW_LOG));

    assertThatThrownBy(() -> read(wire))
        .isInstanceOf(WireFormatException.class)
        .hasMessageContaining("stands for more");
  }

  @Test
  void a_frame_that_takes_more_memory_to_read_than_ours_is_refused() throws Exception {
    var few = "few bytes, and a window for many".getBytes(StandardCharsets.US_ASCII);
    var skippable = new byte[] {0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4};

    assertThat(read(piece(frame(few, ZstdOutput.WINDOW_LOG)))).isEqualTo(few);
    assertThatThrownBy(() -> read(piece(frame(few, ZstdOutput.WINDOW_LOG + 1))))
        .isInstanceOf(WireFormatException.class)
        .hasMessageContaining("a window of more than 16 MiB");
    assertThatThrownBy(() -> read(piece(Zstd.compress(few))))
        .isInstanceOf(WireFormatException.class)
        .hasMessageContaining("of another kind");
    assertThatThrownBy(() -> read(piece(skippable)))
        .isInstanceOf(WireFormatException.class)
        .hasMessageContaining("of another kind");
  }

  private static byte[] piece(byte[] packed) {
    return ByteBuffer.allocate(4 + packed.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(packed.length | ZstdOutput.COMPRESSED)
        .put(packed)
        .array();
  }

  /** One zstd frame of an unknown size, as a stream makes it. */
  private static byte[] frame(byte[] bytes, int windowLog) {
    var from = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    var to = ByteBuffer.allocateDirect((int) Zstd.compressBound(bytes.length) + 1024);
    try (var zstd = new ZstdCompressCtx()) {
      zstd.setLong(windowLog);
      // Flushed before it is ended, so that its size is not known when its header is written.
      zstd.compressDirectByteBufferStream(to, from, EndDirective.FLUSH);
      zstd.compressDirectByteBufferStream(to, from, EndDirective.END);
    }
    var packed = new byte[to.flip().remaining()];
    to.get(packed);
    return packed;
  }

  @Test
  void a_promise_is_read_as_it_was_written_and_nothing_else_is_one() throws Exception {
    for (var promise :
        List.of(
            new KeepPromise("macbook", Optional.empty(), Optional.empty()),
            new KeepPromise("a.b-c_1", Optional.of(Duration.ofDays(90)), Optional.empty()),
            new KeepPromise("ci", Optional.of(Duration.ofDays(1)), Optional.of(200L << 30)))) {
      var line = new ByteArrayOutputStream();
      promise.write(line);
      line.writeBytes("what follows".getBytes(StandardCharsets.US_ASCII));
      var in = new ByteArrayInputStream(line.toByteArray());

      assertThat(KeepPromise.read(in)).contains(promise);
      assertThat(in.readAllBytes()).asString().isEqualTo("what follows");
    }
    for (var other :
        List.of(
            "",
            "\n",
            "hookq-wire 1 zstd\n",
            "hookq-wire 1 keep macbook",
            "hookq-wire 1 keep \u001b[2J\n",
            "hookq-wire 1 keep macbook age=1\n",
            "hookq-wire 1 keep macbook age=9999999999999s\n",
            "hookq-wire 1 keep macbook size=1 age=1s\n",
            "x".repeat(100_000))) {
      assertThat(
              KeepPromise.read(new ByteArrayInputStream(other.getBytes(StandardCharsets.US_ASCII))))
          .as(other.substring(0, Math.min(other.length(), 40)))
          .isEmpty();
    }
  }

  @Test
  void an_answer_is_told_from_a_plain_greeting_and_from_silence() throws Exception {
    var accepted = new ByteArrayOutputStream();
    ZstdOffer.accept(accepted);
    var plain = "hookless\n".getBytes(StandardCharsets.US_ASCII);

    assertThat(ZstdOffer.await(new ByteArrayInputStream(accepted.toByteArray())))
        .isInstanceOf(ZstdOffer.Answer.Compressed.class);
    assertThat(ZstdOffer.await(new ByteArrayInputStream(new byte[0])))
        .isInstanceOf(ZstdOffer.Answer.Ended.class);
    var answer = ZstdOffer.await(new ByteArrayInputStream(plain));
    assertThat(((ZstdOffer.Answer.Plain) answer).said().readAllBytes()).isEqualTo(plain);
  }
}
