package io.hookq.nar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hookq.store.Vectors;
import io.hookq.wire.WireFormatException;
import io.hookq.wire.WireReader;
import io.hookq.wire.WireWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class NarReaderTest {
  private static final byte[] NESTED = Vectors.bytes("nar/nested.nar");

  private static byte[] tokens(String... words) throws IOException {
    var bytes = new ByteArrayOutputStream();
    var writer = new WireWriter(bytes);
    for (var word : words) {
      writer.writeString(word);
    }
    writer.flush();
    return bytes.toByteArray();
  }

  private static void read(byte[] nar) throws IOException {
    NarReader.read(new ByteArrayInputStream(nar), new SilentVisitor());
  }

  private static byte[] copy(byte[] nar) throws IOException {
    var out = new ByteArrayOutputStream();
    NarReader.copy(new ByteArrayInputStream(nar), out);
    return out.toByteArray();
  }

  @Test
  void a_file_has_its_golden_bytes_both_ways() throws IOException {
    var nar =
        HexFormat.of()
            .parseHex(
                """
                0d000000000000006e69782d617263686976652d31000000
                01000000000000002800000000000000
                04000000000000007479706500000000
                0700000000000000726567756c617200
                0a0000000000000065786563757461626c65000000000000
                0000000000000000
                0800000000000000636f6e74656e7473
                060000000000000068656c6c6f0a0000
                01000000000000002900000000000000\
                """
                    .replaceAll("\\s", ""));
    var out = new ByteArrayOutputStream();
    new NarWriter(out)
        .regular(true, 6, new ByteArrayInputStream("hello\n".getBytes(StandardCharsets.US_ASCII)));
    assertThat(out.toByteArray()).isEqualTo(nar);
    NarReader.read(
        new ByteArrayInputStream(nar),
        new SilentVisitor() {
          @Override
          public void regular(boolean executable, long size, InputStream contents)
              throws IOException {
            assertThat(executable).isTrue();
            assertThat(size).isEqualTo(6);
            assertThat(contents.readAllBytes()).asString().isEqualTo("hello\n");
          }
        });
  }

  @Test
  void every_truncation_is_a_premature_end() {
    for (var length = 0; length < NESTED.length; length++) {
      var cut = Arrays.copyOf(NESTED, length);
      assertThatThrownBy(() -> copy(cut))
          .as("cut to %d bytes", length)
          .isInstanceOf(EOFException.class);
      assertThatThrownBy(() -> read(cut))
          .as("cut to %d bytes, contents not looked at", length)
          .isInstanceOf(EOFException.class);
    }
  }

  @Test
  void every_changed_byte_is_read_back_or_refused_and_takes_no_memory() {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    var before = threads.getCurrentThreadAllocatedBytes();
    for (var i = 0; i < NESTED.length; i++) {
      for (var bit = 0; bit < 8; bit++) {
        var changed = NESTED.clone();
        changed[i] ^= (byte) (1 << bit);
        var what = "bit " + bit + " of byte " + i;
        assertThatCode(
                () -> {
                  try {
                    assertThat(copy(changed)).isEqualTo(changed);
                  } catch (EOFException | WireFormatException refused) {
                    assertThat(refused).hasMessageContaining("offset");
                  }
                })
            .as(what)
            .doesNotThrowAnyException();
      }
    }
    // Contents that pretend to be huge make the writer's buffer as large as it gets, once.
    assertThat((threads.getCurrentThreadAllocatedBytes() - before) / (NESTED.length * 8L))
        .isLessThan(1 << 20);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 7, 8, 500_000})
  void contents_that_nobody_reads_are_skipped(long size) throws IOException {
    var out = new ByteArrayOutputStream();
    new NarWriter(out).regular(false, size, new ByteArrayInputStream(new byte[(int) size]));
    read(out.toByteArray());
  }

  @Test
  void a_connection_is_read_to_the_end_of_the_nar_and_no_further() throws IOException {
    var connection =
        new SequenceInputStream(
            new ByteArrayInputStream(NESTED),
            new ByteArrayInputStream(new byte[] {42, 0, 0, 0, 0, 0, 0, 0}));
    var wire = new WireReader(connection);
    var out = new ByteArrayOutputStream();
    NarReader.copy(wire, out);
    assertThat(out.toByteArray()).isEqualTo(NESTED);
    assertThat(wire.offset()).isEqualTo(NESTED.length);
    assertThat(wire.readLong()).isEqualTo(42);
  }

  @Test
  void a_failure_names_its_place_and_what_would_have_been_right() throws IOException {
    assertThatThrownBy(() -> read(tokens("nix-archive-1", "(", "type", "fifo")))
        .isInstanceOfSatisfying(
            WireFormatException.class,
            e -> {
              assertThat(e.offset()).isEqualTo(24 + 16 + 16);
              assertThat(e.expected()).isEqualTo("'regular', 'symlink' or 'directory'");
              assertThat(e.found()).isEqualTo("'fifo'");
            });
    var entries = new ByteArrayOutputStream();
    entries.write(tokens("nix-archive-1", "(", "type", "directory"));
    entries.write(tokens("entry", "(", "name", "b", "node"));
    entries.write(tokens("(", "type", "symlink", "target", "t", ")", ")"));
    entries.write(tokens("entry", "(", "name", "a"));
    assertThatThrownBy(() -> read(entries.toByteArray()))
        .isInstanceOf(WireFormatException.class)
        .hasMessageEndingWith("expected a name that sorts after 'b', found 'a'");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 254, 255, 256})
  void names_have_1_to_255_bytes(int length) throws IOException {
    var nar = new ByteArrayOutputStream();
    nar.write(tokens("nix-archive-1", "(", "type", "directory"));
    nar.write(tokens("entry", "(", "name", "x".repeat(length), "node"));
    nar.write(tokens("(", "type", "directory", ")", ")", ")"));
    if (length >= 1 && length <= 255) {
      assertThat(copy(nar.toByteArray())).isEqualTo(nar.toByteArray());
    } else {
      assertThatThrownBy(() -> read(nar.toByteArray())).isInstanceOf(WireFormatException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {".", "..", "a/b", "/", "a\0", "\0"})
  void some_names_would_lead_astray(String name) throws IOException {
    var nar = tokens("nix-archive-1", "(", "type", "directory", "entry", "(", "name", name, "node");
    assertThatThrownBy(() -> read(nar))
        .isInstanceOf(WireFormatException.class)
        .hasMessageContaining("expected a file name");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4_095, 4_096})
  void targets_have_1_to_4095_bytes(int length) throws IOException {
    var nar = tokens("nix-archive-1", "(", "type", "symlink", "target", "x".repeat(length), ")");
    if (length >= 1 && length <= 4_095) {
      assertThat(copy(nar)).isEqualTo(nar);
    } else {
      assertThatThrownBy(() -> read(nar)).isInstanceOf(WireFormatException.class);
    }
  }

  @Test
  void a_target_has_no_nul() throws IOException {
    var nar = tokens("nix-archive-1", "(", "type", "symlink", "target", "a\0b", ")");
    assertThatThrownBy(() -> read(nar)).isInstanceOf(WireFormatException.class);
  }

  @Test
  void endless_nesting_ends_at_64_levels() throws IOException {
    var nar = new ByteArrayOutputStream();
    nar.write(tokens("nix-archive-1"));
    var level = tokens("(", "type", "directory", "entry", "(", "name", "a", "node");
    for (var i = 0; i < 100_000; i++) {
      nar.write(level);
    }
    assertThatThrownBy(() -> read(nar.toByteArray()))
        .isInstanceOf(WireFormatException.class)
        .hasMessageContaining("at offset " + (24 + 64 * level.length))
        .hasMessageContaining("at most 64 levels");
  }

  @Test
  void a_writer_refuses_contents_of_another_length() {
    assertThatThrownBy(() ->
            new NarWriter(new ByteArrayOutputStream())
                .regular(false, 4, new ByteArrayInputStream(new byte[3])))
        .hasMessage("contents of 4 bytes are shorter");
    assertThatThrownBy(() ->
            new NarWriter(new ByteArrayOutputStream())
                .regular(false, 2, new ByteArrayInputStream(new byte[3])))
        .hasMessage("contents of 2 bytes are longer");
  }
}
