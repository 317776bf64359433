package io.hookq.daemon.planner;

import io.hookq.store.PathInfo;
import io.hookq.store.StorePath;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What one destination lacks of some wanted paths' closures, and in which order it can take it.
 *
 * <p>Immutable. The missing paths are numbered from zero, references before their referrers; always
 * in the same order. A wanted path has arrived when the paths that {@link #awaited} names are
 * answered, provided that each is sent behind its own {@link #references}.
 */
public final class UploadPlan {
  private static final int NOTHING = Integer.MAX_VALUE;
  private static final int[] NONE = {};

  private final Closure closure;

  /** Numbers in the closure. */
  private final int[] missing;

  private final int[][] references;
  private final Set<StorePath> gone;
  private final Map<StorePath, String> leftOut;
  private final Map<StorePath, Wait> waits;
  private final long bytes;
  private final SignedElsewhere signedElsewhere;

  /** What a wanted path waits for: the first missing path of its closure, and the decisive ones. */
  private static final class Wait {
    private final int first;
    private final int[] awaited;

    private Wait(int first, int[] awaited) {
      this.first = first;
      this.awaited = awaited;
    }
  }

  /**
   * What of the missing others have signed, so that a binary cache is likely to have it.
   *
   * @param bytes as NARs
   * @param keys whose signatures, by name
   */
  public record SignedElsewhere(long bytes, Set<String> keys) {}

  private UploadPlan(
      Closure closure,
      int[] missing,
      int[][] references,
      Set<StorePath> gone,
      Map<StorePath, String> leftOut,
      Map<StorePath, Wait> waits) {
    this.closure = closure;
    this.missing = missing;
    this.references = references;
    this.gone = Collections.unmodifiableSet(gone);
    this.leftOut = Collections.unmodifiableMap(leftOut);
    this.waits = Collections.unmodifiableMap(waits);
    this.bytes = Arrays.stream(missing).mapToLong(closure::narSize).sum();
    this.signedElsewhere = signedElsewhere(closure, missing);
  }

  /** The plan for {@code wanted}, of whose closure the destination has {@code valid}. */
  static UploadPlan of(
      Closure closure, BitSet valid, Collection<StorePath> wanted, Map<StorePath, String> leftOut) {
    var numbers = new HashMap<StorePath, Integer>();
    var wantedSet = Set.copyOf(wanted);
    for (var number = 0; number < closure.size(); number++) {
      if (wantedSet.contains(closure.paths().get(number))) {
        numbers.put(closure.paths().get(number), number);
      }
    }
    var broken = broken(closure);
    var gone = new LinkedHashSet<StorePath>();
    var sound = new LinkedHashMap<StorePath, Integer>();
    for (var path : wanted) {
      var number = numbers.get(path);
      if (number == null || broken.get(number)) {
        gone.add(path);
      } else {
        sound.put(path, number);
      }
    }
    var needed = needed(closure, sound.values());

    var count = needed.cardinality();
    var missing = new int[count];
    var references = new int[count][];
    var decisive = new int[closure.size()][];
    var first = new int[closure.size()];
    var next = 0;
    for (var n = needed.nextSetBit(0); n >= 0; n = needed.nextSetBit(n + 1)) {
      // Through what is valid there too: its closure should be, and is asked for all the same.
      var before = merged(closure.references(n), decisive);
      first[n] = NOTHING;
      for (var reference : closure.references(n)) {
        first[n] = Math.min(first[n], first[reference]);
      }
      if (valid.get(n)) {
        decisive[n] = before;
      } else {
        first[n] = Math.min(first[n], next);
        decisive[n] = new int[] {next};
        missing[next] = n;
        references[next++] = before;
      }
    }
    var waits = new LinkedHashMap<StorePath, Wait>();
    sound.forEach((path, number) -> waits.put(path, new Wait(first[number], decisive[number])));
    return new UploadPlan(
        closure,
        Arrays.copyOf(missing, next),
        Arrays.copyOf(references, next),
        gone,
        leftOut,
        waits);
  }

  private static int[] merged(int[] references, int[][] decisive) {
    var size = 0;
    for (var reference : references) {
      size += decisive[reference].length;
    }
    if (size == 0) {
      return NONE;
    }
    var merged = new int[size];
    var at = 0;
    for (var reference : references) {
      System.arraycopy(decisive[reference], 0, merged, at, decisive[reference].length);
      at += decisive[reference].length;
    }
    return size == 1 ? merged : Arrays.stream(merged).sorted().distinct().toArray();
  }

  /** What refers, however indirectly, to something that is gone. */
  private static BitSet broken(Closure closure) {
    var suspects = new BitSet();
    if (!closure.gone().isEmpty()) {
      for (var number = 0; number < closure.size(); number++) {
        suspects.set(number, closure.isBroken(number));
      }
      spread(closure, suspects);
    }
    return suspects;
  }

  /** Adds whatever refers to one of {@code suspects}, however indirectly. */
  private static void spread(Closure closure, BitSet suspects) {
    for (var number = 0; number < closure.size(); number++) {
      for (var reference : closure.references(number)) {
        if (suspects.get(reference)) {
          suspects.set(number);
          break;
        }
      }
    }
  }

  private static BitSet needed(Closure closure, Collection<Integer> wanted) {
    var needed = new BitSet();
    wanted.forEach(needed::set);
    for (var number = closure.size() - 1; number >= 0; number--) {
      if (needed.get(number)) {
        for (var reference : closure.references(number)) {
          needed.set(reference);
        }
      }
    }
    return needed;
  }

  private static SignedElsewhere signedElsewhere(Closure closure, int[] missing) {
    var bytes = 0L;
    var keys = new TreeSet<String>();
    for (var number : missing) {
      var signer = closure.signer(number);
      if (signer.isPresent()) {
        bytes += closure.narSize(number);
        keys.add(signer.get());
      }
    }
    return new SignedElsewhere(bytes, Collections.unmodifiableSet(keys));
  }

  // ── What the destination lacks ─────────────────────────────────────────────────────────────

  /** How many paths are missing there. */
  public int missing() {
    return missing.length;
  }

  /** The missing path of that number. */
  public StorePath path(int index) {
    return closure.paths().get(missing[index]);
  }

  /** Its size as a NAR. */
  public long narSize(int index) {
    return closure.narSize(missing[index]);
  }

  /** Its path info; empty in a plan so large that it does not keep them. */
  public Optional<PathInfo> info(int index) {
    return closure.info(missing[index]);
  }

  /**
   * Numbers, all lower, of the missing paths that must be valid there before this one is; sorted,
   * not to be changed.
   */
  public int[] references(int index) {
    return references[index];
  }

  /** Size of all that is missing, as NARs. */
  public long bytes() {
    return bytes;
  }

  /** What of the missing somebody else has signed. */
  public SignedElsewhere signedElsewhere() {
    return signedElsewhere;
  }

  /**
   * What is known here of wanted paths that are there with their closure, references before their
   * referrers; few plans lack it.
   */
  public List<PathInfo> arrived() {
    var arrived = new ArrayList<PathInfo>();
    for (var number = 0; number < closure.size(); number++) {
      var path = closure.paths().get(number);
      if (waits.containsKey(path) && isThere(path)) {
        closure.info(number).ifPresent(arrived::add);
      }
    }
    return arrived;
  }

  // ── What is wanted ─────────────────────────────────────────────────────────────────────────

  /** Wanted paths that are not valid in the source store, or refer to one that is not. */
  public Set<StorePath> gone() {
    return gone;
  }

  /** Wanted paths that the filter leaves out, each with the rule. */
  public Map<StorePath, String> leftOut() {
    return leftOut;
  }

  /** The wanted paths that can be brought there, valid there already or not. */
  public Set<StorePath> wanted() {
    return waits.keySet();
  }

  /** Whether the whole closure of {@code path}, a {@link #wanted} one, is valid there already. */
  public boolean isThere(StorePath path) {
    return wait(path).first == NOTHING;
  }

  /** Number of the first missing path of {@code path}'s closure, which must not be there. */
  public int first(StorePath path) {
    return wait(path).first;
  }

  /**
   * Numbers of the missing paths with which {@code path}, a {@link #wanted} one, has arrived with
   * its closure: itself as a rule. Not to be changed.
   */
  public int[] awaited(StorePath path) {
    return wait(path).awaited;
  }

  private Wait wait(StorePath path) {
    var wait = waits.get(path);
    if (wait == null) {
      throw new IllegalArgumentException("not planned for: " + path);
    }
    return wait;
  }

  /** Whether {@code path} is in a closure that is planned for: there already, or to be sent. */
  public boolean contains(StorePath path) {
    return closure.paths().contains(path);
  }

  /** {@code suspect} and every path of the plan whose closure contains it, wanted or not. */
  public Set<StorePath> dependants(StorePath suspect) {
    var suspects = new BitSet();
    var number = closure.paths().indexOf(suspect);
    var dependants = new HashSet<StorePath>();
    dependants.add(suspect);
    if (number >= 0) {
      suspects.set(number);
      spread(closure, suspects);
      suspects.stream().mapToObj(closure.paths()::get).forEach(dependants::add);
    }
    return dependants;
  }
}
