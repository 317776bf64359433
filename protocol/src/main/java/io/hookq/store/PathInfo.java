package io.hookq.store;

import java.util.List;
import java.util.Optional;

/**
 * What a store knows of a valid path besides its bytes.
 *
 * @param path the path itself
 * @param narHash SHA-256 of its NAR
 * @param narSize bytes of its NAR, above zero
 * @param references every path that its bytes mention, itself possibly included; sorted, no
 *     duplicates
 * @param deriver the derivation that made it; need not be valid anywhere
 * @param registrationTime Unix seconds
 * @param ultimate whether this store built it
 * @param signatures well-formed signatures only; sorted
 * @param contentAddress set for content-addressed paths
 */
public record PathInfo(
    StorePath path,
    NarHash narHash,
    long narSize,
    List<StorePath> references,
    Optional<StorePath> deriver,
    long registrationTime,
    boolean ultimate,
    List<Signature> signatures,
    Optional<ContentAddress> contentAddress) {

  /**
   * Sorts references and signatures.
   *
   * @throws IllegalArgumentException if the size is not above zero
   */
  public PathInfo {
    if (narSize <= 0) {
      throw new IllegalArgumentException("narSize of " + path + " is " + narSize);
    }
    references = references.stream().sorted().distinct().toList();
    signatures = signatures.stream().sorted().distinct().toList();
  }

  /** A path info with nothing but what every path has, for a path that this store did not build. */
  public static PathInfo of(
      StorePath path, NarHash narHash, long narSize, List<StorePath> references) {
    return new PathInfo(
        path,
        narHash,
        narSize,
        references,
        Optional.empty(),
        0,
        false,
        List.of(),
        Optional.empty());
  }

  /** The references without the path itself: what must be valid before this path can be. */
  public List<StorePath> otherReferences() {
    return references.stream().filter(reference -> !reference.equals(path)).toList();
  }
}
