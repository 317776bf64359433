package io.hookq.daemon.transport;

import io.hookq.store.DestinationStore;
import io.hookq.store.NarSource;
import io.hookq.store.PathInfo;
import io.hookq.store.Realisation;
import io.hookq.store.SecretKey;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A destination store that is given up if it makes no progress while we wait for it: no byte went
 * there and none came back for the {@code reply-timeout}, though its SSH session may be alive.
 *
 * <p>Threads as the store behind it, which it closes. A call that is given up ends with an {@link
 * IOException} that says so; it also brings the last words of the peer, which often tell what it
 * waits for.
 */
final class WatchedStore implements DestinationStore {
  private final DestinationStore store;
  private final Watch watch;

  WatchedStore(DestinationStore store, Watch watch) {
    this.store = store;
    this.watch = watch;
  }

  @Override
  public String protocol() {
    return store.protocol();
  }

  @Override
  public Set<StorePath> queryValid(Collection<StorePath> paths, boolean substitute)
      throws IOException {
    return watched(() -> store.queryValid(paths, substitute));
  }

  @Override
  public void add(PathInfo info, NarSource nar, AddListener listener) throws IOException {
    // Its answer is waited for until it is here, be anybody in a call or not.
    watch.begin();
    try {
      watched(() -> {
        store.add(info, nar, new Watching(listener));
        return true;
      });
    } catch (IOException e) {
      // What was broken off gets no answer that anybody is told.
      watch.end();
      throw e;
    }
  }

  @Override
  public void addSignatures(Collection<PathInfo> infos) throws IOException {
    watched(() -> {
      store.addSignatures(infos);
      return true;
    });
  }

  @Override
  public boolean takesRealisations() {
    return store.takesRealisations();
  }

  @Override
  public void register(Realisation realisation, List<SecretKey> keys, RegisterListener listener)
      throws IOException {
    // As with a path: its answer is waited for from here on.
    watch.begin();
    try {
      watched(() -> {
        store.register(realisation, keys, new WatchingRegistration(listener));
        return true;
      });
    } catch (IOException e) {
      watch.end();
      throw e;
    }
  }

  @Override
  public boolean isStillGood() {
    return store.isStillGood();
  }

  @Override
  public void flush() throws IOException {
    watched(() -> {
      store.flush();
      return true;
    });
  }

  @Override
  public void drain() throws IOException {
    watched(() -> {
      store.drain();
      return true;
    });
  }

  private <T> T watched(Call<T> call) throws IOException {
    watch.begin();
    try {
      return call.run();
    } catch (IOException e) {
      throw watch.gaveUp() ? watch.reason(e) : e;
    } finally {
      watch.end();
    }
  }

  @Override
  public void close() {
    watch.close();
    store.close();
  }

  private final class Watching implements AddListener {
    private final AddListener listener;

    private Watching(AddListener listener) {
      this.listener = listener;
    }

    @Override
    public void added(PathInfo info) {
      watch.end();
      listener.added(info);
    }

    @Override
    public void refused(PathInfo info, String reason) {
      watch.end();
      listener.refused(info, reason);
    }
  }

  private final class WatchingRegistration implements RegisterListener {
    private final RegisterListener listener;

    private WatchingRegistration(RegisterListener listener) {
      this.listener = listener;
    }

    @Override
    public void registered(Realisation realisation) {
      watch.end();
      listener.registered(realisation);
    }

    @Override
    public void refused(Realisation realisation, String reason) {
      watch.end();
      listener.refused(realisation, reason);
    }
  }

  private interface Call<T> {
    T run() throws IOException;
  }

  /**
   * Looks on, on a virtual thread of its own until closed. Thread-safe; {@link #progress} is cheap.
   */
  static final class Watch {
    /** What is watched: can be cut, and may have said something. */
    interface Peer {
      String name();

      String lastWords();

      void cut();
    }

    private final Duration limit;
    private final Peer peer;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final AtomicInteger awaited = new AtomicInteger();
    private volatile long lastProgress = System.nanoTime();
    // Guarded by the lock.
    private boolean closed;
    private boolean gaveUp;

    private Watch(Duration limit, Peer peer) {
      this.limit = limit;
      this.peer = peer;
    }

    static Watch start(Duration limit, Peer peer) {
      var watch = new Watch(limit, peer);
      Thread.ofVirtual().name("reply-watch").start(watch::run);
      return watch;
    }

    /** A byte went, or one came. */
    void progress() {
      lastProgress = System.nanoTime();
    }

    /** From now on the peer is waited for, for one thing more. */
    void begin() {
      progress();
      if (awaited.getAndIncrement() == 0) {
        wake(false);
      }
    }

    /** It is waited for no longer. */
    void end() {
      awaited.decrementAndGet();
    }

    void close() {
      wake(true);
    }

    private void wake(boolean closedNow) {
      lock.lock();
      try {
        closed |= closedNow;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }

    boolean gaveUp() {
      lock.lock();
      try {
        return gaveUp;
      } finally {
        lock.unlock();
      }
    }

    IOException reason(IOException e) {
      var words = peer.lastWords().strip();
      return new IOException(
          "%s is alive but made no progress for %s (reply-timeout)%s"
              .formatted(
                  peer.name(), words(limit), words.isEmpty() ? "" : "; the last it said: " + words),
          e);
    }

    private static String words(Duration duration) {
      return duration.toMillis() % 1000 == 0
          ? duration.toSeconds() + " s"
          : duration.toMillis() + " ms";
    }

    private void run() {
      if (awaitTrouble()) {
        peer.cut();
      }
    }

    /** Says whether there was trouble; else it is closed. */
    private boolean awaitTrouble() {
      lock.lock();
      try {
        while (!closed) {
          var left = limit.toNanos() - (System.nanoTime() - lastProgress);
          var busy = awaited.get() > 0;
          if (busy && left <= 0) {
            gaveUp = true;
            return true;
          }
          if (busy) {
            long _ = changed.awaitNanos(left);
          } else {
            changed.await();
          }
        }
        return false;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      } finally {
        lock.unlock();
      }
    }
  }
}
