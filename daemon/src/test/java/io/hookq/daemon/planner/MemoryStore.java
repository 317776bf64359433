package io.hookq.daemon.planner;

import io.hookq.daemon.queue.Paths;
import io.hookq.store.ContentAddress;
import io.hookq.store.Derivation;
import io.hookq.store.DrvOutput;
import io.hookq.store.NarHash;
import io.hookq.store.NarSource;
import io.hookq.store.PathInfo;
import io.hookq.store.Realisation;
import io.hookq.store.Signature;
import io.hookq.store.SourceReadException;
import io.hookq.store.SourceStore;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/**
 * A source store in memory: regular files that refer to each other, and derivations as they were
 * read, without their text. Thread-safe.
 */
public final class MemoryStore implements SourceStore {
  private final Map<StorePath, PathInfo> infos = new ConcurrentHashMap<>();
  private final Map<StorePath, byte[]> nars = new ConcurrentHashMap<>();
  private final Map<StorePath, NarSource> instead = new ConcurrentHashMap<>();
  private final Map<StorePath, NarSource> insteadFromStore = new ConcurrentHashMap<>();
  private final Map<StorePath, Derivation> derivations = new ConcurrentHashMap<>();
  private final Map<DrvOutput, Realisation> realisations = new ConcurrentHashMap<>();
  private final AtomicInteger questions = new AtomicInteger();
  private final AtomicInteger realisationQuestions = new AtomicInteger();
  private volatile boolean dead;

  /** Adds a small path that refers to {@code references}. */
  public StorePath add(String name, StorePath... references) {
    return add(name, ("this is " + name).getBytes(StandardCharsets.UTF_8), references);
  }

  /** Adds a path with these contents. */
  public StorePath add(String name, byte[] contents, StorePath... references) {
    var path = Paths.path(name);
    add(path, contents, List.of(references));
    return path;
  }

  private void add(StorePath path, byte[] contents, List<StorePath> references) {
    var nar = nar(contents);
    nars.put(path, nar);
    infos.put(path, PathInfo.of(path, hash(nar), nar.length, references));
  }

  /** Adds a path that refers to itself. */
  public StorePath addSelfReferring(String name) {
    var path = add(name);
    return add(name, path);
  }

  /** The path is known as {@code change} makes it of what is known. */
  public void change(StorePath path, UnaryOperator<PathInfo> change) {
    infos.put(path, change.apply(info(path)));
  }

  /** Adds a path that is addressed by its contents. */
  public StorePath addContentAddressed(String name, StorePath... references) {
    var path = add(name, references);
    var ca = new ContentAddress("fixed:r:" + info(path).narHash().prefixedNix32());
    change(path, info -> known(info, false, List.of(), Optional.of(ca)));
    return path;
  }

  /** Adds a derivation, which refers to its inputs. */
  public void addDerivation(StorePath path, Derivation derivation) {
    var inputs = new TreeSet<>(derivation.inputDerivations().keySet());
    inputs.addAll(derivation.inputSources());
    add(path, path.name().getBytes(StandardCharsets.UTF_8), List.copyOf(inputs));
    derivations.put(path, derivation);
  }

  /** Adds what {@code derivation} came to, which is addressed by its contents. */
  public StorePath addBuilt(String name, StorePath derivation, StorePath... references) {
    var path = addContentAddressed(name, references);
    change(
        path,
        info ->
            new PathInfo(
                path,
                info.narHash(),
                info.narSize(),
                info.references(),
                Optional.of(derivation),
                info.registrationTime(),
                true,
                List.of(),
                info.contentAddress()));
    return path;
  }

  /** Remembers what an output came to. */
  public void realise(Realisation realisation) {
    realisations.put(realisation.id(), realisation);
  }

  /** How often it was asked what an output came to. */
  public int realisationQuestions() {
    return realisationQuestions.get();
  }

  /** Adds a path that was built here or not, with a signature by each of these keys. */
  public StorePath addSigned(String name, boolean ultimate, String... keys) {
    var path = add(name);
    var signatures = Arrays.stream(keys).map(key -> new Signature(key, "c2lnbmVk")).toList();
    change(path, info -> known(info, ultimate, signatures, Optional.empty()));
    return path;
  }

  private static PathInfo known(
      PathInfo info,
      boolean ultimate,
      List<Signature> signatures,
      Optional<ContentAddress> contentAddress) {
    return new PathInfo(
        info.path(),
        info.narHash(),
        info.narSize(),
        info.references(),
        info.deriver(),
        info.registrationTime(),
        ultimate,
        signatures,
        contentAddress);
  }

