package io.hookq.relay;

import io.hookq.store.StorePath;
import java.io.IOException;

/**
 * Who is asked before a request is passed on, and may refuse it.
 *
 * <p>Called by the one thread that reads the client, in the order of the requests; while a method
 * runs nothing of what it is asked about has reached the server.
 */
public interface Admission {
  /**
   * The client counts on {@code path}, valid or not, to stay there.
   *
   * @throws RefusedException if the client may not go on
   * @throws IOException if it cannot be kept there
   */
  void rely(StorePath path) throws IOException;

  /**
   * The client adds {@code path}.
   *
   * @throws RefusedException if the client may not go on
   * @throws IOException if it could not be kept there
   */
  void add(StorePath path) throws IOException;

  /**
   * So many bytes of NARs are to follow.
   *
   * @throws RefusedException if the client may not go on
   */
  void narBytes(long count) throws IOException;
}
