package io.hookq.daemon.transport;

import io.hookq.daemon.config.DestinationConfig;
import io.hookq.log.Logged;
import io.hookq.ssh.HostKeyPolicy;
import io.hookq.ssh.HostSettings;
import io.hookq.ssh.SshConfig;
import io.hookq.ssh.SshEndpoint;
import io.hookq.ssh.SshIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a destination's host is reached: who logs in where, with what, by way of whom, and whose keys
 * are believed. What the destination's own table and URI state goes before what OpenSSH's files
 * say, and that before our defaults. Thread-safe.
 */
final class SshRoute {
  private static final Logger LOG = LoggerFactory.getLogger(SshRoute.class);
  private static final String AGENT_VARIABLE = "SSH_AUTH_SOCK";

  private final DestinationConfig config;
  private final SshConfig openSsh;
  private final Path learntKnownHosts;
  private final AtomicBoolean warned = new AtomicBoolean();

  /**
   * The way to a destination.
   *
   * @param openSsh OpenSSH's files, and the surroundings that go with them
   * @param learntKnownHosts always read too, and where {@code accept-new} writes
   */
  SshRoute(DestinationConfig config, SshConfig openSsh, Path learntKnownHosts) {
    this.config = config;
    this.openSsh = openSsh;
    this.learntKnownHosts = learntKnownHosts;
  }

  /**
   * Reads OpenSSH's files, where they are to be read, and puts it all together.
   *
   * @throws IOException if they cannot be followed, or a credential is not there
   */
  SshEndpoint endpoint() throws IOException {
    var uri = config.uri();
    var way =
        config.sshConfig()
            ? openSsh.way(uri.host(), uri.user(), uri.port())
            : List.of(HostSettings.nothing(uri.host(), uri.user(), uri.port()));
    Optional<SshEndpoint> via = Optional.empty();
    for (var jump : way.subList(0, way.size() - 1)) {
      via = Optional.of(endpoint(jump, identities(jump), knownHosts(jump), via));
    }
    var target = way.getLast();
    var hostKeys =
        config.hostKey().isPresent()
            ? HostKeyPolicy.pinned(config.hostKey().get())
            : knownHosts(target);
    return endpoint(target, targetIdentities(target), hostKeys, via);
  }

  private SshEndpoint endpoint(
      HostSettings host,
      List<SshIdentity> identities,
      HostKeyPolicy hostKeys,
      Optional<SshEndpoint> via) {
    return new SshEndpoint(
        host.host(),
        host.port().orElse(SshEndpoint.DEFAULT_PORT),
        host.user().orElse(openSsh.localUser()),
        identities,
        hostKeys,
        stated("connect-timeout")
            ? config.connectTimeout()
            : host.connectTimeout().orElse(config.connectTimeout()),
        stallTimeout(host),
        zlib(host),
        host.family(),
        host.hostKeyAlias(),
        via);
  }

  private boolean stated(String key) {
    return config.stated().contains(key);
  }

  /** OpenSSH counts unanswered questions, we the time: what they come to. */
  private Duration stallTimeout(HostSettings host) {
    if (stated("stall-timeout") || host.aliveInterval().isEmpty()) {
      return config.stallTimeout();
    }
    return host.aliveInterval().get().multipliedBy(Math.max(1, host.aliveCount()));
  }

  private boolean zlib(HostSettings host) {
    return switch (config.compression()) {
      case ZLIB -> true;
      case NONE, ZSTD -> false;
      case AUTO -> host.compression().orElse(false);
    };
  }

  // ── Who we are ─────────────────────────────────────────────────────────────────────────────

  private List<SshIdentity> targetIdentities(HostSettings host) throws IOException {
    if (config.sshKey().isEmpty()) {
      return identities(host);
    }
    var key = config.sshKey().get();
    var identities = new ArrayList<SshIdentity>();
    identities.add(
        key.credential() ? SshIdentity.credential(key.path()) : SshIdentity.keyFile(key.path()));
    host.certificateFiles().forEach(file -> identities.add(new SshIdentity.Certificate(file)));
    // It may hold the key unlocked; of its others none is meant.
    agent(host).ifPresent(agent -> identities.add(new SshIdentity.AgentKeys(agent, true)));
    return identities;
  }

  private List<SshIdentity> identities(HostSettings host) {
    var identities = new ArrayList<SshIdentity>();
    if (host.identityFiles().isPresent()) {
      host.identityFiles()
          .get()
          .forEach(file -> identities.add(new SshIdentity.KeyFile(file, true, true)));
    } else {
      identities.addAll(SshIdentity.defaults(openSsh.home()));
    }
    host.certificateFiles().forEach(file -> identities.add(new SshIdentity.Certificate(file)));
    agent(host)
        .ifPresent(
            agent -> identities.add(new SshIdentity.AgentKeys(agent, host.identitiesOnly())));
    return identities;
  }

  private Optional<Path> agent(HostSettings host) {
    if (host.noAgent()) {
      return Optional.empty();
    }
    return host.agent()
        .or(() ->
            Optional.ofNullable(openSsh.environment().get(AGENT_VARIABLE))
                .filter(socket -> !socket.isEmpty())
                .map(Path::of));
  }

  // ── Whom we believe ────────────────────────────────────────────────────────────────────────

  private HostKeyPolicy knownHosts(HostSettings host) throws IOException {
    var files = new ArrayList<Path>();
    if (stated("known-hosts")
        || (host.userKnownHosts().isEmpty() && host.globalKnownHosts().isEmpty())) {
      for (var file : config.knownHosts()) {
        files.add(file.path());
      }
    } else {
      files.addAll(host.globalKnownHosts().orElse(List.of(Path.of("/etc/ssh/ssh_known_hosts"))));
      files.addAll(
          host.userKnownHosts()
              .orElse(List.of(openSsh.home().resolve(".ssh").resolve("known_hosts"))));
    }
    if (acceptsNew(host)) {
      return new HostKeyPolicy.AcceptNew(files, learntKnownHosts);
    }
    files.add(learntKnownHosts);
    return new HostKeyPolicy.Strict(files);
  }

  private boolean acceptsNew(HostSettings host) {
    if (stated("host-key-checking") || host.hostKeys().isEmpty()) {
      return switch (config.hostKeyChecking()) {
        case STRICT -> false;
        case ACCEPT_NEW -> true;
      };
    }
    return switch (host.hostKeys().get()) {
      case STRICT -> false;
      case ACCEPT_NEW -> true;
      case UNCHECKED -> {
        if (!warned.getAndSet(true)) {
          LOG.warn(
              "StrictHostKeyChecking no is taken as accept-new: a host's first key is remembered,"
                  + " another one refused destination={} host={}",
              config.name(),
              Logged.name(host.host()));
        }
        yield true;
      }
    };
  }
}
