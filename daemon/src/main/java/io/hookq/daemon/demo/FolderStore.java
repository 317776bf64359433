package io.hookq.daemon.demo;

import io.hookq.nar.NarDump;
import io.hookq.nar.NarReader;
import io.hookq.nar.NarRestore;
import io.hookq.serve.ServeStore;
import io.hookq.store.NarHash;
import io.hookq.store.NarSource;
import io.hookq.store.Nix32;
import io.hookq.store.PathInfo;
import io.hookq.store.SourceReadException;
import io.hookq.store.SourceStore;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * A Nix store made of a folder for the files and a map for what is known of them; the map is gone
 * with the process. Either end of the journey where Nix is not installed.
 *
 * <p>Thread-safe. Nothing to close.
 */
final class FolderStore implements SourceStore, ServeStore {
  private final Path folder;
  private final Map<StorePath, PathInfo> infos = new ConcurrentHashMap<>();

  /** A store whose files lie in {@code folder}, which exists. */
  FolderStore(Path folder) {
    this.folder = folder;
  }

  /**
   * Makes the tree at {@code tree} valid here and moves it in, named by its contents and
   * references.
   */
  StorePath adopt(Path tree, String name, List<StorePath> references) throws IOException {
    var hash = HashingStream.of(new NarDump(tree));
    var path = pathOf(hash.narHash(), name, references);
    Files.move(tree, folder.resolve(path.baseName()));
    infos.put(
        path,
        new PathInfo(
            path,
            hash.narHash(),
            hash.size(),
            references,
            Optional.empty(),
            0,
            true,
            List.of(),
            Optional.empty()));
    return path;
  }

  /** As Nix names what is added by the hash of its NAR: 160 folded bits of a fingerprint. */
  private StorePath pathOf(NarHash hash, String name, List<StorePath> references) {
    var type =
        references.stream()
            .sorted()
            .map(reference -> ":" + storeDir().print(reference))
            .collect(Collectors.joining("", "source", ""));
    var fingerprint = "%s:sha256:%s:%s:%s".formatted(type, hash.base16(), storeDir().path(), name);
    var digest =
        HexFormat.of()
            .parseHex(HashingStream.sha256(fingerprint.getBytes(StandardCharsets.UTF_8)).base16());
    var folded = new byte[20];
    for (var i = 0; i < digest.length; i++) {
      folded[i % folded.length] ^= digest[i];
    }
    return new StorePath(Nix32.encode(folded) + "-" + name);
  }

  @Override
  public StoreDir storeDir() {
    return StoreDir.DEFAULT;
  }

  @Override
  public Set<StorePath> queryValid(Collection<StorePath> paths) {
    return paths.stream().filter(infos::containsKey).collect(Collectors.toSet());
  }

  @Override
  public void eachValid(PathVisitor visitor) throws IOException {
    for (var path : infos.keySet()) {
      visitor.visit(path);
    }
  }

  @Override
  public Map<StorePath, PathInfo> queryPathInfos(Collection<StorePath> paths) {
    var known = new HashMap<StorePath, PathInfo>();
    paths.forEach(path -> info(path).ifPresent(info -> known.put(path, info)));
    return known;
  }

  @Override
  public Map<String, StorePath> queryOutputs(StorePath derivation) throws IOException {
    throw new SourceReadException("there are no derivations in a folder store: " + derivation);
  }

  @Override
  public NarSource nar(StorePath path) {
    return new NarDump(folder.resolve(path.baseName()));
  }

  @Override
  public NarSource narFromStore(StorePath path) {
    return nar(path);
  }

  @Override
  public Set<StorePath> valid(Collection<StorePath> paths) {
    return queryValid(paths);
  }

  @Override
  public Optional<PathInfo> info(StorePath path) {
    return Optional.ofNullable(infos.get(path));
  }

  @Override
  public void add(PathInfo info, InputStream nar) throws IOException {
    NarReader.read(nar, new NarRestore(folder.resolve(info.path().baseName())));
    // What follows the NAR is its end of file, at which size and hash are checked.
    nar.transferTo(OutputStream.nullOutputStream());
    infos.put(info.path(), info);
  }

  @Override
  public void dump(StorePath path, OutputStream out) throws IOException {
    nar(path).writeTo(out);
  }

  @Override
  public void close() {}
}
