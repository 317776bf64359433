package io.hookq.daemon.intake;

import io.hookq.store.NarSource;
import io.hookq.store.PathInfo;
import io.hookq.store.SourceStore;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** A source store that knows which paths are valid and what derivations make, and can be down. */
public final class MemorySource implements SourceStore {
  final Set<StorePath> valid = ConcurrentHashMap.newKeySet();
  final Map<StorePath, Map<String, StorePath>> outputs = new ConcurrentHashMap<>();
  volatile boolean down;

  /** A path whose hash part is made of {@code digit}. */
  public static StorePath path(char digit, String name) {
    return new StorePath(String.valueOf(digit).repeat(StorePath.HASH_PART_LENGTH) + "-" + name);
  }

  /** The same, valid here. */
  public StorePath add(char digit, String name) {
    var path = path(digit, name);
    valid.add(path);
    return path;
  }

  @Override
  public StoreDir storeDir() {
    return StoreDir.DEFAULT;
  }

  @Override
  public Set<StorePath> queryValid(Collection<StorePath> paths) throws IOException {
    requireUp();
    return paths.stream().filter(valid::contains).collect(Collectors.toSet());
  }

  @Override
  public void eachValid(PathVisitor visitor) throws IOException {
    requireUp();
    for (var path : valid) {
      visitor.visit(path);
    }
  }

  private void requireUp() throws IOException {
    if (down) {
      throw new IOException("the Nix daemon is down");
    }
  }

  @Override
  public Map<StorePath, PathInfo> queryPathInfos(Collection<StorePath> paths) throws IOException {
    throw new IOException("nobody should ask");
  }

  @Override
  public Map<String, StorePath> queryOutputs(StorePath derivation) throws IOException {
    requireUp();
    var known = outputs.get(derivation);
    if (known == null) {
      throw new IOException("unknown derivation");
    }
    return known;
  }

  @Override
  public NarSource nar(StorePath path) {
    return narFromStore(path);
  }

  @Override
  public NarSource narFromStore(StorePath path) {
    return out -> {
      throw new IOException("nobody should read");
    };
  }

  @Override
  public void close() {}
}
