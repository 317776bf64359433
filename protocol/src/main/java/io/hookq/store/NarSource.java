package io.hookq.store;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Where the bytes of one store object come from, as a NAR.
 *
 * <p>Implementations stream: none holds a NAR in memory or in a temporary file.
 */
@FunctionalInterface
public interface NarSource {
  /**
   * Writes the NAR, all of it, from its first byte to its last; neither flushes nor closes {@code
   * out}. May be called again to write it once more.
   *
   * @throws IOException if the object cannot be read, or {@code out} not written; after it {@code
   *     out} holds part of a NAR. A failure to read is a {@link SourceReadException}, so that the
   *     two can be told apart
   */
  void writeTo(OutputStream out) throws IOException;
}
