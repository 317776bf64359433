package io.hookq.daemon.planner;

import io.hookq.store.PathInfo;
import io.hookq.store.StorePath;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What one destination lacks of some wanted paths' closures, and in which order it can take it.
 *
 * <p>Immutable. Because references are sent first and answers come in the order of sending, a
 * wanted path has arrived as soon as the last missing path of its closure has; {@link #span} says
 * which that is.
 */
public final class UploadPlan {
  private final List<PathInfo> closure;
  private final List<PathInfo> missing;
  private final Set<StorePath> gone;
  private final Map<StorePath, Span> spans;
  private final long bytes;

  private UploadPlan(
      List<PathInfo> closure,
      List<PathInfo> missing,
      Set<StorePath> gone,
      Map<StorePath, Span> spans) {
    this.closure = closure;
    this.missing = List.copyOf(missing);
    this.gone = Collections.unmodifiableSet(gone);
    this.spans = Collections.unmodifiableMap(spans);
    this.bytes = missing.stream().mapToLong(PathInfo::narSize).sum();
  }

  /**
   * Where in {@link #missingInOrder} the missing paths of one wanted path's closure lie.
   *
   * @param first index of the first
   * @param last index of the last; below zero where nothing is missing
   */
  public record Span(int first, int last) {
    private static final Span NOTHING = new Span(Integer.MAX_VALUE, -1);

    /** Whether the whole closure is valid at the destination already. */
    public boolean isEmpty() {
      return last < 0;
    }

    private Span plus(Span other) {
      return new Span(Math.min(first, other.first), Math.max(last, other.last));
    }
  }

  /** The plan for {@code wanted}, of whose closure the destination has {@code valid}. */
  static UploadPlan of(Closure closure, Set<StorePath> valid, Collection<StorePath> wanted) {
    var broken = dependants(closure.inOrder(), closure.gone());
    var gone = new LinkedHashSet<>(wanted);
    gone.retainAll(broken);
    var sound = new LinkedHashSet<>(wanted);
    sound.removeAll(broken);
    var needed = needed(closure.inOrder(), sound);

    var missing = new ArrayList<PathInfo>();
    var all = new HashMap<StorePath, Span>();
    for (var info : needed) {
      var span = Span.NOTHING;
      if (!valid.contains(info.path())) {
        span = new Span(missing.size(), missing.size());
        missing.add(info);
      }
      for (var reference : info.otherReferences()) {
        span = span.plus(all.getOrDefault(reference, Span.NOTHING));
      }
      all.put(info.path(), span);
    }
    all.keySet().retainAll(sound);
    return new UploadPlan(needed, missing, gone, all);
  }

  /** Everything in {@code suspects}, and what needs any of it; references come first. */
  private static Set<StorePath> dependants(List<PathInfo> inOrder, Set<StorePath> suspects) {
    if (suspects.isEmpty()) {
      return Set.of();
    }
    var dependants = new HashSet<>(suspects);
    for (var info : inOrder) {
      for (var reference : info.references()) {
        if (dependants.contains(reference)) {
          dependants.add(info.path());
          break;
        }
      }
    }
    return dependants;
  }

  private static List<PathInfo> needed(List<PathInfo> inOrder, Set<StorePath> wanted) {
    var needed = new HashSet<>(wanted);
    for (var info : inOrder.reversed()) {
      if (needed.contains(info.path())) {
        needed.addAll(info.references());
      }
    }
    return needed.size() >= inOrder.size()
        ? inOrder
        : inOrder.stream().filter(info -> needed.contains(info.path())).toList();
  }

  /** What the destination lacks, references before their referrers; always in the same order. */
  public List<PathInfo> missingInOrder() {
    return missing;
  }

  /** Size of all that is missing, as NARs. */
  public long bytes() {
    return bytes;
  }

  /** Wanted paths that are not valid in the source store, or refer to one that is not. */
  public Set<StorePath> gone() {
    return gone;
  }

  /** The wanted paths that can be brought there, valid there already or not. */
  public Set<StorePath> wanted() {
    return spans.keySet();
  }

  /**
   * Where the missing paths of {@code path}'s closure lie in the order.
   *
   * @throws IllegalArgumentException if {@code path} is not one of {@link #wanted}
   */
  public Span span(StorePath path) {
    var span = spans.get(path);
    if (span == null) {
      throw new IllegalArgumentException("not planned for: " + path);
    }
    return span;
  }

  /** {@code suspect} and every path of the plan whose closure contains it, wanted or not. */
  public Set<StorePath> dependants(StorePath suspect) {
    return dependants(closure, Set.of(suspect));
  }
}
