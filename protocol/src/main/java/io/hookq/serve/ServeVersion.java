package io.hookq.serve;

/**
 * A version of the serve protocol.
 *
 * @param major 2 in everything since Nix 1.8
 * @param minor grows with each change on the wire
 */
public record ServeVersion(int major, int minor) implements Comparable<ServeVersion> {
  /** What this side claims: nothing that copying needs came after it. */
  static final ServeVersion OURS = new ServeVersion(2, 7);

  /** The first with {@link ServeCommand#ADD_TO_STORE_NAR}. */
  static final ServeVersion FLOOR = new ServeVersion(2, 5);

  private static final int BYTE = 0xff;

  /** The version that the wire's {@code number} stands for; refused where it is none. */
  static ServeVersion ofWire(long number) {
    if (number < 0 || number >>> 16 != 0) {
      throw new IllegalArgumentException("not a version: 0x" + Long.toHexString(number));
    }
    return new ServeVersion((int) (number >>> 8), (int) (number & BYTE));
  }

  long wire() {
    return (long) major << 8 | minor;
  }

  /** The lower of the two, which both peers then speak. */
  ServeVersion and(ServeVersion other) {
    return compareTo(other) <= 0 ? this : other;
  }

  boolean isBelow(ServeVersion other) {
    return compareTo(other) < 0;
  }

  /** The releases of Nix that speak this version, as people know them. */
  String releases() {
    if (major != OURS.major) {
      return "an unknown Nix";
    }
    return switch (minor) {
      case 0 -> "Nix 1.8";
      case 1 -> "Nix 1.10";
      case 2 -> "Nix 1.11";
      case 3, 4 -> "Nix 1.x / 2.0";
      case 5 -> "Nix 2.1";
      case 6, 7 -> "Nix 2.4";
      case 8 -> "Nix 2.35";
      default -> "an unknown Nix";
    };
  }

  @Override
  public int compareTo(ServeVersion other) {
    return Long.compare(wire(), other.wire());
  }

  @Override
  public String toString() {
    return major + "." + minor;
  }
}
