package io.hookq.wire;

import static io.hookq.wire.Bytes.hex;
import static io.hookq.wire.Bytes.reader;
import static io.hookq.wire.Bytes.trickle;
import static io.hookq.wire.Bytes.written;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class FramedStreamTest {
  /** "abc" in a frame, "d" in a frame, the end, and an integer behind it, unaligned. */
  private static final String GOLDEN =
      "0300000000000000 616263  0100000000000000 64  0000000000000000  0900000000000000";

  private static byte[] golden() throws IOException {
    return written(writer -> {
      var framed = new FramedOutputStream(writer);
      framed.write(new byte[] {'a', 'b', 'c'});
      framed.flush();
      // An empty frame would end the stream.
      framed.flush();
      framed.write('d');
      framed.finish();
      writer.writeLong(9);
    });
  }

  @Test
  void frames_have_their_golden_bytes_both_ways() throws IOException {
    var bytes = golden();
    assertThat(bytes).isEqualTo(hex(GOLDEN));
    var reader = reader(bytes);
    var framed = new FramedInputStream(reader);
    assertThat(framed.read()).isEqualTo('a');
    assertThat(framed.readAllBytes()).isEqualTo(new byte[] {'b', 'c', 'd'});
    assertThat(framed.read()).isEqualTo(-1);
    assertThat(reader.readLong()).isEqualTo(9);
  }

  @Test
  void draining_leaves_the_connection_in_step() throws IOException {
    var reader = reader(golden());
    var framed = new FramedInputStream(reader);
    framed.drain();
    framed.drain();
    assertThat(reader.readLong()).isEqualTo(9);
  }

  @Test
  void every_truncation_is_a_premature_end() throws IOException {
    var bytes = golden();
    for (var length = 0; length < bytes.length - 8; length++) {
      var cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> new FramedInputStream(reader(cut)).drain())
          .as("cut to %d bytes", length)
          .isInstanceOf(EOFException.class);
    }
  }

  @Test
  void every_changed_byte_is_read_or_refused() throws IOException {
    var bytes = golden();
    for (var i = 0; i < bytes.length; i++) {
      for (var bit = 0; bit < 8; bit++) {
        var changed = bytes.clone();
        changed[i] ^= (byte) (1 << bit);
        try {
          new FramedInputStream(reader(changed)).drain();
        } catch (EOFException | WireFormatException refused) {
          assertThat(refused).as("bit %d of byte %d", bit, i).hasMessageContaining("offset");
        }
      }
    }
  }

  @Test
  void a_frame_of_4_gib_is_refused() {
    assertThatThrownBy(() -> new FramedInputStream(reader(hex("0000000001000000"))).read())
        .isInstanceOf(WireFormatException.class)
        .hasMessageContaining("a frame of less than 2^32 bytes, found 4294967296");
    assertThatThrownBy(() -> new FramedInputStream(reader(hex("ffffffffffffffff"))).read())
        .isInstanceOf(WireFormatException.class);
  }

  @Test
  void long_streams_come_back_in_frames_that_a_receiver_can_hold() throws IOException {
    for (var seed = 0; seed < 20; seed++) {
      var random = new Random(seed);
      var value = new byte[random.nextInt(400_000)];
      random.nextBytes(value);
      var bytes =
          written(writer -> {
            var framed = new FramedOutputStream(writer);
            for (var done = 0; done < value.length; ) {
              var part = Math.min(value.length - done, 1 + random.nextInt(100_000));
              framed.write(value, done, part);
              done += part;
            }
            framed.finish();
          });
      var framed = new FramedInputStream(new WireReader(trickle(bytes, 10_000)));
      assertThat(framed.readAllBytes()).as("seed %d", seed).isEqualTo(value);
      var reader = reader(bytes);
      for (var length = reader.readInt(); length > 0; length = reader.readInt()) {
        assertThat(length).isLessThanOrEqualTo(64 * 1024);
        assertThat(reader.limited(length).skip(length)).isEqualTo(length);
      }
      assertThat(reader.atEnd()).isTrue();
    }
  }

  @Test
  void a_finished_stream_takes_nothing_more() throws IOException {
    written(writer -> {
      var framed = new FramedOutputStream(writer);
      framed.finish();
      assertThatThrownBy(() -> framed.write(1)).isInstanceOf(IOException.class);
      assertThatThrownBy(framed::finish).isInstanceOf(IOException.class);
    });
  }

  @Test
  void an_unfinished_stream_has_no_end() throws IOException {
    var bytes =
        written(writer -> {
          try (var framed = new FramedOutputStream(writer)) {
            framed.write(1);
            framed.flush();
          }
        });
    assertThat(bytes).isEqualTo(hex("0100000000000000 01"));
  }
}
