package io.hookq.daemon.transport;

import io.hookq.log.Logged;
import io.hookq.store.DestinationStore;
import io.hookq.store.DestinationStore.RegisterListener;
import io.hookq.store.PathInfo;
import io.hookq.store.Realisation;
import io.hookq.store.SourceReadException;
import io.hookq.store.SourceStore;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers at one destination what content-addressed paths are the realisation of. Whatever is
 * wrong with that is no fault of the path: it is said once a connection, and the path arrives.
 *
 * <p>Thread-safe.
 */
final class Registrar {
  private static final Logger LOG = LoggerFactory.getLogger(Registrar.class);

  private final String destination;
  private final Realisations realisations;

  Registrar(String destination, SourceStore source) {
    this.destination = destination;
    this.realisations = new Realisations(source);
  }

  /** What is to be registered with a path, in order; none where {@code store} takes none. */
  List<Realisation> of(
      PathInfo info, DestinationStore store, Channels channels, Predicate<StorePath> there) {
    if (!store.takesRealisations() || channels.isWithoutRealisations()) {
      return List.of();
    }
    try {
      return realisations.of(info, there);
    } catch (SourceReadException e) {
      complain(channels, info.path(), String.valueOf(e.getMessage()));
      return List.of();
    } catch (IOException e) {
      // Asked again, Nix 2.8 would die again, if that is what it does.
      channels.goWithoutRealisations();
      complain(channels, info.path(), "the store here: " + e.getMessage());
      return List.of();
    }
  }

  /**
   * Registers what paths realise that are there already, and waits for the answers.
   *
   * @throws IOException if the connection breaks
   */
  void registerArrived(Collection<PathInfo> infos, Channels channels) throws IOException {
    var store = channels.first();
    var sent = false;
    for (var info : infos) {
      // Its closure is there with it, and a realisation depends on nothing else.
      for (var realisation : of(info, store, channels, _ -> true)) {
        store.register(realisation, List.of(), new Telling(channels));
        sent = true;
      }
    }
    if (sent) {
      store.drain();
    }
  }

  /** The first trouble of a connection is said, the others are like it. */
  void complain(Channels channels, StorePath path, String reason) {
    if (channels.isFirstComplaint()) {
      LOG.warn(
          "realisations are not registered destination={} path={} error={}",
          destination,
          path,
          Logged.text(reason));
    } else {
      LOG.debug(
          "realisation not registered destination={} path={} error={}",
          destination,
          path,
          Logged.text(reason));
    }
  }

  private final class Telling implements RegisterListener {
    private final Channels channels;

    private Telling(Channels channels) {
      this.channels = channels;
    }

    @Override
    public void registered(Realisation realisation) {}

    @Override
    public void refused(Realisation realisation, String reason) {
      complain(channels, realisation.outPath(), reason);
    }
  }
}
