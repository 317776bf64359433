package io.hookq.daemon.queue;

import io.hookq.store.Nix32;
import io.hookq.store.StorePath;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.IntStream;

/** Store paths for tests: the same number and name, the same path. */
public final class Paths {
  private static final int HASH_BYTES = 20;

  private Paths() {}

  /** A path with this name. */
  public static StorePath path(String name) {
    var hash = ByteBuffer.allocate(HASH_BYTES).putInt(name.hashCode()).putInt(name.length());
    return new StorePath(Nix32.encode(hash.array()) + "-" + name);
  }

  /** So many different paths. */
  public static List<StorePath> paths(int count) {
    return IntStream.range(0, count).mapToObj(i -> path("p" + i)).toList();
  }
}
