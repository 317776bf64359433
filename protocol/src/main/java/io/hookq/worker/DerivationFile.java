package io.hookq.worker;

import io.hookq.nar.NarVisitor;
import io.hookq.store.Derivation;
import io.hookq.store.InvalidDerivationException;
import io.hookq.store.SourceReadException;
import io.hookq.store.StoreDir;
import java.io.IOException;
import java.io.InputStream;

/** Takes the text of a derivation out of the NAR of its {@code .drv} file. */
final class DerivationFile implements NarVisitor {
  private static final int MAX_SIZE = 64 << 20;

  private byte[] text = new byte[0];

  /** What the file says. */
  Derivation derivation(StoreDir dir) throws IOException {
    try {
      return Derivation.parse(dir, text);
    } catch (InvalidDerivationException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** The same with each byte of its strings as one character. */
  Derivation derivationOfBytes(StoreDir dir) throws IOException {
    try {
      return Derivation.parseBytes(dir, text);
    } catch (InvalidDerivationException e) {
      throw new SourceReadException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public void regular(boolean executable, long size, InputStream contents) throws IOException {
    if (size > MAX_SIZE) {
      throw new IOException("a derivation of " + size + " bytes");
    }
    text = contents.readAllBytes();
  }

  @Override
  public void symlink(byte[] target) throws IOException {
    throw noFile();
  }

  @Override
  public void directory() throws IOException {
    throw noFile();
  }

  @Override
  public void entry(byte[] name) {}

  @Override
  public void endDirectory() {}

  private static IOException noFile() {
    return new IOException("not a derivation: it is not a file");
  }
}
