package io.hookq.ssh;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.sshd.client.ClientBuilder;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.config.hosts.HostConfigEntryResolver;
import org.apache.sshd.client.future.AuthFuture;
import org.apache.sshd.client.future.ConnectFuture;
import org.apache.sshd.client.keyverifier.RejectAllServerKeyVerifier;
import org.apache.sshd.client.session.ClientSessionImpl;
import org.apache.sshd.client.session.SessionFactory;
import org.apache.sshd.common.AttributeRepository;
import org.apache.sshd.common.PropertyResolver;
import org.apache.sshd.common.io.IoConnector;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.io.nio2.Nio2ServiceFactoryFactory;
import org.apache.sshd.common.keyprovider.KeyIdentityProvider;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.SessionListener;
import org.apache.sshd.common.util.threads.SshThreadPoolExecutor;
import org.apache.sshd.core.CoreModuleProperties;
import org.jspecify.annotations.Nullable;

/**
 * Opens SSH sessions. A process needs one: all sessions share its few threads, which are daemon
 * threads.
 *
 * <p>Thread-safe. Closing it closes every session it opened.
 */
public final class SshConnector implements Closeable {
  static {
    JdkEd25519.register();
  }

  /** Two read packets and decrypt them; the writers encrypt on their own threads. */
  private static final int WORKERS = 2;

  /** MINA's client, which can also connect through another of its sessions. */
  private static final class TunnellingClient extends SshClient {
    @Override
    protected IoConnector createConnector() {
      return new TunnelConnector(super.createConnector(), getSessionFactory());
    }
  }

  private final SshClient client;
  private final ScheduledExecutorService scheduler;

  public SshConnector() {
    scheduler = scheduler();
    client =
        ClientBuilder.builder()
            .factory(TunnellingClient::new)
            .cipherFactories(Algorithms.CIPHERS)
            .macFactories(Algorithms.MACS)
            .keyExchangeFactories(Algorithms.KEY_EXCHANGES)
            .signatureFactories(Algorithms.signatures(List.of()))
            .compressionFactories(Algorithms.NO_COMPRESSION)
            // Each session brings its own; one that did not would be refused, where MINA's default
            // lets everybody through.
            .serverKeyVerifier(RejectAllServerKeyVerifier.INSTANCE)
            // MINA would read ~/.ssh/config and ~/.ssh/id_* by itself.
            .hostConfigEntryResolver(HostConfigEntryResolver.EMPTY)
            .build(true);
    client.setKeyIdentityProvider(KeyIdentityProvider.EMPTY_KEYS_PROVIDER);
    client.setUserAuthFactories(List.of(new IdentityAuth.Factory()));
    client.setIoServiceFactoryFactory(new Nio2ServiceFactoryFactory(SshConnector::workers));
    client.setScheduledExecutorService(scheduler, false);
    client.setSessionFactory(
        new SessionFactory(client) {
          @Override
          protected ClientSessionImpl doCreateSession(IoSession ioSession) throws Exception {
            return new ClientConnection(getClient(), ioSession);
          }
        });
    client.addSessionListener(
        new SessionListener() {
          @Override
          public void sessionCreated(Session session) {
            Handshake handshake =
                ((ClientConnection) session).getConnectionContext().getAttribute(Handshake.KEY);
            session.addSessionListener(handshake);
            handshake.sessionCreated(session);
          }
        });
    configure(client);
    client.start();
  }

