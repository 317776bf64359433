package io.hookq.daemon.demo;

import io.hookq.store.SourceStore;
import io.hookq.store.StorePath;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Where the journey begins: a store in which things are built, the hook told of each. */
sealed interface NearStore extends Closeable permits FolderNearStore, NixNearStore {
  /** What it is, for people. */
  String description();

  /** What the config calls it; empty where the daemon must be handed {@link #source}. */
  Optional<String> location();

  /** The store, to look into it; closed with this. */
  SourceStore source();

  /** Nix's folder of GC roots in this store. */
  Path gcRoots();

  /**
   * Builds; returns when the hook has been run for everything. Says what it does line by line.
   *
   * @return what was built, its closure being what is to travel
   * @throws IOException if nothing can be built
   */
  List<StorePath> build(HookCall hook, Consumer<String> talk)
      throws IOException, InterruptedException;
}
