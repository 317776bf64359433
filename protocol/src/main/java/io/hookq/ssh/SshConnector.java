package io.hookq.ssh;

import java.io.Closeable;
import java.io.IOException;

/**
 * Opens SSH sessions. A process needs one: all sessions share its few threads, which are daemon
 * threads.
 *
 * <p>Thread-safe. Closing it closes every session it opened.
 */
public final class SshConnector implements Closeable {
  public SshConnector() {}

  /**
   * Opens an authenticated session. Blocks, at most for the endpoint's connect timeout.
   *
   * @throws SshException if there is no session, with the reason
   * @throws java.io.InterruptedIOException if the thread was interrupted; the flag stays set
   */
  public SshSession connect(SshEndpoint endpoint) throws IOException {
    return new SshSession();
  }

  @Override
  public void close() {}
}
