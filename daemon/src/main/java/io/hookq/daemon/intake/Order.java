package io.hookq.daemon.intake;

import java.util.List;
import java.util.Optional;

/**
 * What somebody wants taken to the destinations, as they wrote it.
 *
 * @param paths full store paths, unchecked
 * @param derivation what made them, unchecked; alone it stands for its outputs
 * @param source who asks: one of the constants here
 * @param destination just this one; empty: all
 */
public record Order(
    List<String> paths, Optional<String> derivation, String source, Optional<String> destination) {
  /** Nix's post-build hook, live. */
  public static final String HOOK = "hook";

  /** The hook, through the spool. */
  public static final String SPOOL = "spool";

  /** Nobody but the GC roots that are there. */
  public static final String ROOTS = "roots";

  /** A person or a script, who wants to know of a path that is not there. */
  public static final String PUSH = "push";

  /** Somebody who compared this store with a destination. */
  public static final String RECONCILE = "reconcile";

  /** Copies the list. */
  public Order {
    paths = List.copyOf(paths);
  }

  /** The same from the spool. */
  public Order spooled() {
    return new Order(paths, derivation, SPOOL, destination);
  }
}
