package io.hookq.daemon.demo;

import io.hookq.store.SourceStore;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;

/** A folder in which things are "built" by writing them, and the hook is run by us. */
final class FolderNearStore implements NearStore {
  private static final int PATHS = 12;
  private static final int SMALLEST = 4 << 10;
  private static final int LARGEST = 3 << 20;

  private final Path workshop;
  private final Path gcRoots;
  private final FolderStore store;

  FolderNearStore(ScratchFolder scratch) throws IOException {
    workshop = scratch.folder("workshop");
    gcRoots = scratch.folder("near/nix/var/nix/gcroots");
    store = new FolderStore(scratch.folder("near/nix/store"));
  }

  @Override
  public String description() {
    return "a folder in place of a Nix store; the hook is run by the demo";
  }

  @Override
  public Optional<String> location() {
    return Optional.empty();
  }

  @Override
  public SourceStore source() {
    return store;
  }

  @Override
  public Path gcRoots() {
    return gcRoots;
  }

  @Override
  public List<StorePath> build(HookCall hook, Consumer<String> talk)
      throws IOException, InterruptedException {
    var random = new Random();
    var made = new ArrayList<StorePath>();
    for (var i = 1; i <= PATHS; i++) {
      var references = made.isEmpty() ? List.<StorePath>of() : List.of(made.getLast());
      var tree = write(random, i, references);
      var path = store.adopt(tree, "hookq-demo-" + i, references);
      made.add(path);
      talk.accept("made " + path.name());
      hook.run(List.of(path));
    }
    return made;
  }

  /** A tree with everything that a NAR can hold. */
  private Path write(Random random, int number, List<StorePath> references) throws IOException {
    var tree = workshop.resolve(Integer.toString(number));
    var bin = Files.createDirectories(tree.resolve("bin"));
    var program = bin.resolve("program");
    var lines = new StringBuilder("#!/bin/sh\n");
    for (var reference : references) {
      lines.append("exec ").append(StoreDir.DEFAULT.print(reference)).append("/bin/program\n");
    }
    Files.writeString(program, lines);
    if (!program.toFile().setExecutable(true)) {
      throw new IOException("cannot make " + program + " executable");
    }
    Files.createSymbolicLink(bin.resolve("alias"), Path.of("program"));
    Files.createFile(tree.resolve("empty"));
    var contents = new byte[random.nextInt(SMALLEST, LARGEST)];
    random.nextBytes(contents);
    Files.write(tree.resolve("data"), contents);
    return tree;
  }

  @Override
  public void close() {}
}
