package io.hookq.wire;

import static io.hookq.wire.Bytes.hex;
import static io.hookq.wire.Bytes.reader;
import static io.hookq.wire.Bytes.trickle;
import static io.hookq.wire.Bytes.written;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.wire.Bytes.Reading;
import io.hookq.wire.Bytes.Writing;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class WireCodecTest {
  private static final StoreDir DIR = StoreDir.DEFAULT;
  private static final StorePath HELLO =
      new StorePath("i9pmrzmpshapij2kin22pff6fc2adavx-hello.txt");
  private static final StorePath DEMO = new StorePath("yk7pfd11j81xzbkfc1saqzcfiwnbk5bd-demo");

  /** The full path of {@link #HELLO}, 53 bytes, and its padding. */
  private static final String HELLO_HEX =
      "3500000000000000"
          + "2f6e69782f73746f72652f"
          + "6939706d727a6d7073686170696a326b696e32327066663666633261646176782d"
          + "68656c6c6f2e747874"
          + "000000";

  private static Arguments golden(
      String name, String hex, Writing write, Reading<?> read, Object value) {
    return Arguments.of(name, hex, write, read, value);
  }

  static Stream<Arguments> items() {
    return Stream.of(
        golden("zero", "0000000000000000", w -> w.writeLong(0), WireReader::readLong, 0L),
        golden(
            "an integer, least byte first",
            "efcdab8967452301",
            w -> w.writeLong(0x0123456789abcdefL),
            WireReader::readLong,
            0x0123456789abcdefL),
        golden(
            "the largest integer",
            "ffffffffffffffff",
            w -> w.writeLong(-1),
            WireReader::readLong,
            -1L),
        golden(
            "a magic number",
            "eb9d0c3900000000",
            w -> w.writeLong(0x390c9deb),
            WireReader::readInt,
            0x390c9deb),
        golden("false", "0000000000000000", w -> w.writeBool(false), WireReader::readBool, false),
        golden("true", "0100000000000000", w -> w.writeBool(true), WireReader::readBool, true),
        golden("no text", "0000000000000000", w -> w.writeString(""), r -> r.readString(9), ""),
        golden(
            "padded text",
            "0300000000000000 6162630000000000",
            w -> w.writeString("abc"),
            r -> r.readString(9),
            "abc"),
        golden(
            "text that needs no padding",
            "0800000000000000 6162636465666768",
            w -> w.writeString("abcdefgh"),
            r -> r.readString(9),
            "abcdefgh"),
        golden(
            "text in UTF-8",
            "0600000000000000 c3bcf09f98800000",
            w -> w.writeString("ü😀"),
            r -> r.readString(9),
            "ü😀"),
        golden(
            "a list",
            "0200000000000000 0100000000000000 7a00000000000000 0100000000000000 6100000000000000",
            w -> w.writeStrings(List.of("z", "a")),
            r -> r.readStrings(9, 9),
            List.of("z", "a")),
        golden(
            "a store path",
            HELLO_HEX,
            w -> w.writeStorePath(DIR, HELLO),
            r -> r.readStorePath(DIR),
            HELLO),
        golden(
            "a store path that is there",
            HELLO_HEX,
            w -> w.writeOptionalStorePath(DIR, Optional.of(HELLO)),
            r -> r.readOptionalStorePath(DIR),
            Optional.of(HELLO)),
        golden(
            "a store path that is absent",
            "0000000000000000",
            w -> w.writeOptionalStorePath(DIR, Optional.empty()),
            r -> r.readOptionalStorePath(DIR),
            Optional.empty()),
        golden(
            "a set of store paths",
            "0100000000000000" + HELLO_HEX,
            w -> w.writeStorePaths(DIR, List.of(HELLO)),
            r -> r.readStorePaths(DIR),
            List.of(HELLO)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("items")
  void every_item_has_its_golden_bytes_both_ways(
      String name, String hex, Writing write, Reading<?> read, Object value) throws IOException {
    var bytes = hex(hex);
    assertThat(written(write)).as(name).isEqualTo(bytes);
    var reader = reader(bytes);
    assertThat((Object) read.from(reader)).as(name).isEqualTo(value);
    assertThat(reader.offset()).isEqualTo(bytes.length);
    assertThat(reader.atEnd()).isTrue();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("items")
  void every_truncation_is_a_premature_end(
      String name, String hex, Writing write, Reading<?> read, Object value) {
    var bytes = hex(hex);
    for (var length = 0; length < bytes.length; length++) {
      var cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> read.from(reader(cut)))
          .as("%s cut to %d bytes", name, length)
          .isInstanceOf(EOFException.class)
          .hasMessageContaining("offset");
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("items")
  void every_changed_byte_is_read_or_refused_and_takes_no_memory(
      String name, String hex, Writing write, Reading<?> read, Object value) {
    var bytes = hex(hex);
    var before = Bytes.allocated();
    for (var i = 0; i < bytes.length; i++) {
      for (var bit = 0; bit < 8; bit++) {
        var changed = bytes.clone();
        changed[i] ^= (byte) (1 << bit);
        try {
          read.from(reader(changed));
        } catch (EOFException | WireFormatException refused) {
          assertThat(refused).hasMessageContaining("offset");
        } catch (IOException e) {
          throw new AssertionError(name + ", bit " + bit + " of byte " + i, e);
        }
      }
    }
    // The reader's own buffer is most of it.
    assertThat((Bytes.allocated() - before) / (bytes.length * 8L)).isLessThan(512 * 1024);
  }

  @Test
  void sets_of_paths_are_written_sorted() throws IOException {
    var bytes = written(w -> w.writeStorePaths(DIR, List.of(DEMO, HELLO)));
    assertThat(reader(bytes).readStorePaths(DIR)).containsExactly(HELLO, DEMO);
  }

  @Test
  void sets_of_paths_are_read_in_any_order() throws IOException {
    var bytes =
        written(w -> {
          w.writeLong(3);
          w.writeStorePath(DIR, DEMO);
          w.writeStorePath(DIR, HELLO);
          w.writeStorePath(DIR, DEMO);
        });
    assertThat(reader(bytes).readStorePaths(DIR)).containsExactly(DEMO, HELLO, DEMO);
  }

  @Test
  void any_integer_but_zero_is_true() throws IOException {
    assertThat(reader(hex("0000000000000080")).readBool()).isTrue();
  }

  @Test
  void malformed_utf_8_is_replaced() throws IOException {
    assertThat(reader(hex("0100000000000000 ff00000000000000")).readString(1)).isEqualTo("\ufffd");
  }

  @Test
  void an_integer_that_does_not_fit_names_its_offset() {
    var bytes = hex("0000000000000000 0000008000000000");
    assertThatThrownBy(
            () -> {
              var reader = reader(bytes);
              reader.readLong();
              reader.readInt();
            })
        .isInstanceOfSatisfying(
            WireFormatException.class,
            e -> {
              assertThat(e.offset()).isEqualTo(8);
              assertThat(e.expected()).isEqualTo("an integer below 2^31");
              assertThat(e.found()).isEqualTo("2147483648");
              assertThat(e)
                  .hasMessage(
                      "malformed input at offset 8: expected an integer below 2^31, found"
                          + " 2147483648");
            });
    assertThatThrownBy(() -> reader(hex("0000000000000080")).readSize())
        .isInstanceOf(WireFormatException.class)
        .hasMessageEndingWith("found 9223372036854775808");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4})
  void padding_that_is_not_zero_names_its_offset(int position) {
    var bytes = hex("0300000000000000 6162630000000000");
    bytes[11 + position] = 0x7f;
    assertThatThrownBy(() -> reader(bytes).readString(8))
        .isInstanceOfSatisfying(
            WireFormatException.class,
            e -> {
              assertThat(e.offset()).isEqualTo(11 + position);
              assertThat(e.expected()).isEqualTo("zero padding");
              assertThat(e.found()).isEqualTo("0x7f");
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"0400000000000000", "ffffffffffffff7f", "ffffffffffffffff"})
  void a_string_beyond_its_bound_is_refused_before_it_is_read(String length) {
    var bytes = hex(length + "6162636400000000");
    assertThatThrownBy(() -> reader(bytes).readBytes(3))
        .isInstanceOf(WireFormatException.class)
        .hasMessageContaining("a string of at most 3 bytes");
    assertThatThrownBy(() -> reader(bytes).readString(3))
        .isInstanceOf(WireFormatException.class)
        .hasMessageContaining("a string of at most 3 bytes");
  }

  @Test
  void a_list_beyond_its_bound_is_refused_before_it_is_read() {
    assertThatThrownBy(() -> reader(hex("0400000000000000")).readStrings(3, 3))
        .isInstanceOf(WireFormatException.class)
        .hasMessageContaining("a list of at most 3 elements, found 4");
    assertThatThrownBy(() -> reader(hex("ffffffffffffffff")).readStorePaths(DIR))
        .isInstanceOf(WireFormatException.class);
  }

  @Test
  void a_length_that_lies_takes_no_memory() {
    var before = Bytes.allocated();
    var bytes = hex("ffffff7f00000000 6162636465666768");
    assertThatThrownBy(() -> reader(bytes).readBytes(Integer.MAX_VALUE))
        .isInstanceOf(EOFException.class);
    assertThatThrownBy(() -> reader(bytes).readStrings(Integer.MAX_VALUE, 8))
        .isInstanceOf(WireFormatException.class);
    assertThatThrownBy(() -> reader(hex("ffffff0000000000")).readStorePaths(DIR))
        .isInstanceOf(EOFException.class);
    assertThat(Bytes.allocated() - before).isLessThan(2 << 20);
  }

  @Test
  void a_long_string_arrives_whole() throws IOException {
    var random = new Random(7);
    for (var length : new int[] {65_535, 65_536, 65_537, 131_073, 1_000_000}) {
      var value = new byte[length];
      random.nextBytes(value);
      var bytes = written(w -> w.writeBytes(value));
      assertThat(bytes.length % 8).isZero();
      assertThat(reader(bytes).readBytes(length)).isEqualTo(value);
      assertThat(new WireReader(trickle(bytes, 1_000)).readBytes(length)).isEqualTo(value);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/nix/store/x", "/gnu/store/i9pmrzmpshapij2kin22pff6fc2adavx-a", ""})
  void what_is_not_a_store_path_is_quoted(String text) throws IOException {
    var bytes = written(w -> w.writeString(text));
    assertThatThrownBy(() -> reader(bytes).readStorePath(DIR))
        .isInstanceOf(WireFormatException.class)
        .hasMessage(
            "malformed input at offset 0: expected a path in /nix/store, found '" + text + "'");
  }

  @Test
  void a_message_masks_control_characters_and_cuts_long_text() {
    var failure = new WireFormatException(0, "text", "\u001b[31m" + "x".repeat(1_000));
    assertThat(failure.found()).startsWith("?[31mxxx").hasSize(201).endsWith("…");
  }

  @Test
  void a_limited_stream_ends_where_it_should() throws IOException {
    var bytes = hex("6162636465 0700000000000000");
    var reader = reader(bytes);
    var limited = reader.limited(5);
    assertThat(limited.read()).isEqualTo('a');
    assertThat(limited.skip(1)).isEqualTo(1);
    assertThat(limited.readAllBytes()).isEqualTo(hex("636465"));
    assertThat(limited.read()).isEqualTo(-1);
    assertThat(limited.skip(1)).isZero();
    assertThat(reader.readLong()).isEqualTo(7);
    assertThat(reader.atEnd()).isTrue();
  }

  @Test
  void a_limited_stream_that_is_too_short_is_a_premature_end() {
    assertThatThrownBy(() -> reader(hex("6162")).limited(3).readAllBytes())
        .isInstanceOf(EOFException.class)
        .hasMessage("the stream ends at offset 2 where 1 more bytes were expected");
    assertThatThrownBy(() -> reader(hex("6162")).limited(3).skip(3))
        .isInstanceOf(EOFException.class);
  }

  @Test
  void looking_for_the_end_consumes_nothing() throws IOException {
    var reader = reader(hex("0500000000000000"));
    assertThat(reader.atEnd()).isFalse();
    assertThat(reader.offset()).isZero();
    assertThat(reader.readLong()).isEqualTo(5);
    assertThat(reader.atEnd()).isTrue();
    assertThat(reader.offset()).isEqualTo(8);
  }

  @Test
  void random_messages_come_back_however_they_trickle() throws IOException {
    for (var seed = 0; seed < 50; seed++) {
      var message = Message.random(new Random(seed));
      var bytes = written(message::writeTo);
      for (var step : new int[] {1, 7, 4_096, 70_000}) {
        var reader = new WireReader(trickle(bytes, step));
        message.expectFrom(reader, "seed " + seed + ", step " + step);
        assertThat(reader.offset()).as("seed %d, step %d", seed, step).isEqualTo(bytes.length);
      }
    }
  }

  @Test
  void nothing_leaves_before_the_buffer_is_full_or_flushed() throws IOException {
    var out = new ByteArrayOutputStream();
    var writer = new WireWriter(out);
    writer.writeString("waits");
    writer.bytes().write(new byte[100]);
    assertThat(out.size()).isZero();
    writer.bytes().flush();
    assertThat(out.size()).isEqualTo(116);
  }

  @Test
  void a_large_write_goes_around_the_buffer_and_stays_in_order() throws IOException {
    var large = new byte[200_000];
    Arrays.fill(large, (byte) 'x');
    var writes = new ArrayList<byte[]>();
    var out =
        new OutputStream() {
          @Override
          public void write(int b) {
            throw new AssertionError("one byte at a time");
          }

          @Override
          public void write(byte[] bytes, int offset, int length) {
            writes.add(Arrays.copyOfRange(bytes, offset, offset + length));
          }
        };
    var writer = new WireWriter(out);
    writer.writeLong(1);
    writer.bytes().write(large);
    writer.bytes().write('y');
    writer.flush();
    assertThat(writes).hasSize(3);
    assertThat(writes.get(0)).isEqualTo(hex("0100000000000000"));
    assertThat(writes.get(1)).isEqualTo(large);
    assertThat(writes.get(2)).isEqualTo(new byte[] {'y'});
  }

  /** Random strings and integers. */
  private record Message(List<Object> items) {
    static Message random(Random random) {
      var items = new ArrayList<Object>();
      for (var i = random.nextInt(40); i >= 0; i--) {
        if (random.nextBoolean()) {
          items.add(random.nextLong());
        } else {
          var length = random.nextInt(10) == 0 ? random.nextInt(100_000) : random.nextInt(30);
          items.add("ä".repeat(length / 2) + "x".repeat(length % 2));
        }
      }
      return new Message(items);
    }

    void writeTo(WireWriter writer) throws IOException {
      for (var item : items) {
        switch (item) {
          case Long number -> writer.writeLong(number);
          default -> writer.writeString((String) item);
        }
      }
    }

    void expectFrom(WireReader reader, String what) throws IOException {
      for (var item : items) {
        var max = 200_000;
        Object found =
            switch (item) {
              case Long number -> reader.readLong();
              default -> reader.readString(max);
            };
        assertThat(found).as(what).isEqualTo(item);
      }
    }
  }

  @Test
  void the_golden_path_is_the_text_it_says() {
    assertThat(new String(hex(HELLO_HEX), 8, 53, StandardCharsets.UTF_8))
        .isEqualTo("/nix/store/" + HELLO);
  }
}