  /** The path is no longer valid. */
  public void collect(StorePath path) {
    infos.remove(path);
    nars.remove(path);
    derivations.remove(path);
  }

  /** From now on {@code path} reads as {@code nar} says, by way of its files. */
  public void replace(StorePath path, NarSource nar) {
    instead.put(path, nar);
  }

  /** From now on {@code path} reads as {@code nar} says, by way of the store. */
  public void replaceFromStore(StorePath path, NarSource nar) {
    insteadFromStore.put(path, nar);
  }

  /** Whether the store answers nothing. */
  public void dead(boolean isDead) {
    dead = isDead;
  }

  /** What is known of {@code path}. */
  public PathInfo info(StorePath path) {
    var info = infos.get(path);
    if (info == null) {
      throw new IllegalArgumentException("no " + path);
    }
    return info;
  }

  /** The bytes of a path's NAR. */
  public byte[] bytes(StorePath path) {
    var bytes = nars.get(path);
    if (bytes == null) {
      throw new IllegalArgumentException("no " + path);
    }
    return bytes.clone();
  }

  /** How often it was asked for path infos. */
  public int questions() {
    return questions.get();
  }

  @Override
  public StoreDir storeDir() {
    return StoreDir.DEFAULT;
  }

  @Override
  public Set<StorePath> queryValid(Collection<StorePath> paths) throws IOException {
    check();
    var valid = new HashSet<>(paths);
    valid.retainAll(infos.keySet());
    return valid;
  }

  @Override
  public void eachValid(PathVisitor visitor) throws IOException {
    check();
    for (var path : infos.keySet()) {
      visitor.visit(path);
    }
  }

  @Override
  public Map<StorePath, PathInfo> queryPathInfos(Collection<StorePath> paths) throws IOException {
    check();
    questions.incrementAndGet();
    var found = new HashMap<StorePath, PathInfo>();
    for (var path : paths) {
      var info = infos.get(path);
      if (info != null) {
        found.put(path, info);
      }
    }
    return found;
  }

  private void check() throws IOException {
    if (dead) {
      throw new IOException("no answer from the daemon");
    }
  }

  @Override
  public Map<String, StorePath> queryOutputs(StorePath derivation) {
    return Map.of();
  }

  @Override
  public Optional<Derivation> queryDerivation(StorePath derivation) throws IOException {
    check();
    return infos.containsKey(derivation)
        ? Optional.ofNullable(derivations.get(derivation))
        : Optional.empty();
  }

  @Override
  public Set<StorePath> queryReferrers(StorePath path) throws IOException {
    check();
    var referrers = new HashSet<StorePath>();
    infos.values().stream()
        .filter(info -> infos.containsKey(path) && info.references().contains(path))
        .forEach(info -> referrers.add(info.path()));
    return referrers;
  }

  @Override
  public Optional<Realisation> queryRealisation(DrvOutput output, Optional<StorePath> derivation)
      throws IOException {
    check();
    realisationQuestions.incrementAndGet();
    // A store does not say which derivation it was asked for by.
    return Optional.ofNullable(realisations.get(output))
        .map(known ->
            new Realisation(
                known.id(),
                derivation,
                known.outPath(),
                known.dependentRealisations(),
                known.signatures()));
  }

  @Override
  public NarSource nar(StorePath path) {
    return instead.getOrDefault(path, narFromStore(path));
  }

  @Override
  public NarSource narFromStore(StorePath path) {
    return insteadFromStore.getOrDefault(
        path,
        out -> {
          var nar = nars.get(path);
          if (nar == null) {
            throw new SourceReadException("no such file: " + path);
          }
          out.write(nar);
        });
  }

  @Override
  public void close() {}

  private static byte[] nar(byte[] contents) {
    var out = new ByteArrayOutputStream();
    for (var token : List.of("nix-archive-1", "(", "type", "regular", "contents")) {
      string(out, token.getBytes(StandardCharsets.US_ASCII));
    }
    string(out, contents);
    string(out, new byte[] {')'});
    return out.toByteArray();
  }

  private static void string(ByteArrayOutputStream out, byte[] bytes) {
    var length =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(bytes.length);
    out.writeBytes(length.array());
    out.writeBytes(Arrays.copyOf(bytes, (bytes.length + 7) / 8 * 8));
  }

  private static NarHash hash(byte[] nar) {
    try {
      return NarHash.of(MessageDigest.getInstance("SHA-256").digest(nar));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
