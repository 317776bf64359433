package io.hookq.ssh;

import java.io.Closeable;
import java.io.IOException;

/**
 * One authenticated SSH connection, over which any number of commands can run, one after another or
 * side by side.
 *
 * <p>Thread-safe. Closing it ends its commands: their streams fail, saying why. It closes itself
 * when the peer went away or silent.
 */
public final class SshSession implements Closeable {
  SshSession() {}

  /**
   * Starts a command without a terminal. The far side's shell parses it.
   *
   * @throws SshUnreachableException if the session is closed or the peer refuses the channel
   * @throws java.io.InterruptedIOException if the thread was interrupted; the flag stays set
   */
  public RemoteCommand exec(String command) throws IOException {
    return new RemoteCommand();
  }

  /** Whether commands can still be started. */
  public boolean isOpen() {
    return false;
  }

  /** The peer's identification, such as {@code SSH-2.0-OpenSSH_9.2p1 Debian-2}. */
  public String serverVersion() {
    return "";
  }

  @Override
  public void close() {}
}