  /** What client and server here have in common: MINA's clocks cut healthy peers. */
  static void configure(PropertyResolver mina) {
    // The end of an attempt is our deadline, the end of an open session our stall watch.
    CoreModuleProperties.AUTH_TIMEOUT.set(mina, Duration.ZERO);
    CoreModuleProperties.IDLE_TIMEOUT.set(mina, Duration.ZERO);
    CoreModuleProperties.NIO2_READ_TIMEOUT.set(mina, Duration.ZERO);
    CoreModuleProperties.NIO2_MIN_WRITE_TIMEOUT.set(mina, Duration.ZERO);
    CoreModuleProperties.WAIT_FOR_SPACE_TIMEOUT.set(mina, Duration.ofDays(3650));
    // Nagle's algorithm costs up to 40 ms for every small answer.
    CoreModuleProperties.TCP_NODELAY.set(mina, true);
    CoreModuleProperties.SOCKET_KEEPALIVE.set(mina, true);
    CoreModuleProperties.NIO_WORKERS.set(mina, WORKERS);
    CoreModuleProperties.STOP_WAIT_TIME.set(mina, Duration.ofSeconds(2));
    // Window and packet size stay MINA's own: 2 MiB and 32 KiB; 16 MiB made pulls four times
    // slower.
  }

  static SshThreadPoolExecutor workers() {
    var number = new AtomicInteger();
    var workers =
        new SshThreadPoolExecutor(
            WORKERS,
            WORKERS,
            30,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task ->
                Thread.ofPlatform()
                    .daemon()
                    .name("hookq-ssh-io-" + number.incrementAndGet())
                    .unstarted(task),
            new ThreadPoolExecutor.AbortPolicy());
    return workers;
  }

  private static ScheduledExecutorService scheduler() {
    var scheduler =
        new ScheduledThreadPoolExecutor(
            1, task -> Thread.ofPlatform().daemon().name("hookq-ssh-watch").unstarted(task));
    scheduler.setRemoveOnCancelPolicy(true);
    return scheduler;
  }

  /**
   * Opens an authenticated session. Blocks, at most for the endpoint's connect timeout.
   *
   * @throws SshException if there is no session, with the reason
   * @throws java.io.InterruptedIOException if the thread was interrupted; the flag stays set
   */
  public SshSession connect(SshEndpoint endpoint) throws IOException {
    try {
      return connect(endpoint, System.nanoTime() + endpoint.connectTimeout().toNanos());
    } catch (InterruptedIOException e) {
      Thread.currentThread().interrupt();
      throw e;
    }
  }

  private SshSession connect(SshEndpoint endpoint, long deadline) throws IOException {
    if (endpoint.via().isEmpty()) {
      return connect(endpoint, deadline, null, null);
    }
    SshEndpoint jump = endpoint.via().get();
    long jumpDeadline =
        Math.min(deadline - System.nanoTime(), jump.connectTimeout().toNanos()) + System.nanoTime();
    SshSession first = connect(jump, jumpDeadline);
    boolean opened = false;
    try {
      SshSession session = connect(endpoint, deadline, first, first.tunnel(endpoint, deadline));
      opened = true;
      return session;
    } finally {
      if (!opened) {
        first.close();
      }
    }
  }

  private SshSession connect(
      SshEndpoint endpoint,
      long deadline,
      @Nullable SshSession first,
      @Nullable TunnelChannel tunnel)
      throws IOException {
    List<SshIdentity> identities =
        endpoint.identities().isEmpty()
            ? SshIdentity.defaults(Path.of(System.getProperty("user.home")))
            : endpoint.identities();
    var handshake = new Handshake(endpoint, identities, tunnel);
    ClientConnection connection =
        tunnel == null
            ? reach(handshake, deadline)
            : reach(
                handshake,
                // Goes nowhere: the way is there already.
                new InetSocketAddress(InetAddress.getLoopbackAddress(), endpoint.port()),
                deadline - System.nanoTime());
    boolean opened = false;
    try {
      authenticate(handshake, connection, deadline);
      handshake.opened();
      opened = true;
    } finally {
      if (!opened) {
        connection.close(true);
      }
    }
    return new SshSession(handshake, connection, scheduler, first);
  }

