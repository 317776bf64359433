package io.hookq.ssh;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.io.nio2.Nio2ServiceFactoryFactory;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.server.Environment;
import org.apache.sshd.server.ExitCallback;
import org.apache.sshd.server.ServerBuilder;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.auth.pubkey.UserAuthPublicKeyFactory;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.command.Command;
import org.jspecify.annotations.Nullable;

/**
 * An SSH server inside this process, on a free port of the loopback address, for the demonstration
 * and for tests on machines without {@code sshd}. It has a fresh Ed25519 host key, admits the given
 * public keys under any user name, and hands every command to one handler.
 *
 * <p>Thread-safe. {@link #close} ends all sessions and interrupts running handlers.
 */
public final class EmbeddedSshServer implements Closeable {
  static {
    JdkEd25519.register();
  }

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

  private final SshServer server;
  private final String hostKey;

  private EmbeddedSshServer(SshServer server, String hostKey) {
    this.server = server;
    this.hostKey = hostKey;
  }

  /**
   * Starts listening.
   *
   * @param authorizedKeys lines as in {@code authorized_keys}, without options
   */
  public static EmbeddedSshServer start(Collection<String> authorizedKeys, ExecHandler handler)
      throws IOException {
    Set<String> authorized =
        authorizedKeys.stream()
            .map(PublicKeyText::parse)
            .map(PublicKeyText::toString)
            .collect(Collectors.toUnmodifiableSet());
    GeneratedKey hostKey = GeneratedKey.ed25519();
    SshServer server =
        ServerBuilder.builder()
            .cipherFactories(Algorithms.CIPHERS)
            .macFactories(Algorithms.MACS)
            .keyExchangeFactories(
                NamedFactory.setUpTransformedFactories(
                    true, Algorithms.KEY_AGREEMENTS, ServerBuilder.DH2KEX))
            .signatureFactories(Algorithms.signatures(List.of()))
            .compressionFactories(Algorithms.ZLIB)
            .publickeyAuthenticator(
                (user, key, session) -> authorized.contains(PublicKeyText.of(key).toString()))
            .build(true);
    server.setUserAuthFactories(List.of(UserAuthPublicKeyFactory.INSTANCE));
    server.setKeyPairProvider(KeyPairProvider.wrap(hostKey.pair()));
    server.setCommandFactory((channel, command) -> new HandledCommand(command, handler));
    server.setIoServiceFactoryFactory(new Nio2ServiceFactoryFactory(SshConnector::workers));
    server.setHost("127.0.0.1");
    server.setPort(0);
    SshConnector.configure(server);
    server.start();
    return new EmbeddedSshServer(server, hostKey.publicLine());
  }

  /** Always {@code 127.0.0.1}. */
  public String host() {
    return "127.0.0.1";
  }

  /** The port it listens on. */
  public int port() {
    return server.getPort();
  }

  /** The host key, {@code ssh-ed25519 AAAA…}, fit for {@link HostKeyPolicy#pinned}. */
  public String hostKey() {
    return hostKey;
  }

  @Override
  public void close() {
    try {
      server.stop(true);
    } catch (IOException e) {
      // It listens no more; what else could be done about it is unknown.
    }
  }

  /** MINA sets the streams one by one, starts it once, and destroys it when the channel closes. */
  private static final class HandledCommand implements Command {
    private final String command;
    private final ExecHandler handler;
    private @Nullable InputStream in;
    private @Nullable OutputStream out;
    private @Nullable OutputStream err;
    private @Nullable ExitCallback exit;
    private volatile @Nullable Thread thread;

    HandledCommand(String command, ExecHandler handler) {
      this.command = command;
      this.handler = handler;
    }

    @Override
    public void setInputStream(InputStream in) {
      this.in = in;
    }

    @Override
    public void setOutputStream(OutputStream out) {
      this.out = out;
    }

    @Override
    public void setErrorStream(OutputStream err) {
      this.err = err;
    }

    @Override
    public void setExitCallback(ExitCallback callback) {
      this.exit = callback;
    }

    @Override
    public void start(ChannelSession channel, Environment env) {
      if (in == null || out == null || err == null || exit == null) {
        throw new IllegalStateException("a command was started without its streams");
      }
      InputStream in = this.in;
      OutputStream out = this.out;
      OutputStream err = this.err;
      ExitCallback exit = this.exit;
      thread =
          Thread.ofVirtual().name("hookq-ssh-exec").start(() -> exit.onExit(run(in, out, err)));
    }

    private int run(InputStream in, OutputStream out, OutputStream err) {
      try {
        int status = handler.exec(command, in, out, err);
        out.flush();
        err.flush();
        return status;
      } catch (IOException e) {
        try {
          err.write((e.getMessage() + "\n").getBytes(StandardCharsets.UTF_8));
          err.flush();
        } catch (IOException gone) {
          // Nobody is there to be told.
        }
        return 255;
      }
    }

    @Override
    public void destroy(ChannelSession channel) {
      Thread running = thread;
      if (running != null) {
        running.interrupt();
      }
    }
  }
}
