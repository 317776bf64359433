package io.hookq.worker;

import io.hookq.nar.NarDump;
import io.hookq.nar.NarReader;
import io.hookq.store.Derivation;
import io.hookq.store.DrvOutput;
import io.hookq.store.NarSource;
import io.hookq.store.PathInfo;
import io.hookq.store.Realisation;
import io.hookq.store.SourceReadException;
import io.hookq.store.SourceStore;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.wire.WireReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The Nix store of this machine: its daemon is asked what is valid, its files are read directly.
 *
 * <p>Thread-safe. Queries share one connection, one at a time; it is opened by the first and opened
 * again after it broke, whereupon the query is repeated once. Each NAR that comes from the daemon
 * has a connection of its own, for its failure would end that of the queries. After an exception
 * the store can be used on. {@link #close} ends what is asked at that moment.
 */
public final class DaemonStore implements SourceStore {
  private final Connector connector;
  private final StoreDir dir;
  private final Path realStoreDir;
  private final ReentrantLock lock = new ReentrantLock();

  /** Written under {@link #lock}. */
  private volatile @Nullable Link shared;

  private volatile boolean closed;

  /**
   * A store that connects when it is first asked.
   *
   * @param realStoreDir where the files are: {@code /nix/store}, or {@code ROOT/nix/store} for a
   *     store below a root
   */
  public DaemonStore(Connector connector, StoreDir dir, Path realStoreDir) {
    this.connector = connector;
    this.dir = dir;
    this.realStoreDir = realStoreDir;
  }

  @Override
  public StoreDir storeDir() {
    return dir;
  }

  @Override
  public Set<StorePath> queryValid(Collection<StorePath> paths) throws IOException {
    return ask(connection -> connection.queryValidPaths(paths));
  }

  /**
   * {@inheritDoc}
   *
   * <p>Over a connection of its own, which stands in the middle of the answer all the while.
   */
  @Override
  public void eachValid(PathVisitor visitor) throws IOException {
    try (var link = connect()) {
      link.connection.eachValidPath(visitor);
    }
  }

  @Override
  public Map<StorePath, PathInfo> queryPathInfos(Collection<StorePath> paths) throws IOException {
    return ask(connection -> connection.queryPathInfos(paths));
  }

  @Override
  public Map<String, StorePath> queryOutputs(StorePath derivation) throws IOException {
    return ask(connection -> connection.queryDerivationOutputs(derivation));
  }

  @Override
  public Optional<Derivation> queryDerivation(StorePath derivation) throws IOException {
    if (queryValid(Set.of(derivation)).isEmpty()) {
      return Optional.empty();
    }
    var nar = new ByteArrayOutputStream();
    nar(derivation).writeTo(nar);
    var file = new DerivationFile();
    NarReader.read(new WireReader(new ByteArrayInputStream(nar.toByteArray())), file);
    return Optional.of(file.derivationOfBytes(dir));
  }

  @Override
  public Set<StorePath> queryReferrers(StorePath path) throws IOException {
    return ask(connection -> connection.queryReferrers(path));
  }

  @Override
  public Optional<Realisation> queryRealisation(DrvOutput output, Optional<StorePath> derivation)
      throws IOException {
    return ask(connection -> connection.queryRealisation(output, derivation));
  }

  /**
   * {@inheritDoc}
   *
   * <p>Falls back on the daemon where the files cannot be reached from here, if that shows before
   * the first byte is written.
   */
  @Override
  public NarSource nar(StorePath path) {
    var files = new NarDump(realStoreDir.resolve(path.baseName()));
    return out -> {
      var target = new NarTarget(out);
      try {
        files.writeTo(target);
      } catch (SourceReadException e) {
        if (target.isTouched() || !isOutOfReach(e)) {
          throw e;
        }
        try {
          copyFromDaemon(path, target);
        } catch (IOException f) {
          f.addSuppressed(e);
          throw f;
        }
      }
    };
  }

  private static boolean isOutOfReach(SourceReadException e) {
    return e.getCause() instanceof AccessDeniedException
        || e.getCause() instanceof NoSuchFileException;
  }

  @Override
  public NarSource narFromStore(StorePath path) {
    return out -> copyFromDaemon(path, new NarTarget(out));
  }

  private void copyFromDaemon(StorePath path, NarTarget target) throws IOException {
    try (var link = connect()) {
      link.connection.narFromPath(path, target);
    } catch (ClosedByInterruptException e) {
      throw e;
    } catch (IOException e) {
      if (target.failure().isPresent()) {
        throw target.failure().get();
      }
      throw new SourceReadException(
          "cannot read %s from the Nix daemon: %s".formatted(path, e.getMessage()), e);
    }
  }

  /**
   * Keeps {@code paths}, valid or not, from the garbage collector while the shared connection
   * lives: long enough to look whether they are valid and to make a lasting root.
   *
   * @throws IOException if the store cannot be asked
   */
  public void addTempRoots(Collection<StorePath> paths) throws IOException {
    ask(connection -> {
      connection.addTempRoots(paths);
      return connection;
    });
  }

  /**
   * Keeps what the symbolic link {@code link} points to, for as long as it is there.
   *
   * @param link absolute; the link exists and points into the store
   * @throws IOException if the store cannot be asked, or refuses
   */
  public void addIndirectRoot(Path link) throws IOException {
    if (!link.isAbsolute()) {
      throw new IllegalArgumentException("not absolute: " + link);
    }
    ask(connection -> {
      connection.addIndirectRoot(link.toString());
      return connection;
    });
  }

  private <T> T ask(Question<T> question) throws IOException {
    lock.lock();
    try {
      var link = shared;
      if (link != null) {
        try {
          return askOver(link, question);
        } catch (IOException e) {
          if (shared != null) {
            throw e;
          }
          // It broke: most likely the daemon was restarted since it was last used.
        }
      }
      var fresh = connect();
      shared = fresh;
      if (closed) {
        fresh.close();
      }
      return askOver(fresh, question);
    } finally {
      lock.unlock();
    }
  }

  /** Drops the connection if it does not survive the question. */
  private <T> T askOver(Link link, Question<T> question) throws IOException {
    try {
      return question.ask(link.connection);
    } finally {
      if (!link.connection.isUsable()) {
        shared = null;
        link.close();
      }
    }
  }

  private Link connect() throws IOException {
    if (closed) {
      throw new IOException("the store is closed");
    }
    var streams = connector.connect();
    try {
      return new Link(streams, WorkerConnection.open(streams.in(), streams.out(), dir));
    } catch (IOException | RuntimeException e) {
      closeQuietly(streams.close());
      throw e;
    }
  }

  /** Ends the shared connection, also under a thread that waits for its answer. */
  @Override
  public void close() {
    closed = true;
    var link = shared;
    if (link != null) {
      link.close();
    }
  }

  private static void closeQuietly(Closeable closeable) {
    try {
      closeable.close();
    } catch (IOException e) {
      // A connection that is being given up has nothing left to lose.
    }
  }

  /** A connection and what carries it. */
  private record Link(Streams streams, WorkerConnection connection) implements Closeable {
    @Override
    public void close() {
      connection.close();
      closeQuietly(streams.close());
    }
  }

  private interface Question<T> {
    T ask(WorkerConnection connection) throws IOException;
  }

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