  /** Tries the addresses of the host one after the other, so that a dead IPv6 route is no end. */
  private ClientConnection reach(Handshake handshake, long deadline) throws IOException {
    List<InetAddress> addresses = resolve(handshake, deadline);
    var failures = new ArrayList<IOException>();
    for (int i = 0; i < addresses.size(); i++) {
      long share = (deadline - System.nanoTime()) / (addresses.size() - i);
      if (share <= 0) {
        break;
      }
      try {
        return reach(
            handshake, new InetSocketAddress(addresses.get(i), handshake.endpoint().port()), share);
      } catch (InterruptedIOException e) {
        throw e;
      } catch (IOException e) {
        failures.add(e);
      }
    }
    if (failures.isEmpty() || deadline - System.nanoTime() <= 0) {
      throw handshake.timedOut();
    }
    IOException first = failures.getFirst();
    failures.stream().skip(1).forEach(first::addSuppressed);
    throw first instanceof SshException ? first : handshake.failed(first);
  }

  private ClientConnection reach(Handshake handshake, InetSocketAddress address, long nanos)
      throws IOException {
    SshEndpoint endpoint = handshake.endpoint();
    ConnectFuture connecting =
        client.connect(
            endpoint.user(),
            address,
            AttributeRepository.ofKeyValuePair(Handshake.KEY, handshake),
            null);
    boolean connected = false;
    try {
      if (!connecting.await(Duration.ofNanos(nanos))) {
        throw handshake.timedOut();
      }
      if (!connecting.isConnected()) {
        throw handshake.failed(connecting.getException());
      }
      connected = true;
      return (ClientConnection) connecting.getSession();
    } finally {
      if (!connected) {
        connecting.cancel();
      }
    }
  }

  /** On a thread of its own, since the lookup cannot be interrupted and may take minutes. */
  private static List<InetAddress> resolve(Handshake handshake, long deadline) throws IOException {
    String host = handshake.endpoint().host();
    var lookup = new CompletableFuture<List<InetAddress>>();
    Thread.ofVirtual()
        .name("hookq-ssh-lookup")
        .start(() -> {
          try {
            var addresses = new ArrayList<InetAddress>();
            for (InetAddress address : InetAddress.getAllByName(host)) {
              if (isOf(handshake.endpoint().family(), address)) {
                addresses.add(nameless(address));
              }
            }
            if (addresses.isEmpty()) {
              throw new UnknownHostException(host + " has no such address");
            }
            lookup.complete(addresses);
          } catch (UnknownHostException | RuntimeException e) {
            lookup.completeExceptionally(e);
          }
        });
    try {
      return lookup.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new SshUnreachableException(
          "the name %s was not resolved within %s"
              .formatted(host, Durations.words(handshake.endpoint().connectTimeout())),
          null,
          e);
    } catch (ExecutionException e) {
      throw new SshUnreachableException(
          "the name " + host + " does not resolve",
          "check the host name, and the DNS or VPN that knows it",
          e.getCause());
    } catch (InterruptedException e) {
      throw (InterruptedIOException)
          new InterruptedIOException("interrupted while resolving " + host).initCause(e);
    }
  }

  private static boolean isOf(SshEndpoint.Family family, InetAddress address) {
    return switch (family) {
      case ANY -> true;
      case IPV4 -> address instanceof Inet4Address;
      case IPV6 -> address instanceof Inet6Address;
    };
  }

  /** MINA would look a name up again, and take its first address each time. */
  private static InetAddress nameless(InetAddress address) throws UnknownHostException {
    return address instanceof Inet6Address v6
        ? Inet6Address.getByAddress(null, v6.getAddress(), v6.getScopeId())
        : InetAddress.getByAddress(address.getAddress());
  }

  private static void authenticate(Handshake handshake, ClientConnection connection, long deadline)
      throws IOException {
    AuthFuture authenticating;
    try {
      authenticating = connection.auth();
    } catch (IOException | IllegalStateException e) {
      // The session can be gone already.
      throw handshake.failed(e);
    }
    long left = Math.max(1, deadline - System.nanoTime());
    if (!authenticating.await(Duration.ofNanos(left))) {
      throw handshake.timedOut();
    }
    if (!authenticating.isSuccess()) {
      throw handshake.failed(authenticating.getException());
    }
  }

  @Override
  public void close() {
    client.stop();
    scheduler.shutdownNow();
  }
}
