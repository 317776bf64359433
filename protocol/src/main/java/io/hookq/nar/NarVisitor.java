package io.hookq.nar;

import java.io.IOException;
import java.io.InputStream;

/**
 * Told what a NAR contains, in its order.
 *
 * <p>One node is one call of {@link #regular} or {@link #symlink}, or one of {@link #directory},
 * then for each entry {@link #entry} and the entry's node, then {@link #endDirectory}. Arrays that
 * are passed belong to the visitor. An exception ends the visit.
 */
public interface NarVisitor {
  /**
   * A file.
   *
   * @param size the bytes that {@code contents} holds
   * @param contents usable during this call only; need not be read, nor to its end
   */
  void regular(boolean executable, long size, InputStream contents) throws IOException;

  /** A symbolic link to {@code target}, any bytes. */
  void symlink(byte[] target) throws IOException;

  /** A directory begins. */
  void directory() throws IOException;

  /** The next node is the entry {@code name} of the innermost open directory. */
  void entry(byte[] name) throws IOException;

  /** The innermost open directory ends. */
  void endDirectory() throws IOException;
}
