package io.hookq.daemon.config;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * Where a destination is: scheme, user, host, port. What Nix's parameters said has gone into the
 * {@link DestinationConfig}.
 *
 * @param scheme which protocol the far side is spoken to in
 * @param user empty: what ssh_config says, else the user that runs the daemon
 * @param host a name or an address; an IPv6 literal without its brackets
 * @param port empty: what ssh_config says, else 22
 */
public record DestinationUri(Scheme scheme, Optional<String> user, String host, OptionalInt port) {

  /** The protocols behind SSH. */
  public enum Scheme {
    /** {@code nix-store --serve --write}. */
    SSH("ssh"),
    /** {@code nix-daemon --stdio}. */
    SSH_NG("ssh-ng"),
    /** The worker protocol where it works, else the serve protocol. */
    SSH_AUTO("ssh+auto");

    private final String label;

    Scheme(String label) {
      this.label = label;
    }

    /** As the URI spells it. */
    public String label() {
      return label;
    }
  }

  /** The URI without parameters, as shown to people. */
  @Override
  public String toString() {
    return scheme.label()
        + "://"
        + user.map(name -> name + "@").orElse("")
        + (host.indexOf(':') >= 0 ? "[" + host + "]" : host)
        + (port.isPresent() ? ":" + port.getAsInt() : "");
  }
}
