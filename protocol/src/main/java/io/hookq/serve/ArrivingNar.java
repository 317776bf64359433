package io.hookq.serve;

import io.hookq.store.NarHash;
import io.hookq.store.PathInfo;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A NAR on its way into a store: whoever reads it learns at its end, by an exception in the place
 * of the end of file, that it does not hash to what was announced.
 */
final class ArrivingNar extends FilterInputStream {
  private final PathInfo info;
  private final MessageDigest digest;
  private boolean checked;

  ArrivingNar(PathInfo info, InputStream bytes) {
    this(info, bytes, sha256());
  }

  private ArrivingNar(PathInfo info, InputStream bytes, MessageDigest digest) {
    super(new DigestInputStream(bytes, digest));
    this.info = info;
    this.digest = digest;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    var count = super.read(bytes, offset, length);
    if (count < 0 && !checked) {
      check();
    }
    return count;
  }

  private void check() throws IOException {
    var got = NarHash.of(digest.digest());
    if (!got.equals(info.narHash())) {
      throw new IOException(
          "hash mismatch importing path '%s'; specified: %s, got: %s"
              .formatted(info.path(), info.narHash(), got));
    }
    checked = true;
  }
}
