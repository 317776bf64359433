package io.hookq.daemon.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * One destination: a store behind SSH and how to reach it. What Nix's parameters in the URI say is
 * merged in already.
 *
 * @param name the table's name
 * @param uri scheme, user, host, port
 * @param sshKey the private key; empty: the user's default keys
 * @param sshConfig whether OpenSSH's config files are read
 * @param knownHosts files of known host keys, in order; {@link DaemonConfig#learntKnownHosts} is
 *     always read too
 * @param hostKey the one accepted host key as an OpenSSH public key line, instead of {@code
 *     knownHosts}
 * @param hostKeyChecking what becomes of an unknown host key
 * @param remoteStore the store that the far program is to use; empty: its own default
 * @param remoteProgram the far program; empty: Nix's usual one
 * @param compression of the SSH session
 * @param substituteOnDestination whether the far side may fetch missing paths by itself
 * @param signingKeys Nix secret key files
 * @param channels parallel streams; empty: the daemon chooses
 * @param rateLimit of the bytes sent; empty: none
 * @param connectTimeout for TCP, key exchange and authentication
 * @param idleTimeout how long the session stays open after the last upload
 * @param stallTimeout a peer that answers no keep-alive for this long is dead
 * @param replyTimeout a session without progress for this long has failed
 * @param filter which paths are left out
 * @param stated the keys that the file states itself; OpenSSH's files may decide the others
 */
public record DestinationConfig(
    String name,
    DestinationUri uri,
    Optional<KeyFile> sshKey,
    boolean sshConfig,
    List<KeyFile> knownHosts,
    Optional<String> hostKey,
    HostKeyChecking hostKeyChecking,
    Optional<String> remoteStore,
    Optional<String> remoteProgram,
    Compression compression,
    boolean substituteOnDestination,
    List<KeyFile> signingKeys,
    OptionalInt channels,
    Optional<RateLimit> rateLimit,
    Duration connectTimeout,
    Duration idleTimeout,
    Duration stallTimeout,
    Duration replyTimeout,
    FilterConfig filter,
    Set<String> stated) {

  /**
   * Checks the values against each other.
   *
   * @throws OptionException if one makes no sense
   */
  public DestinationConfig {
    knownHosts = List.copyOf(knownHosts);
    signingKeys = List.copyOf(signingKeys);
    stated = Set.copyOf(stated);
    if (channels.isPresent() && (channels.getAsInt() < 1 || channels.getAsInt() > 64)) {
      throw new OptionException(
          "destinations." + name + ".channels",
          "must be \"auto\" or from 1 to 64, not " + channels.getAsInt());
    }
    requirePositive(name, "connect-timeout", connectTimeout);
    requirePositive(name, "stall-timeout", stallTimeout);
    requirePositive(name, "reply-timeout", replyTimeout);
  }

  private static void requirePositive(String name, String key, Duration value) {
    if (!value.isPositive()) {
      throw new OptionException("destinations." + name + "." + key, "must be above 0");
    }
  }
}
