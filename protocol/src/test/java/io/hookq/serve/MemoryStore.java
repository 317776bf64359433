package io.hookq.serve;

import io.hookq.nar.NarReader;
import io.hookq.store.PathInfo;
import io.hookq.store.StorePath;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** A store in memory that forgets the bytes of what is over 16 MiB. Thread-safe. */
public final class MemoryStore implements ServeStore {
  private static final long MAX_KEPT = 16 << 20;

  private final Map<StorePath, StoreObject> objects = new ConcurrentHashMap<>();

  /** Makes {@code object} valid. */
  public MemoryStore with(StoreObject object) {
    objects.put(object.path(), object);
    return this;
  }

  /** Everything that is valid. */
  public Map<StorePath, PathInfo> infos() {
    var infos = new TreeMap<StorePath, PathInfo>();
    objects.forEach((path, object) -> infos.put(path, object.info()));
    return infos;
  }

  @Override
  public Set<StorePath> valid(Collection<StorePath> paths) {
    var valid = new HashSet<>(paths);
    valid.retainAll(objects.keySet());
    return valid;
  }

  @Override
  public Optional<PathInfo> info(StorePath path) {
    return Optional.ofNullable(objects.get(path)).map(StoreObject::info);
  }

  @Override
  public void add(PathInfo info, InputStream nar) throws IOException {
    var bytes = new ByteArrayOutputStream();
    NarReader.copy(nar, info.narSize() > MAX_KEPT ? OutputStream.nullOutputStream() : bytes);
    objects.put(info.path(), new StoreObject(info, bytes.toByteArray()));
  }

  @Override
  public void dump(StorePath path, OutputStream out) throws IOException {
    Objects.requireNonNull(objects.get(path)).writeTo(out);
  }
}
