package io.hookq.daemon.transport;

import io.hookq.daemon.planner.PlanRules;
import io.hookq.daemon.planner.Planner;
import io.hookq.store.DestinationStore;
import io.hookq.store.NarHash;
import io.hookq.store.NarSource;
import io.hookq.store.Nix32;
import io.hookq.store.PathInfo;
import io.hookq.store.Signature;
import io.hookq.store.SourceStore;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;

/**
 * Plans the closure of a whole distribution and goes through the motions of sending it, in a
 * process of its own with the daemon's heap, some of which something else has taken.
 */
final class LargePlan {
  private static final int PATHS = 100_000;
  private static final int REFERENCES = 10;

  private LargePlan() {}

  /** How many MiB of the heap are taken. */
  public static void main(String[] arguments) throws Exception {
    var taken = new byte[Integer.parseInt(arguments[0]) << 20];
    var source = new Distribution();
    var start = System.nanoTime();
    var plan = Planner.plan(source, new Quarter(), List.of(Distribution.path(0)), PlanRules.ALL);
    var planned = System.nanoTime();
    var infos = new PathInfos(source, plan);
    var dispatch = new Dispatch(plan, 4);
    var bytes = 0L;
    while (!dispatch.isOver()) {
      var index = dispatch.take(0).orElseThrow();
      bytes += infos.of(index).narSize();
      dispatch.answered(index);
    }
    if (bytes != plan.bytes() || taken[0] != 0) {
      throw new AssertionError(bytes + " sent, planned " + plan.bytes());
    }
    System.out.printf("missing=%d planMillis=%d%n", plan.missing(), (planned - start) / 1_000_000);
  }

  /** Has a quarter of the paths, with their closures. */
  private static final class Quarter implements DestinationStore {
    @Override
    public String protocol() {
      return "memory";
    }

    @Override
    public Set<StorePath> queryValid(Collection<StorePath> paths, boolean substitute) {
      var valid = new HashSet<StorePath>();
      for (var path : paths) {
        if (Distribution.number(path) >= PATHS / 4 * 3) {
          // Named anew, as in an answer.
          valid.add(new StorePath(new String(path.baseName().toCharArray())));
        }
      }
      return valid;
    }

    @Override
    public void add(PathInfo info, NarSource nar, AddListener listener) {
      throw new AssertionError("nothing is sent here");
    }

    @Override
    public void drain() {}

    @Override
    public void close() {}
  }

  /** Makes up its answers: number n refers to 2n+1, 2n+2 and others of higher numbers. */
  private static final class Distribution implements SourceStore {
    private static final Signature SIGNATURE =
        new Signature("cache.nixos.org-1", Base64.getEncoder().encodeToString(new byte[64]));

    static StorePath path(int number) {
      var hash = ByteBuffer.allocate(20).putInt(number).putInt(16, ~number).array();
      return new StorePath(Nix32.encode(hash) + "-package-with-a-usual-name-" + number);
    }

    static int number(StorePath path) {
      return Integer.parseInt(path.name().substring(path.name().lastIndexOf('-') + 1));
    }

    @Override
    public StoreDir storeDir() {
      return StoreDir.DEFAULT;
    }

    @Override
    public Map<StorePath, PathInfo> queryPathInfos(Collection<StorePath> paths) {
      var answer = new HashMap<StorePath, PathInfo>();
      paths.forEach(path -> answer.put(path, info(number(path))));
      return answer;
    }

    private static PathInfo info(int number) {
      var random = new SplittableRandom(number);
      var references = new TreeSet<StorePath>();
      for (var child = 2 * number + 1; child <= 2 * number + 2 && child < PATHS; child++) {
        references.add(path(child));
      }
      while (number < PATHS - 2 * REFERENCES && references.size() < REFERENCES) {
        references.add(path(random.nextInt(number + 1, PATHS)));
      }
      return new PathInfo(
          path(number),
          NarHash.of(ByteBuffer.allocate(32).putInt(number).array()),
          1000L + number,
          List.copyOf(references),
          Optional.empty(),
          0,
          false,
          List.of(SIGNATURE),
          Optional.empty());
    }

    @Override
    public Set<StorePath> queryValid(Collection<StorePath> paths) {
      return Set.copyOf(paths);
    }

    @Override
    public void eachValid(PathVisitor visitor) {
      throw new AssertionError("only the closure is asked for");
    }

    @Override
    public Map<String, StorePath> queryOutputs(StorePath derivation) {
      return Map.of();
    }

    @Override
    public NarSource nar(StorePath path) {
      throw new AssertionError("nothing is read here");
    }

    @Override
    public NarSource narFromStore(StorePath path) {
      return nar(path);
    }

    @Override
    public void close() {}
  }
}
