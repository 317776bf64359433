package io.hookq.daemon.planner;

import io.hookq.store.PathInfo;
import io.hookq.store.Signature;
import io.hookq.store.SourceReadException;
import io.hookq.store.SourceStore;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Some paths and everything they refer to, as one store knows them: every valid path of the closure
 * has a number, references a lower one than their referrers; those of one path come by name as far
 * as that allows. The same for the same wanted paths in the same order.
 *
 * <p>Immutable. Keeps a few hundred bytes a path, so that the closure of a whole system fits beside
 * everything else; whole path infos are kept for small closures only.
 */
public final class Closure {
  /** So many paths are asked for at once: bounds the answer that is in memory beside the result. */
  private static final int QUESTION = 1000;

  /** Path infos, at most 1 KiB each as a rule, are kept of closures up to this size. */
  static final int KEPT_INFOS = 8192;

  private final List<StorePath> paths;
  private final long[] narSizes;
  private final int[][] references;
  private final BitSet broken;
  private final int[] signers;
  private final List<String> signerNames;
  private final PathInfo @Nullable [] infos;
  private final Set<StorePath> gone;

  private Closure(Walk walk, int[] order) {
    var size = order.length;
    var numbers = new int[walk.nodes.size()];
    Arrays.fill(numbers, -1);
    for (var number = 0; number < size; number++) {
      numbers[order[number]] = number;
    }
    var names = new StorePath[size];
    narSizes = new long[size];
    references = new int[size][];
    broken = new BitSet();
    signers = new int[size];
    var kept = walk.keepsInfos() ? new PathInfo[size] : null;
    for (var number = 0; number < size; number++) {
      var node = walk.node(order[number]);
      names[number] = walk.names.get(order[number]);
      narSizes[number] = node.narSize;
      signers[number] = node.signer;
      if (kept != null) {
        kept[number] = node.info;
      }
      var below = number;
      references[number] =
          Arrays.stream(node.references).map(id -> numbers[id]).filter(n -> n < below).toArray();
      for (var i = 0; i < references[number].length; i++) {
        if (references[number][i] < 0) {
          broken.set(number);
        }
      }
      if (broken.get(number)) {
        references[number] = Arrays.stream(references[number]).filter(n -> n >= 0).toArray();
      }
    }
    paths = List.of(names);
    infos = kept;
    signerNames = List.copyOf(walk.signerNames);
    gone = Collections.unmodifiableSet(walk.gone);
  }

  /**
   * Walks the references level by level, one pipelined question a level.
   *
   * @throws SourceReadException if the store cannot be asked
   */
  public static Closure of(SourceStore source, Collection<StorePath> wanted)
      throws SourceReadException {
    return of(source, wanted, Set.of());
  }

  /**
   * The same, where some keys' signatures are known to be made on this machine.
   *
   * @throws SourceReadException if the store cannot be asked
   */
  static Closure of(SourceStore source, Collection<StorePath> wanted, Set<String> ownKeys)
      throws SourceReadException {
    var walk = new Walk(ownKeys);
    var roots = new LinkedHashSet<Integer>();
    wanted.forEach(path -> roots.add(walk.id(path)));
    var level = new ArrayList<>(roots);
    while (!level.isEmpty()) {
      var next = new ArrayList<Integer>();
      for (var from = 0; from < level.size(); from += QUESTION) {
        walk.ask(source, level.subList(from, Math.min(from + QUESTION, level.size())), next);
      }
      level = next;
    }
    return new Closure(walk, walk.order(roots));
  }

  /**
   * What {@code source} knows of {@code paths}; those that are not valid are left out.
   *
   * @throws SourceReadException if the store cannot be asked
   */
  static Map<StorePath, PathInfo> ask(SourceStore source, List<StorePath> paths)
      throws SourceReadException {
    try {
      return source.queryPathInfos(paths);
    } catch (IOException e) {
      throw new SourceReadException("the source store does not answer: " + e.getMessage(), e);
    }
  }

  /** How many valid paths there are. */
  public int size() {
    return paths.size();
  }

  /** Every valid path of the closure, references before their referrers. */
  public List<StorePath> paths() {
    return paths;
  }

  /** Paths asked for, or referred to, that are not valid in the store. */
  public Set<StorePath> gone() {
    return gone;
  }

  long narSize(int number) {
    return narSizes[number];
  }

  /** What that path refers to, without itself and without what is gone. Not to be changed. */
  int[] references(int number) {
    return references[number];
  }

  /** Whether that path refers to one that is gone. */
  boolean isBroken(int number) {
    return broken.get(number);
  }

