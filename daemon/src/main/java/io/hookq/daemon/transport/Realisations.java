package io.hookq.daemon.transport;

import io.hookq.store.DerivationHashes;
import io.hookq.store.DrvOutput;
import io.hookq.store.PathInfo;
import io.hookq.store.Realisation;
import io.hookq.store.SourceReadException;
import io.hookq.store.SourceStore;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what content-addressed paths are the realisation of, as the store here knows it.
 *
 * <p>A path's deriver is what was really built. Where inputs were content-addressed that is no
 * derivation that anybody has written, but one that Nix has <em>resolved</em>: its inputs are the
 * paths that they came to, instead of derivations. Those who look for a realisation ask by the
 * derivation that was written; it refers to the derivers of the same inputs, and has the same name,
 * and the store confirms by its realisation that it is the one.
 *
 * <p>Asks nothing but the store here, and that only for content-addressed paths. Thread-safe.
 */
final class Realisations {
  private final SourceStore source;

  // Guarded by this.
  private final DerivationHashes hashes;

  Realisations(SourceStore source) {
    this.source = source;
    this.hashes =
        new DerivationHashes(
            source.storeDir(),
            path ->
                source
                    .queryDerivation(path)
                    .orElseThrow(() ->
                        new SourceReadException("the derivation is not valid here: " + path)));
  }

  /**
   * What {@code info}'s path realises, behind all that this depends on; none for a path that is not
   * content-addressed, or whose hash was known before it was built.
   *
   * @param there tells of a path whether it is at the destination when the realisation gets there
   * @throws SourceReadException if a derivation is missing, or cannot be read
   * @throws IOException if the store cannot be asked
   */
  synchronized List<Realisation> of(PathInfo info, Predicate<StorePath> there) throws IOException {
    if (info.contentAddress().isEmpty() || info.deriver().isEmpty()) {
      return List.of();
    }
    var found = new Search().realisations(info);
    var ordered = new LinkedHashMap<DrvOutput, Realisation>();
    for (var realisation : found) {
      addClosure(realisation, ordered);
    }
    return ordered.values().stream()
        .filter(one -> there.test(one.outPath()))
        .filter(one -> one.dependentRealisations().values().stream().allMatch(there))
        .toList();
  }

  /** Dependencies first, without recursion: chains of them are long. */
  private void addClosure(Realisation top, Map<DrvOutput, Realisation> ordered) throws IOException {
    var open = new ArrayDeque<Realisation>();
    var entered = new HashSet<DrvOutput>();
    open.add(top);
    while (!open.isEmpty()) {
      var one = open.getLast();
      if (ordered.containsKey(one.id())) {
        open.removeLast();
      } else if (entered.add(one.id())) {
        for (var output : one.dependentRealisations().keySet()) {
          if (!ordered.containsKey(output)) {
            source.queryRealisation(output, Optional.empty()).ifPresent(open::add);
          }
        }
      } else {
        ordered.put(one.id(), one);
        open.removeLast();
      }
    }
  }

  /** One question; what it asked the store once it remembers. */
  private final class Search {
    private final Map<StorePath, Set<StorePath>> makers = new HashMap<>();

    private List<Realisation> realisations(PathInfo info) throws IOException {
      var found = new ArrayList<Realisation>();
      for (var maker : makers(info)) {
        realisation(maker, info.path()).ifPresent(found::add);
      }
      return found;
    }

    /**
     * What has {@code top}'s path for an output: its deriver, and what that is resolved from.
     * Without recursion: each of a chain may be known by the one below it only.
     */
    private Set<StorePath> makers(PathInfo top) throws IOException {
      var open = new ArrayDeque<Visit>();
      enter(top, open);
      while (!open.isEmpty()) {
        var visit = open.getLast();
        if (visit.isFound()) {
          open.removeLast();
        } else if (visit.entered != null) {
          var input = visit.entered;
          visit.entered = null;
          visit.found(referring(foundOf(input), visit.resolved, visit.path));
        } else if (visit.inputs.hasNext()) {
          var input = visit.inputs.next();
          visit.entered = input.path();
          enter(input, open);
        } else {
          open.removeLast();
        }
      }
      return foundOf(top.path());
    }

    private Set<StorePath> foundOf(StorePath path) {
      return makers.getOrDefault(path, Set.of());
    }

    /** Takes down what is near; what is to be looked for among its inputs is then open. */
    private void enter(PathInfo info, Deque<Visit> open) throws IOException {
      if (makers.containsKey(info.path())) {
        return;
      }
      var found = new LinkedHashSet<StorePath>();
      makers.put(info.path(), found);
      var deriver = info.deriver().filter(StorePath::isDerivation);
      if (deriver.isEmpty()) {
        return;
      }
      var derivation = source.queryDerivation(deriver.get());
      if (derivation.isEmpty()) {
        return;
      }
      found.add(deriver.get());
      if (derivation.get().isFloating() && derivation.get().inputDerivations().isEmpty()) {
        var inputs = source.queryPathInfos(derivation.get().inputSources()).values();
        var visit = new Visit(info.path(), deriver.get(), inputs.iterator(), found);
        // One input is enough to find it by, and one that was itself not resolved is near.
        for (var input : inputs) {
          if (input.deriver().isPresent() && !visit.isFound()) {
            visit.found(referring(Set.of(input.deriver().get()), deriver.get(), info.path()));
          }
        }
        open.addLast(visit);
      }
    }

    private Set<StorePath> referring(
        Collection<StorePath> inputs, StorePath resolved, StorePath path) throws IOException {
      var found = new LinkedHashSet<StorePath>();
      for (var input : inputs) {
        for (var referrer : source.queryReferrers(input)) {
          if (referrer.name().equals(resolved.name())
              && !referrer.equals(resolved)
              && realisation(referrer, path).isPresent()) {
            found.add(referrer);
          }
        }
      }
      return found;
    }

    /** The realisation by which {@code derivation} has come to {@code path}. */
    private Optional<Realisation> realisation(StorePath derivation, StorePath path)
        throws IOException {
      var read = source.queryDerivation(derivation);
      if (read.isEmpty() || !read.get().isFloating()) {
        return Optional.empty();
      }
      for (var output : read.get().outputs().keySet()) {
        if (!path.name().equals(pathName(derivation, output))) {
          continue;
        }
        var id = new DrvOutput(hashes.of(read.get()), output);
        var realisation = source.queryRealisation(id, Optional.of(derivation));
        if (realisation.filter(one -> one.outPath().equals(path)).isPresent()) {
          return realisation;
        }
      }
      return Optional.empty();
    }
  }

  /**
   * A path whose written derivation is looked for among what refers to the makers of its inputs.
   */
  private static final class Visit {
    private final StorePath path;
    private final StorePath resolved;
    private final Iterator<PathInfo> inputs;

    /** Holds the resolved one already. */
    private final Set<StorePath> found;

    /** The input whose own makers are looked for first. */
    private @Nullable StorePath entered;

    private Visit(
        StorePath path, StorePath resolved, Iterator<PathInfo> inputs, Set<StorePath> found) {
      this.path = path;
      this.resolved = resolved;
      this.inputs = inputs;
      this.found = found;
    }

    private void found(Set<StorePath> written) {
      found.addAll(written);
    }

    private boolean isFound() {
      return found.size() > 1;
    }
  }

  /** The name of an output's path: the derivation's, and the output's unless it is {@code out}. */
  private static String pathName(StorePath derivation, String output) {
    var name = derivation.name().substring(0, derivation.name().length() - ".drv".length());
    return output.equals("out") ? name : name + "-" + output;
  }
}
