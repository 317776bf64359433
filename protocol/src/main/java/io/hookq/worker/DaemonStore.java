package io.hookq.worker;

import io.hookq.store.NarSource;
import io.hookq.store.PathInfo;
import io.hookq.store.SourceStore;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Set;

/** The Nix store of this machine, asked through its daemon. */
@SuppressWarnings("DoNotCallSuggester") // the bodies follow
public final class DaemonStore implements SourceStore {
  private final StoreDir dir;

  /**
   * A store that connects when it is first asked.
   *
   * @param realStoreDir where the files are: {@code /nix/store}, or {@code ROOT/nix/store} for a
   *     store below a root
   */
  @SuppressWarnings("unused")
  public DaemonStore(Connector connector, StoreDir dir, Path realStoreDir) {
    this.dir = dir;
  }

  @Override
  public StoreDir storeDir() {
    return dir;
  }

  @Override
  public Set<StorePath> queryValid(Collection<StorePath> paths) throws IOException {
    throw new UnsupportedOperationException();
  }

  @Override
  public Map<StorePath, PathInfo> queryPathInfos(Collection<StorePath> paths) throws IOException {
    throw new UnsupportedOperationException();
  }

  @Override
  public Map<String, StorePath> queryOutputs(StorePath derivation) throws IOException {
    throw new UnsupportedOperationException();
  }

  @Override
  public NarSource nar(StorePath path) {
    throw new UnsupportedOperationException();
  }

  @Override
  public NarSource narFromStore(StorePath path) {
    throw new UnsupportedOperationException();
  }

  /**
   * Keeps {@code paths}, valid or not, from the garbage collector until the connection to the
   * daemon ends: long enough to look whether they are valid and to make a lasting root.
   *
   * @throws IOException if the store cannot be asked
   */
  public void addTempRoots(Collection<StorePath> paths) throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Keeps what the symbolic link {@code link} points to, for as long as it is there.
   *
   * @param link absolute; the link exists and points into the store
   * @throws IOException if the store cannot be asked, or refuses
   */
  public void addIndirectRoot(Path link) throws IOException {
    throw new UnsupportedOperationException();
  }

  /** Ends the connections that are open; the store may be used again. */
  @Override
  public void close() {}

  /** How to reach the daemon. */
  @FunctionalInterface
  public interface Connector {
    /**
     * Opens one more connection.
     *
     * @throws IOException if the daemon cannot be reached; the message says where it was looked for
     */
    Streams connect() throws IOException;
  }

  /**
   * Both directions of one connection.
   *
   * @param in what the daemon says
   * @param out what is said to the daemon
   * @param close ends both, also under a thread that is blocked in one of them
   */
  public record Streams(InputStream in, OutputStream out, Closeable close) {}
}
