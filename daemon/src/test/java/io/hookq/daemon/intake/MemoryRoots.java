package io.hookq.daemon.intake;

import io.hookq.daemon.roots.GcRoots;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Roots that can fail. */
public final class MemoryRoots implements GcRoots {
  final Set<StorePath> rooted = ConcurrentHashMap.newKeySet();
  final Set<StorePath> ofHook = ConcurrentHashMap.newKeySet();
  volatile boolean failing;

  /** How often there is no memory to list them. */
  final AtomicInteger exhausted = new AtomicInteger();

  @Override
  public void add(Collection<StorePath> paths) throws IOException {
    if (failing) {
      throw new IOException("no roots today");
    }
    rooted.addAll(paths);
  }

  @Override
  public void takeOver(Collection<StorePath> paths) {
    ofHook.removeAll(paths);
  }

  @Override
  public void remove(StorePath path) {
    rooted.remove(path);
  }

  @Override
  public void removeUnless(StorePath path, Need need) throws IOException {
    if (!need.isNeeded(path)) {
      rooted.remove(path);
    }
  }

  @Override
  public Set<StorePath> list() {
    if (exhausted.getAndDecrement() > 0) {
      throw new OutOfMemoryError("Java heap space");
    }
    return Set.copyOf(rooted);
  }

  @Override
  public Set<StorePath> listOfHook() {
    return Set.copyOf(ofHook);
  }
}
