package io.hookq.daemon.demo;

import io.hookq.store.NarHash;
import io.hookq.store.NarSource;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Takes a NAR for its hash and size only. For one thread; nothing to close. */
final class HashingStream extends OutputStream {
  private final MessageDigest digest = newDigest();
  private long size;

  /** A NAR's hash and size. */
  record Measure(NarHash narHash, long size) {}

  /** Reads {@code nar} to its end. */
  static Measure of(NarSource nar) throws IOException {
    var stream = new HashingStream();
    nar.writeTo(stream);
    return new Measure(NarHash.of(stream.digest.digest()), stream.size);
  }

  static NarHash sha256(byte[] bytes) {
    return NarHash.of(newDigest().digest(bytes));
  }

  private static MessageDigest newDigest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @Override
  public void write(int b) {
    digest.update((byte) b);
    size++;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    digest.update(bytes, offset, length);
    size += length;
  }
}
