package io.hookq.daemon.transport;

import io.hookq.daemon.config.KeyFile;
import io.hookq.log.Logged;
import io.hookq.store.DestinationStore;
import io.hookq.store.NarSource;
import io.hookq.store.PathInfo;
import io.hookq.store.Realisation;
import io.hookq.store.SecretKey;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A destination store whose paths and realisations are signed on their way there. The store here
 * keeps its path infos as they are.
 *
 * <p>Threads as the store behind it, which it closes.
 */
final class SigningStore implements DestinationStore {
  private static final Logger LOG = LoggerFactory.getLogger(SigningStore.class);

  private final DestinationStore store;
  private final StoreDir dir;
  private final List<SecretKey> keys;

  SigningStore(DestinationStore store, StoreDir dir, List<SecretKey> keys) {
    this.store = store;
    this.dir = dir;
    this.keys = List.copyOf(keys);
  }

  /**
   * Reads the keys.
   *
   * @throws IOException if one cannot be used; the message names its file
   */
  static List<SecretKey> readKeys(List<KeyFile> files) throws IOException {
    var keys = new ArrayList<SecretKey>();
    for (var file : files) {
      keys.add(SecretKey.read(file.path()));
    }
    return keys;
  }

  /**
   * The names of those keys that can be read now. Each connection reads them anew, and fails by the
   * name of one that cannot be used.
   */
  static Set<String> readableNames(List<KeyFile> files) {
    var names = new HashSet<String>();
    for (var file : files) {
      try {
        names.add(SecretKey.read(file.path()).name());
      } catch (IOException e) {
        LOG.debug(
            "a signing key is not known by its name yet: file={}", Logged.name(file.text()), e);
      }
    }
    return names;
  }

  private PathInfo signed(PathInfo info) {
    var signed = info;
    for (var key : keys) {
      signed = key.sign(signed, dir);
    }
    return signed;
  }

  @Override
  public String protocol() {
    return store.protocol();
  }

  @Override
  public Set<StorePath> queryValid(Collection<StorePath> paths, boolean substitute)
      throws IOException {
    return store.queryValid(paths, substitute);
  }

  @Override
  public void addSignatures(Collection<PathInfo> infos) throws IOException {
    store.addSignatures(infos.stream().map(this::signed).toList());
  }

  @Override
  public void add(PathInfo info, NarSource nar, AddListener listener) throws IOException {
    store.add(signed(info), nar, listener);
  }

  @Override
  public boolean takesRealisations() {
    return store.takesRealisations();
  }

  @Override
  public void register(Realisation realisation, List<SecretKey> others, RegisterListener listener)
      throws IOException {
    var all = new ArrayList<>(others);
    all.addAll(keys);
    store.register(realisation, all, listener);
  }

  @Override
  public void flush() throws IOException {
    store.flush();
  }

  @Override
  public void drain() throws IOException {
    store.drain();
  }

  @Override
  public boolean isStillGood() {
    return store.isStillGood();
  }

  @Override
  public void close() {
    store.close();
  }
}
