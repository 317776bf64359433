package io.hookq.daemon.queue;

import io.hookq.store.StorePath;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What somebody asks for: each of these paths at each of these destinations.
 *
 * @param derivation what made them
 * @param source who asks
 */
public record Wanted(
    Set<StorePath> paths,
    List<String> destinations,
    Optional<StorePath> derivation,
    String source) {
  /** Copies both collections and keeps their order. */
  public Wanted {
    paths = Collections.unmodifiableSet(new LinkedHashSet<>(paths));
    destinations = List.copyOf(destinations);
  }

  int jobs() {
    return paths.size() * destinations.size();
  }
}
