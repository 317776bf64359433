package io.hookq.daemon.planner;

import io.hookq.store.PathInfo;
import io.hookq.store.SourceReadException;
import io.hookq.store.SourceStore;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Some paths and everything they refer to, as one store knows them.
 *
 * <p>Immutable. Holds one path info a path, each mention of a path being one and the same object.
 *
 * @param inOrder every valid path of the closure, references before their referrers; the same for
 *     the same wanted paths in the same order
 * @param gone paths asked for, or referred to, that are not valid in the store
 */
public record Closure(List<PathInfo> inOrder, Set<StorePath> gone) {
  /** So many paths are asked for at once: bounds the answer that is in memory beside the result. */
  private static final int QUESTION = 1000;

  /**
   * Walks the references level by level, one pipelined question a level.
   *
   * @throws SourceReadException if the store cannot be asked
   */
  public static Closure of(SourceStore source, Collection<StorePath> wanted)
      throws SourceReadException {
    var names = new HashMap<StorePath, StorePath>();
    var infos = new HashMap<StorePath, PathInfo>();
    var gone = new LinkedHashSet<StorePath>();
    var level = new LinkedHashSet<StorePath>();
    for (var path : wanted) {
      level.add(names.computeIfAbsent(path, same -> same));
    }
    while (!level.isEmpty()) {
      var next = new LinkedHashSet<StorePath>();
      for (var question : chunks(level)) {
        var answer = ask(source, question);
        for (var path : question) {
          var info = answer.get(path);
          if (info == null) {
            gone.add(path);
            continue;
          }
          var canonical = canonical(info, names);
          infos.put(path, canonical);
          next.addAll(canonical.references());
        }
      }
      next.removeIf(path -> infos.containsKey(path) || gone.contains(path));
      level = next;
    }
    return new Closure(ordered(wanted, infos), Collections.unmodifiableSet(gone));
  }

  private static Map<StorePath, PathInfo> ask(SourceStore source, List<StorePath> paths)
      throws SourceReadException {
    try {
      return source.queryPathInfos(paths);
    } catch (IOException e) {
      throw new SourceReadException("the source store does not answer: " + e.getMessage(), e);
    }
  }

  private static List<List<StorePath>> chunks(Collection<StorePath> paths) {
    var all = List.copyOf(paths);
    var chunks = new ArrayList<List<StorePath>>();
    for (var i = 0; i < all.size(); i += QUESTION) {
      chunks.add(all.subList(i, Math.min(i + QUESTION, all.size())));
    }
    return chunks;
  }

  /** A store names a path anew in each answer; keeping one of them is what keeps this small. */
  private static PathInfo canonical(PathInfo info, Map<StorePath, StorePath> names) {
    var references = new ArrayList<StorePath>(info.references().size());
    for (var reference : info.references()) {
      references.add(names.computeIfAbsent(reference, same -> same));
    }
    return new PathInfo(
        names.getOrDefault(info.path(), info.path()),
        info.narHash(),
        info.narSize(),
        references,
        info.deriver(),
        info.registrationTime(),
        info.ultimate(),
        info.signatures(),
        info.contentAddress());
  }

  /** Depth first, without recursion: a chain may be as long as the closure. */
  private static List<PathInfo> ordered(
      Collection<StorePath> wanted, Map<StorePath, PathInfo> infos) {
    var ordered = new LinkedHashMap<StorePath, PathInfo>();
    var entered = new LinkedHashSet<StorePath>();
    var open = new ArrayDeque<Visit>();
    for (var root : wanted) {
      enter(root, infos, entered, open);
      while (!open.isEmpty()) {
        var visit = open.getLast();
        if (visit.next < visit.info.references().size()) {
          enter(visit.info.references().get(visit.next++), infos, entered, open);
        } else {
          ordered.put(visit.info.path(), visit.info);
          open.removeLast();
        }
      }
    }
    return List.copyOf(ordered.values());
  }

  private static void enter(
      StorePath path,
      Map<StorePath, PathInfo> infos,
      Set<StorePath> entered,
      ArrayDeque<Visit> open) {
    var info = infos.get(path);
    if (info != null && entered.add(path)) {
      open.addLast(new Visit(info));
    }
  }

  private static final class Visit {
    private final PathInfo info;
    private int next;

    private Visit(PathInfo info) {
      this.info = info;
    }
  }
}
