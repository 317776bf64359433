package io.hookq.worker;

/**
 * A version of the worker protocol.
 *
 * @param major 1 in everything since Nix 0.11
 * @param minor grows with each change on the wire
 */
public record WorkerVersion(int major, int minor) implements Comparable<WorkerVersion> {
  /** What this side claims; Nix 2.24 and newer. */
  static final WorkerVersion OURS = new WorkerVersion(1, 38);

  /** The oldest that is spoken here: Nix 2.1 to 2.3. */
  static final WorkerVersion FLOOR = new WorkerVersion(1, 21);

  private static final int BYTE = 0xff;

  /** The version that the wire's {@code number} stands for; refused where it is none. */
  static WorkerVersion ofWire(long number) {
    if (number < 0 || number >>> 16 != 0) {
      throw new IllegalArgumentException("not a version: 0x" + Long.toHexString(number));
    }
    return new WorkerVersion((int) (number >>> 8), (int) (number & BYTE));
  }

  long wire() {
    return (long) major << 8 | minor;
  }

  /** The lower of the two, which both peers then speak. */
  WorkerVersion and(WorkerVersion other) {
    return compareTo(other) <= 0 ? this : other;
  }

  /** Outputs of derivations by name. */
  boolean hasOutputMap() {
    return minor >= 22;
  }

  /** NARs are sent in frames; below, the daemon asks for them part by part. */
  boolean hasFramedNars() {
    return minor >= 23;
  }

  /** Errors with traces, instead of a message and an exit status. */
  boolean hasStructuredErrors() {
    return minor >= 26;
  }

  /** QueryValidPaths says whether to substitute first. */
  boolean hasSubstituteFlag() {
    return minor >= 27;
  }

  /** Realisations of derivations, as the daemon knows them where they are enabled. */
  boolean hasRealisations() {
    return minor >= 27;
  }

  /** Realisations are JSON; below, just an output and a path. */
  boolean hasJsonRealisations() {
    return minor >= 31;
  }

  /** The daemon says which Nix it is. */
  boolean hasNixVersion() {
    return minor >= 33;
  }

  /** The daemon says whether it trusts the client. */
  boolean hasTrust() {
    return minor >= 35;
  }

  /** Both peers list their features. */
  boolean hasFeatures() {
    return minor >= 38;
  }

  /**
   * Whether a temporary root holds against a running collection only after SyncWithGC: so it was up
   * to Nix 2.4, which spoke 1.32 as its next two releases did.
   */
  boolean needsSyncWithGc() {
    return minor <= 32;
  }

  @Override
  public int compareTo(WorkerVersion other) {
    return Long.compare(wire(), other.wire());
  }

  @Override
  public String toString() {
    return major + "." + minor;
  }
}