  /** Whose key signed that path, if it was neither built nor signed here. */
  Optional<String> signer(int number) {
    return signers[number] == Walk.NOBODY
        ? Optional.empty()
        : Optional.of(signerNames.get(signers[number]));
  }

  /** The path info, if the closure is small enough to keep it. */
  Optional<PathInfo> info(int number) {
    return infos == null ? Optional.empty() : Optional.ofNullable(infos[number]);
  }

  /** What is gathered while the closure is not known yet; paths have an id in order of mention. */
  private static final class Walk {
    private static final int NOBODY = -1;

    private final Set<String> ownKeys;
    private final Map<StorePath, Integer> ids = new HashMap<>();
    private final List<StorePath> names = new ArrayList<>();
    private final List<@Nullable Node> nodes = new ArrayList<>();
    private final Map<String, Integer> signerIds = new HashMap<>();
    private final List<String> signerNames = new ArrayList<>();
    private final Set<StorePath> gone = new LinkedHashSet<>();
    private boolean forgot;

    private Walk(Set<String> ownKeys) {
      this.ownKeys = ownKeys;
    }

    private int id(StorePath path) {
      var known = ids.get(path);
      if (known != null) {
        return known;
      }
      // A store names a path anew in each answer; keeping one of them is what keeps this small.
      ids.put(path, names.size());
      names.add(path);
      nodes.add(null);
      return names.size() - 1;
    }

    private Node node(int id) {
      var node = nodes.get(id);
      if (node == null) {
        throw new IllegalStateException("not asked for: " + names.get(id));
      }
      return node;
    }

    private boolean keepsInfos() {
      return names.size() <= KEPT_INFOS;
    }

    /**
     * Asks for the paths with these ids; what they are the first to mention goes to {@code next}.
     */
    private void ask(SourceStore source, List<Integer> question, List<Integer> next)
        throws SourceReadException {
      var answer = Closure.ask(source, question.stream().map(names::get).toList());
      for (var id : question) {
        var info = answer.get(names.get(id));
        if (info == null) {
          gone.add(names.get(id));
          continue;
        }
        // What is alike follows each other then, and is in the compressor's window.
        var sorted = info.references().toArray(StorePath[]::new);
        Arrays.sort(sorted, StorePath.BY_NAME);
        var references = new int[sorted.length];
        for (var i = 0; i < references.length; i++) {
          var mentioned = names.size();
          references[i] = id(sorted[i]);
          if (references[i] == mentioned) {
            next.add(mentioned);
          }
        }
        nodes.set(
            id, new Node(info.narSize(), references, signer(info), keepsInfos() ? info : null));
      }
      if (!keepsInfos() && !forgot) {
        forgot = true;
        nodes.forEach(Node::forgetInfo);
      }
    }

    private int signer(PathInfo info) {
      if (info.ultimate()) {
        return NOBODY;
      }
      return info.signatures().stream()
          .map(Signature::keyName)
          .filter(key -> !ownKeys.contains(key))
          .findFirst()
          .map(this::signerId)
          .orElse(NOBODY);
    }

    private int signerId(String key) {
      return signerIds.computeIfAbsent(
          key,
          fresh -> {
            signerNames.add(fresh);
            return signerNames.size() - 1;
          });
    }

    /** Ids, depth first, without recursion: a chain may be as long as the closure. */
    private int[] order(Collection<Integer> roots) {
      var ordered = new int[nodes.size()];
      var count = 0;
      var entered = new BitSet();
      var open = new ArrayDeque<Visit>();
      for (var root : roots) {
        enter(root, entered, open);
        while (!open.isEmpty()) {
          var visit = open.getLast();
          if (visit.next < visit.references.length) {
            enter(visit.references[visit.next++], entered, open);
          } else {
            ordered[count++] = visit.id;
            open.removeLast();
          }
        }
      }
      return Arrays.copyOf(ordered, count);
    }

    private void enter(int id, BitSet entered, ArrayDeque<Visit> open) {
      var node = nodes.get(id);
      if (node != null && !entered.get(id)) {
        entered.set(id);
        open.addLast(new Visit(id, node.references));
      }
    }
  }

  private static final class Node {
    private final long narSize;
    private final int[] references;
    private final int signer;
    private @Nullable PathInfo info;

    private Node(long narSize, int[] references, int signer, @Nullable PathInfo info) {
      this.narSize = narSize;
      this.references = references;
      this.signer = signer;
      this.info = info;
    }

    private static void forgetInfo(@Nullable Node node) {
      if (node != null) {
        node.info = null;
      }
    }
  }

  private static final class Visit {
    private final int id;
    private final int[] references;
    private int next;

    private Visit(int id, int[] references) {
      this.id = id;
      this.references = references;
    }
  }
}
