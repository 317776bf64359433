package io.hookq.worker;

import java.util.Set;

/**
 * What the handshake tells of a daemon.
 *
 * @param version the version that both peers speak
 * @param features what both peers can do besides; none below 1.38
 * @param nixVersion the daemon's Nix release such as {@code 2.8.0}; empty below 1.33
 * @param trust whether it takes from us what nobody has signed
 */
record WorkerPeer(WorkerVersion version, Set<String> features, String nixVersion, Trust trust) {

  /** Whether realisations go by the derivation's path. */
  boolean hasRealisationsByPath() {
    return features.contains(WorkerHandshake.REALISATION_WITH_PATH);
  }

  /** What a daemon says of its client since 1.35. */
  enum Trust {
    /** It does not say; only trying tells. */
    UNKNOWN,
    /** The client is one of its trusted users. */
    TRUSTED,
    /** It is not, so signatures are looked at. */
    NOT_TRUSTED;

    static Trust ofWire(long number) {
      return number == 1 ? TRUSTED : number == 2 ? NOT_TRUSTED : UNKNOWN;
    }
  }
}
