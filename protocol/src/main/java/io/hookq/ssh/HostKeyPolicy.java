package io.hookq.ssh;

import java.nio.file.Path;
import java.util.List;

/**
 * Which host keys are believed. There is no policy that believes everything.
 *
 * <p>Files are read anew for every session; a file that is not there counts as empty.
 */
public sealed interface HostKeyPolicy {

  /** Only keys in these {@code known_hosts} files, as {@code StrictHostKeyChecking yes}. */
  record Strict(List<Path> knownHosts) implements HostKeyPolicy {
    public Strict {
      knownHosts = List.copyOf(knownHosts);
    }
  }

  /**
   * Exactly this key, whatever any file says.
   *
   * @param type such as {@code ssh-ed25519}
   * @param base64 the key itself, as in {@code known_hosts}
   */
  record Pinned(String type, String base64) implements HostKeyPolicy {}

  /**
   * As {@link Strict}, but a host that no file knows is believed once and written to {@code
   * appendTo}, which is always read too. A changed or revoked key is still refused.
   */
  record AcceptNew(List<Path> knownHosts, Path appendTo) implements HostKeyPolicy {
    public AcceptNew {
      knownHosts = List.copyOf(knownHosts);
    }
  }

  /**
   * Pins the key of a line such as {@code ssh-ed25519 AAAA… comment}.
   *
   * @throws IllegalArgumentException if it is not the line of a public key
   */
  static HostKeyPolicy pinned(String line) {
    PublicKeyText key = PublicKeyText.parse(line);
    return new Pinned(key.type(), key.base64());
  }
}
