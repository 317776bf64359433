package io.hookq.worker;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a NAR goes, with a memory: whether anything has arrived there, and whether a failure came
 * from there, not from where the NAR is read.
 */
final class NarTarget extends OutputStream {
  private final OutputStream out;
  private boolean touched;
  private @Nullable IOException failure;

  NarTarget(OutputStream out) {
    this.out = out;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    touched = true;
    try {
      out.write(bytes, offset, length);
    } catch (IOException e) {
      failure = e;
      throw e;
    }
  }

  boolean isTouched() {
    return touched;
  }

  Optional<IOException> failure() {
    return Optional.ofNullable(failure);
  }
}
