package io.hookq.daemon.transport;

import io.hookq.daemon.planner.MemoryStore;
import io.hookq.daemon.queue.Paths;
import io.hookq.store.Derivation;
import io.hookq.store.DerivationHashes;
import io.hookq.store.DrvOutput;
import io.hookq.store.Realisation;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Content-addressed derivations of a store in memory, built as Nix builds them: one whose inputs
 * are content-addressed is resolved first, what is built has the resolved one for a deriver, and
 * both are realised.
 */
final class BuiltChain {
  private static final String RESOLVED_HASH = "1".repeat(32);

  private final MemoryStore store;
  private final DerivationHashes hashes;

  BuiltChain(MemoryStore store) {
    this.store = store;
    this.hashes =
        new DerivationHashes(store.storeDir(), path -> store.queryDerivation(path).orElseThrow());
  }

  /** What was built; where nothing had to be resolved, {@code resolved} is the written one. */
  record Built(StorePath path, Realisation written, Realisation resolved) {
    /** Where what was written lies. */
    StorePath derivation() {
      return written.derivation().orElseThrow();
    }
  }

  /** Writes, resolves and builds one that needs those others, to which its output refers. */
  Built build(String name, Built... needs) throws IOException {
    var inputs = new TreeMap<StorePath, Set<String>>();
    var sources = new TreeSet<StorePath>();
    var dependent = new TreeMap<DrvOutput, StorePath>();
    for (var need : needs) {
      inputs.put(need.derivation(), Set.of("out"));
      sources.add(need.path());
      dependent.put(need.written().id(), need.path());
    }
    var path = Paths.path(name);
    var written = realise(Paths.path(name + ".drv"), inputs, Set.of(), path, dependent);
    var resolved = written;
    if (needs.length > 0) {
      var derivation = new StorePath(RESOLVED_HASH + "-" + name + ".drv");
      resolved = realise(derivation, Map.of(), sources, path, new TreeMap<>());
    }
    store.addBuilt(name, resolved.derivation().orElseThrow(), sources.toArray(StorePath[]::new));
    return new Built(path, written, resolved);
  }

  private Realisation realise(
      StorePath path,
      Map<StorePath, Set<String>> inputs,
      Set<StorePath> sources,
      StorePath outPath,
      SortedMap<DrvOutput, StorePath> dependent)
      throws IOException {
    var derivation =
        new Derivation(
            Map.of("out", new Derivation.Output(Optional.empty(), "r:sha256", "")),
            inputs,
            sources,
            "x86_64-linux",
            "/bin/sh",
            List.of(),
            Map.of("name", outPath.name(), "out", ""));
    store.addDerivation(path, derivation);
    var id = new DrvOutput(hashes.of(derivation), "out");
    var realisation = new Realisation(id, Optional.of(path), outPath, dependent, List.of());
    store.realise(realisation);
    return realisation;
  }
}
