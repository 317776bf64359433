package io.hookq.nar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hookq.store.NarHash;
import io.hookq.store.NarMismatchException;
import io.hookq.store.NarSource;
import io.hookq.store.PathInfo;
import io.hookq.store.SourceReadException;
import io.hookq.store.StorePath;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class NarGateTest {
  private static final StorePath PATH = new StorePath("0".repeat(32) + "-gate");

  private final byte[] nar = bytes(1000);
  private final ByteArrayOutputStream arrived = new ByteArrayOutputStream();

  private static byte[] bytes(int length) {
    var bytes = new byte[length];
    new Random(1).nextBytes(bytes);
    return bytes;
  }

  private static PathInfo info(byte[] nar, long size) {
    try {
      var hash = NarHash.of(MessageDigest.getInstance("SHA-256").digest(nar));
      return PathInfo.of(PATH, hash, size, List.of());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static NarSource inPieces(byte[] bytes, int size) {
    return out -> {
      for (var i = 0; i < bytes.length; i += size) {
        out.write(bytes, i, Math.min(size, bytes.length - i));
      }
    };
  }

  @Test
  void what_is_right_arrives_whole_in_pieces_of_any_size() throws IOException {
    for (var size = 1; size <= nar.length; size++) {
      arrived.reset();
      NarGate.pass(info(nar, nar.length), inPieces(nar, size), arrived);
      assertThat(arrived.toByteArray()).isEqualTo(nar);
    }
  }

  @Test
  void large_pieces_pass_uncopied() throws IOException {
    var big = bytes(1 << 20);
    var sameArray = new boolean[1];
    var out =
        new OutputStream() {
          @Override
          public void write(int b) {}

          @Override
          @SuppressWarnings("ReferenceEquality") // the very array is meant
          public void write(byte[] bytes, int offset, int length) {
            sameArray[0] |= bytes == big;
          }
        };
    NarGate.pass(info(big, big.length), o -> o.write(big), out);
    assertThat(sameArray[0]).isTrue();
  }

  @Test
  void the_last_16_bytes_of_what_is_wrong_stay_behind() {
    var changed = nar.clone();
    changed[0] ^= 1;
    for (var size : new int[] {1, 7, 8, 16, 17, 999, 1000}) {
      arrived.reset();
      assertThatThrownBy(
              () -> NarGate.pass(info(nar, nar.length), inPieces(changed, size), arrived))
          .isInstanceOf(NarMismatchException.class)
          .hasMessageContaining("hashes to");
      assertThat(arrived.size()).isEqualTo(nar.length - 16);
    }
  }

  @Test
  void what_is_too_long_or_too_short_never_fills_its_announced_size() {
    for (var size : new int[] {1, 8, 100, 1000}) {
      for (var announced : new int[] {8, 992, 1008, 5000}) {
        arrived.reset();
        assertThatThrownBy(() -> NarGate.pass(info(nar, announced), inPieces(nar, size), arrived))
            .isInstanceOf(NarMismatchException.class)
            .hasMessageContaining("its path info");
        assertThat(arrived.size()).isLessThan(announced);
      }
    }
  }

  @Test
  void the_receivers_failure_is_its_own_even_if_the_source_dresses_it_up() {
    var full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("no room");
          }
        };
    NarSource dressing =
        out -> {
          try {
            out.write(nar);
          } catch (IOException e) {
            throw new SourceReadException("something went wrong", e);
          }
        };
    assertThatThrownBy(() -> NarGate.pass(info(nar, nar.length), dressing, full))
        .hasMessage("no room");
  }

  @Test
  void a_source_that_ends_early_without_a_word_is_a_mismatch() {
    var half = Arrays.copyOf(nar, 500);
    assertThatThrownBy(() -> NarGate.pass(info(nar, nar.length), inPieces(half, 100), arrived))
        .isInstanceOf(NarMismatchException.class)
        .hasMessageContaining("is 500 bytes long");
  }
}
