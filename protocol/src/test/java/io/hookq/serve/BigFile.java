package io.hookq.serve;

import io.hookq.nar.NarWriter;
import io.hookq.store.NarHash;
import io.hookq.store.NarSource;
import io.hookq.store.PathInfo;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;

/** A store object of any size that is held nowhere: one file of the letter x. */
public final class BigFile implements NarSource {
  private final long size;
  private final PathInfo info;

  /** A file of {@code size} bytes under that name. */
  public BigFile(String name, long size) {
    this.size = size;
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      var counter = new DigestOutputStream(OutputStream.nullOutputStream(), digest);
      writeTo(counter);
      var narSize = 112 + size + (-size & 7);
      info = PathInfo.of(StoreObject.path(name), NarHash.of(digest.digest()), narSize, List.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** What is said of it. */
  public PathInfo info() {
    return info;
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    new NarWriter(out).regular(false, size, new Letters(size));
  }

  private static final class Letters extends InputStream {
    private long remaining;

    Letters(long size) {
      remaining = size;
    }

    @Override
    public int read() {
      return remaining-- > 0 ? 'x' : -1;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
      if (remaining == 0) {
        return -1;
      }
      var count = (int) Math.min(length, remaining);
      Arrays.fill(bytes, offset, offset + count, (byte) 'x');
      remaining -= count;
      return count;
    }
  }
}
