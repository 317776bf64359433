package io.hookq.store;

import java.io.Closeable;
import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The store that paths are taken from: the Nix store of this machine, or one in memory.
 *
 * <p>Thread-safe. A method that failed may be called again; implementations reconnect by
 * themselves.
 */
public interface SourceStore extends Closeable {
  /** The directory that is part of every path. */
  StoreDir storeDir();

  /**
   * Which of {@code paths} are valid here.
   *
   * @throws IOException if the store cannot be asked
   */
  Set<StorePath> queryValid(Collection<StorePath> paths) throws IOException;

  /**
   * Hands every valid path to {@code visitor} as it is told, in no order: a store may hold so many
   * that nobody should have them all in memory. The visitor may ask this store meanwhile.
   *
   * @throws IOException if the store cannot be asked, or from the visitor
   */
  void eachValid(PathVisitor visitor) throws IOException;

  /** Takes paths one by one. */
  @FunctionalInterface
  interface PathVisitor {
    /** Takes one. */
    void visit(StorePath path) throws IOException;
  }

  /**
   * What the store knows of {@code paths}; those that are not valid are left out.
   *
   * @throws IOException if the store cannot be asked
   */
  Map<StorePath, PathInfo> queryPathInfos(Collection<StorePath> paths) throws IOException;

  /**
   * The outputs of a derivation by name, as far as they are known; they need not be valid.
   *
   * @throws IOException if the store cannot be asked, or does not have the derivation
   */
  Map<String, StorePath> queryOutputs(StorePath derivation) throws IOException;

  /**
   * What a derivation's file says, each byte of its strings as one character; empty where it is not
   * valid, or the store has no derivations.
   *
   * @throws IOException if the store cannot be asked, or the derivation cannot be read
   */
  default Optional<Derivation> queryDerivation(StorePath derivation) throws IOException {
    return Optional.empty();
  }

  /**
   * The valid paths that refer to {@code path}; none where it is not valid itself.
   *
   * @throws IOException if the store cannot be asked
   */
  default Set<StorePath> queryReferrers(StorePath path) throws IOException {
    return Set.of();
  }

  /**
   * What building that output came to, where the store knows. Not to be asked without cause: Nix
   * 2.8 dies of the question where content-addressed derivations are not enabled.
   *
   * @param derivation the same as {@code output} says by its hash, for stores that know it by path
   *     only
   * @throws IOException if the store cannot be asked
   */
  default Optional<Realisation> queryRealisation(DrvOutput output, Optional<StorePath> derivation)
      throws IOException {
    return Optional.empty();
  }

  /** The NAR of a valid path by the fastest way, which for a store on disk reads its files. */
  NarSource nar(StorePath path);

  /**
   * The NAR of a valid path as the store itself makes it: slower, and right also where file names
   * cannot be read back as they were written. The same as {@link #nar} where there is just one way.
   */
  NarSource narFromStore(StorePath path);
}
