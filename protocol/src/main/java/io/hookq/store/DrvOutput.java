package io.hookq.store;

import java.util.Comparator;

/**
 * An output of a derivation by Nix's name for it up to 2.34: {@code sha256:HASH!OUTPUT}.
 *
 * <p>Newer versions say the derivation's path instead of its hash; see {@link Realisation}.
 *
 * @param hash of the derivation modulo what does not matter, see {@link DerivationHashes}; 64
 *     lower-case hexadecimal digits
 * @param output its name, such as {@code out}
 */
public record DrvOutput(String hash, String output) implements Comparable<DrvOutput> {
  private static final Comparator<DrvOutput> ORDER =
      Comparator.comparing(DrvOutput::hash).thenComparing(DrvOutput::output);

  private static final String PREFIX = "sha256:";

  /**
   * Checks the digits, and that there is a name.
   *
   * @throws IllegalArgumentException if there are not 64 digits, or no name
   */
  public DrvOutput {
    hash = new NarHash(hash).base16();
    if (output.isEmpty()) {
      throw new IllegalArgumentException("an output without a name, of the derivation " + hash);
    }
  }

  /**
   * Reads {@code sha256:HASH!OUTPUT}.
   *
   * @throws IllegalArgumentException for anything else
   */
  public static DrvOutput parse(String id) {
    var mark = id.indexOf('!');
    if (mark < 0 || !id.startsWith(PREFIX)) {
      throw new IllegalArgumentException("not an output of a derivation: '" + id + "'");
    }
    return new DrvOutput(NarHash.parse(id.substring(0, mark)).base16(), id.substring(mark + 1));
  }

  /** {@code sha256:HASH!OUTPUT}. */
  public String id() {
    return PREFIX + hash + "!" + output;
  }

  @Override
  public int compareTo(DrvOutput other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return id();
  }
}
