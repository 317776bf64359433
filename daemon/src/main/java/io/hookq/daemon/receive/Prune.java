package io.hookq.daemon.receive;

import io.hookq.serve.ServeConnection;
import io.hookq.store.PathInfo;
import io.hookq.store.PeerEnd;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Lets go of what retention does not keep: the old, then the oldest of what is too much, and links
 * that came to nothing.
 *
 * @param storeDir what the links point into
 * @param child starts the program that knows sizes
 */
record Prune(StoreDir storeDir, Child child) {
  /** A link to what is not there may belong to an upload under way, but not for so long. */
  private static final Duration UNDER_WAY = Duration.ofDays(7);

  /**
   * Prunes the links of one key.
   *
   * @return how many were let go
   * @throws IOException if a link cannot be deleted or the store cannot be asked; what was pruned
   *     until then is
   */
  int run(KeyLinks links, Retention retention, Instant now) throws IOException {
    links.restore();
    var gone = 0;
    for (var kept : links.list()) {
      var age = Duration.between(kept.since(), now);
      var old = retention.age().isPresent() && age.compareTo(retention.age().get()) > 0;
      if ((old || (age.compareTo(UNDER_WAY) > 0 && !child.store().has(kept.path())))
          && links.release(kept)) {
        gone++;
      }
    }
    if (retention.bytes().isPresent()) {
      for (var kept : surplus(links.list(), retention.bytes().get())) {
        gone += links.release(kept) ? 1 : 0;
      }
    }
    return gone;
  }

  /** Links that this session made and nothing came of, unless another one relies on them now. */
  void clear(KeyLinks links, Map<StorePath, Instant> made) throws IOException {
    for (var link : made.entrySet()) {
      if (!child.store().has(link.getKey())) {
        links.release(new Kept(link.getKey(), link.getValue()));
      }
    }
  }

  /** The oldest, so many that the closures of the others keep to {@code bytes}. */
  private List<Kept> surplus(List<Kept> oldestFirst, long bytes) throws IOException {
    if (oldestFirst.isEmpty()) {
      return List.of();
    }
    var infos = infos(oldestFirst.stream().map(Kept::path).toList());
    var counted = new HashSet<StorePath>();
    var total = 0L;
    for (var i = oldestFirst.size() - 1; i >= 0; i--) {
      total += newBytes(oldestFirst.get(i).path(), infos, counted);
      if (total > bytes) {
        return oldestFirst.subList(0, i + 1);
      }
    }
    return List.of();
  }

  /** The NARs of a closure that are not counted yet. */
  private static long newBytes(
      StorePath path, Map<StorePath, PathInfo> infos, Set<StorePath> counted) {
    var sum = 0L;
    var open = new ArrayDeque<>(List.of(path));
    while (!open.isEmpty()) {
      var info = infos.get(open.remove());
      if (info != null && counted.add(info.path())) {
        sum += info.narSize();
        open.addAll(info.references());
      }
    }
    return sum;
  }

  /** What the store knows of {@code paths} and all they refer to; what is not valid is left out. */
  private Map<StorePath, PathInfo> infos(Collection<StorePath> paths) throws IOException {
    var process = child.start(Program.SERVE, List.of("--serve"), Redirect.DISCARD);
    try (var serve =
        ServeConnection.open(
            process.getInputStream(), process.getOutputStream(), storeDir, PeerEnd::none)) {
      var infos = new HashMap<StorePath, PathInfo>();
      for (Collection<StorePath> open = paths; !open.isEmpty(); ) {
        var found = serve.queryPathInfos(open);
        infos.putAll(found);
        var next = new HashSet<StorePath>();
        found.values().forEach(info -> next.addAll(info.references()));
        next.removeAll(infos.keySet());
        open = next;
      }
      return infos;
    } finally {
      process.destroy();
    }
  }
}
