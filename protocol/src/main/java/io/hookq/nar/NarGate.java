package io.hookq.nar;

import io.hookq.store.NarHash;
import io.hookq.store.NarMismatchException;
import io.hookq.store.NarSource;
import io.hookq.store.PathInfo;
import io.hookq.store.SourceReadException;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Lets a NAR through to its receiver and checks on the way that it is what its path info says.
 *
 * <p>The last 16 bytes wait until size and hash of the whole are known to be right, so a receiver
 * that waits for {@code narSize} bytes never gets all of a wrong NAR. What comes in large pieces
 * goes out in the same pieces, uncopied. Not thread-safe. Flushes and closes nothing. After an
 * exception the receiver holds part of a NAR.
 */
public final class NarGate extends OutputStream {
  /** No NAR is shorter than 96 bytes, so this much of it can always be kept back. */
  private static final int HELD_BACK = 16;

  private final PathInfo info;
  private final OutputStream out;
  private final MessageDigest digest;
  private final long passing;
  private final byte[] tail;
  private long count;
  private @Nullable IOException failure;

  private NarGate(PathInfo info, OutputStream out) {
    this.info = info;
    this.out = out;
    digest = sha256();
    passing = Math.max(0, info.narSize() - HELD_BACK);
    tail = new byte[(int) (info.narSize() - passing)];
  }

  /**
   * Sends the NAR of {@code info} from {@code nar} to {@code out}.
   *
   * @throws NarMismatchException if the bytes are not what {@code info} says; at least the last of
   *     them have not gone out
   * @throws SourceReadException if {@code nar} could not be read, or ended early by itself
   * @throws IOException if {@code out} could not be written
   */
  public static void pass(PathInfo info, NarSource nar, OutputStream out) throws IOException {
    var gate = new NarGate(info, out);
    try {
      nar.writeTo(gate);
    } catch (IOException e) {
      throw gate.blame(e);
    }
    gate.release();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    if (length > info.narSize() - count) {
      throw failed(
          new NarMismatchException(
              info.path(),
              "%s is longer than the %d bytes of its path info"
                  .formatted(info.path(), info.narSize())));
    }
    digest.update(bytes, offset, length);
    var through = Math.clamp(passing - count, 0, length);
    if (through > 0) {
      try {
        out.write(bytes, offset, through);
      } catch (IOException e) {
        throw failed(e);
      }
    }
    if (through < length) {
      var held = (int) (count + through - passing);
      System.arraycopy(bytes, offset + through, tail, held, length - through);
    }
    count += length;
  }

  private void release() throws IOException {
    if (count < info.narSize()) {
      throw new NarMismatchException(
          info.path(),
          "%s is %d bytes long, its path info says %d"
              .formatted(info.path(), count, info.narSize()));
    }
    var hash = NarHash.of(digest.digest());
    if (!hash.equals(info.narHash())) {
      throw new NarMismatchException(
          info.path(),
          "%s hashes to %s, its path info says %s".formatted(info.path(), hash, info.narHash()));
    }
    out.write(tail);
  }

  private IOException failed(IOException e) {
    failure = e;
    return e;
  }

  /** What went wrong on this side of the source wins: the source saw no more than an echo of it. */
  private IOException blame(IOException seenBySource) {
    if (failure != null) {
      return failure;
    }
    if (seenBySource instanceof SourceReadException) {
      return seenBySource;
    }
    return new SourceReadException(
        "cannot read %s: %s".formatted(info.path(), seenBySource.getMessage()), seenBySource);
  }
}
