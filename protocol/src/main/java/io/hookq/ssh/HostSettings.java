package io.hookq.ssh;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What OpenSSH's configuration files say about one host. Immutable; what they do not say is empty.
 *
 * @param host the name or address to connect to
 * @param identityFiles private keys, or the public halves of keys that an agent holds
 * @param identitiesOnly whether an agent is asked for those keys only
 * @param agent the socket to ask instead of the one in {@code SSH_AUTH_SOCK}
 * @param noAgent whether no agent is to be asked
 * @param userKnownHosts replace the user's usual files
 * @param globalKnownHosts replace the system's usual files
 * @param hostKeyAlias under which name the host's key is known
 * @param jumps the hosts to go by way of, the first one first
 * @param jumpsGiven whether a jump was set or ruled out
 * @param aliveInterval how long after the last packet to ask for a sign of life
 * @param aliveCount how many such questions in a row may go unanswered
 */
public record HostSettings(
    String host,
    OptionalInt port,
    Optional<String> user,
    Optional<List<Path>> identityFiles,
    boolean identitiesOnly,
    List<Path> certificateFiles,
    Optional<Path> agent,
    boolean noAgent,
    Optional<List<Path>> userKnownHosts,
    Optional<List<Path>> globalKnownHosts,
    Optional<HostKeys> hostKeys,
    Optional<String> hostKeyAlias,
    List<Jump> jumps,
    boolean jumpsGiven,
    Optional<Duration> aliveInterval,
    int aliveCount,
    Optional<Duration> connectTimeout,
    Optional<Boolean> compression,
    SshEndpoint.Family family) {

  /** What becomes of a host key that no file knows. */
  public enum HostKeys {
    /** {@code yes}, and {@code ask} where nobody is there to be asked. */
    STRICT,
    /** {@code accept-new}. */
    ACCEPT_NEW,
    /** {@code no}, {@code off}: not done here, where it would let anybody in. */
    UNCHECKED
  }

  /** One host on the way. Its own settings are in the configuration files under that name. */
  public record Jump(String host, Optional<String> user, OptionalInt port) {}

  /** What is known of a host of which no file says anything. */
  public static HostSettings nothing(String host, Optional<String> user, OptionalInt port) {
    return new HostSettings(
        host,
        port,
        user,
        Optional.empty(),
        false,
        List.of(),
        Optional.empty(),
        false,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        false,
        Optional.empty(),
        0,
        Optional.empty(),
        Optional.empty(),
        SshEndpoint.Family.ANY);
  }

  public HostSettings {
    certificateFiles = List.copyOf(certificateFiles);
    jumps = List.copyOf(jumps);
  }
}
