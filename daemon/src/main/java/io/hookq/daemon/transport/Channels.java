package io.hookq.daemon.transport;

import io.hookq.daemon.config.Compression;
import io.hookq.log.Logged;
import io.hookq.store.DestinationStore;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The open connections to a destination, each with a far process of its own: the first, which is
 * asked what is valid, and others beside it where that is faster.
 *
 * <p>Thread-safe; each connection is for one thread at a time. Closing it closes all. After a
 * failure of one connection all are to be closed, unless {@link #areStillGood}.
 */
final class Channels implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(Channels.class);

  private final DestinationConnector connector;
  private final DestinationStore first;
  private final AtomicBoolean complained = new AtomicBoolean();
  private final AtomicBoolean withoutRealisations = new AtomicBoolean();
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock.
  private final Map<Integer, DestinationStore> others = new TreeMap<>();
  private boolean full;
  private boolean closed;

  Channels(DestinationConnector connector, DestinationStore first) {
    this.connector = connector;
    this.first = first;
  }

  /** The one that is always there. */
  DestinationStore first() {
    return first;
  }

  /** How many there can be, where {@code wanted} would be good. */
  int atMost(int wanted) {
    lock.lock();
    try {
      return full ? Math.min(wanted, 1 + others.size()) : wanted;
    } finally {
      lock.unlock();
    }
  }

  /** What a trip to the far side and back takes. */
  Duration roundTrip() {
    return connector.roundTrip();
  }

  /** Whether what goes over them is compressed by us. */
  boolean speakZstd() {
    return connector.compression() == Compression.ZSTD;
  }

  /** Whether others beside the first would only share the line with it, for all that is known. */
  boolean isOneEnough() {
    return connector.isOneEnough();
  }

  /**
   * One beside the first, by its number; opens it where it is not open. Empty where the far side
   * has no more to give, which is remembered: then one goes on with what there is.
   */
  Optional<DestinationStore> other(int number) {
    lock.lock();
    try {
      var open = Optional.ofNullable(others.get(number));
      if (open.isPresent() || full || closed) {
        return open;
      }
    } finally {
      lock.unlock();
    }
    var reason = "the far side takes no more";
    Optional<DestinationStore> fresh = Optional.empty();
    try {
      fresh = connector.another();
    } catch (IOException e) {
      // If the session is what broke, the first connection says so.
      reason = e.getMessage();
    }
    lock.lock();
    try {
      if (fresh.isEmpty()) {
        if (!full && !closed) {
          LOG.info(
              "goes on with fewer channels: channels={} error={}",
              1 + others.size(),
              Logged.text(reason));
        }
        full = true;
        return fresh;
      }
      if (!closed) {
        others.put(number, fresh.get());
        return fresh;
      }
    } finally {
      lock.unlock();
    }
    fresh.get().close();
    return Optional.empty();
  }

  /** Whether all that are open go on after a failure of an attempt. */
  boolean areStillGood() {
    lock.lock();
    try {
      return !closed
          && first.isStillGood()
          && others.values().stream().allMatch(DestinationStore::isStillGood);
    } finally {
      lock.unlock();
    }
  }

  /** Closes all but the first. */
  void closeOthers() {
    var open = new ArrayList<DestinationStore>();
    lock.lock();
    try {
      open.addAll(others.values());
      others.clear();
    } finally {
      lock.unlock();
    }
    open.forEach(DestinationStore::close);
  }

  /** Whether nothing has been complained of yet that concerns all of them alike. */
  boolean isFirstComplaint() {
    return !complained.getAndSet(true);
  }

  /** From now on no realisation is looked for. */
  void goWithoutRealisations() {
    withoutRealisations.set(true);
  }

  /** Whether none is to be looked for. */
  boolean isWithoutRealisations() {
    return withoutRealisations.get();
  }

  /** Whether it was closed, by whomever. */
  boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
    first.close();
    closeOthers();
  }
}
