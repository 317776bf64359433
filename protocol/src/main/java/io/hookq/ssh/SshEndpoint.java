package io.hookq.ssh;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Where to log in, as whom, with what, and whom to believe: all that one SSH session needs to know.
 *
 * @param host a name or an address; IPv6 addresses without brackets
 * @param identities tried in this order; empty means the default keys of the user that runs this
 *     process ({@link SshIdentity#defaults})
 * @param connectTimeout for the name lookup, the TCP connection, the key exchange and the
 *     authentication together
 * @param stallTimeout no SSH packet, keep-alive answers included, for this long is a dead peer
 * @param zlib whether to ask for compression by SSH itself; a server that refuses is no error
 * @param family which addresses of the host are tried
 * @param hostKeyAlias the name under which the host's key is known, instead of host and port
 * @param via the host to go by way of, which may itself be reached by way of another
 */
public record SshEndpoint(
    String host,
    int port,
    String user,
    List<SshIdentity> identities,
    HostKeyPolicy hostKeys,
    Duration connectTimeout,
    Duration stallTimeout,
    boolean zlib,
    Family family,
    Optional<String> hostKeyAlias,
    Optional<SshEndpoint> via) {

  public static final int DEFAULT_PORT = 22;

  /** Kinds of addresses. */
  public enum Family {
    ANY,
    IPV4,
    IPV6
  }

  /** A host that is reached directly, at any of its addresses, and known by its own name. */
  public SshEndpoint(
      String host,
      int port,
      String user,
      List<SshIdentity> identities,
      HostKeyPolicy hostKeys,
      Duration connectTimeout,
      Duration stallTimeout,
      boolean zlib) {
    this(
        host,
        port,
        user,
        identities,
        hostKeys,
        connectTimeout,
        stallTimeout,
        zlib,
        Family.ANY,
        Optional.empty(),
        Optional.empty());
  }

  public SshEndpoint {
    if (host.isEmpty() || host.startsWith("-") || host.chars().anyMatch(c -> c <= ' ')) {
      throw new IllegalArgumentException("not a host name: '" + host + "'");
    }
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("not a port: " + port);
    }
    if (user.isEmpty()) {
      throw new IllegalArgumentException("the user is empty");
    }
    if (!connectTimeout.isPositive() || !stallTimeout.isPositive()) {
      throw new IllegalArgumentException("timeouts must be positive");
    }
    identities = List.copyOf(identities);
  }

  /** The same host, reached by way of another. */
  public SshEndpoint by(SshEndpoint jump) {
    return new SshEndpoint(
        host,
        port,
        user,
        identities,
        hostKeys,
        connectTimeout,
        stallTimeout,
        zlib,
        family,
        hostKeyAlias,
        Optional.of(jump));
  }

  /** {@code host:port} as people write it, with brackets where the host is an IPv6 address. */
  public String address() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  @Override
  public String toString() {
    return user + "@" + address();
  }
}
