package io.hookq.serve;

import io.hookq.store.DestinationStore;
import io.hookq.store.NarSource;
import io.hookq.store.PathInfo;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.wire.PeerEnd;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Collection;
import java.util.Map;
import java.util.Set;

/** The client's end of the serve protocol. */
@SuppressWarnings("DoNotCallSuggester") // the bodies follow
public final class ServeConnection implements DestinationStore {
  private ServeConnection() {}

  /**
   * Greets the peer and waits for its greeting.
   *
   * @throws io.hookq.wire.HandshakeException if it does not speak the protocol, or only a version
   *     below 2.5
   */
  public static ServeConnection open(
      InputStream in, OutputStream out, StoreDir dir, PeerEnd.Source end) throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * The same without waiting: the greeting goes out with the first request, which saves a round
   * trip. What is wrong with the peer comes out of that request.
   */
  public static ServeConnection greet(
      InputStream in, OutputStream out, StoreDir dir, PeerEnd.Source end) {
    throw new UnsupportedOperationException();
  }

  @Override
  public String protocol() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Set<StorePath> queryValid(Collection<StorePath> paths, boolean substitute)
      throws IOException {
    throw new UnsupportedOperationException();
  }

  /** What the far store knows of {@code paths}; those that are not valid there are left out. */
  public Map<StorePath, PathInfo> queryPathInfos(Collection<StorePath> paths) throws IOException {
    throw new UnsupportedOperationException();
  }

  /** Copies the NAR of a path that is valid there to {@code out}. */
  public void dump(StorePath path, OutputStream out) throws IOException {
    throw new UnsupportedOperationException();
  }

  @Override
  public void add(PathInfo info, NarSource nar, AddListener listener) throws IOException {
    throw new UnsupportedOperationException();
  }

  @Override
  public void drain() throws IOException {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
