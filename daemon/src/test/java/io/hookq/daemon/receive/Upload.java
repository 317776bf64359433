package io.hookq.daemon.receive;

import io.hookq.nar.NarDump;
import io.hookq.peers.NixPeer;
import io.hookq.store.DestinationStore;
import io.hookq.store.PathInfo;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.List;
import java.util.function.IntConsumer;

/** What the daemon does with a destination: asks what is valid, and adds the rest. */
final class Upload implements DestinationStore.AddListener {
  private final NixPeer near;
  private final boolean doomed;

  Upload(NixPeer near) {
    this(near, false);
  }

  private Upload(NixPeer near, boolean doomed) {
    this.near = near;
    this.doomed = doomed;
  }

  /** One whose far side may die under it, which is no refusal of the path that it says it for. */
  static Upload doomed(NixPeer near) {
    return new Upload(near, true);
  }

  /** Brings {@code paths}, in this order. */
  void run(DestinationStore destination, List<StorePath> paths) throws IOException {
    run(destination, paths, _ -> {});
  }

  /** The same; {@code before} is told how many have gone before each of them goes. */
  void run(DestinationStore destination, List<StorePath> paths, IntConsumer before)
      throws IOException {
    var gone = 0;
    var valid = destination.queryValid(paths, false);
    var infos = near.pathInfos();
    for (var path : paths) {
      var info = infos.get(path);
      if (!valid.contains(path) && info != null) {
        before.accept(gone++);
        destination.add(info, new NarDump(near.real(path)), this);
      }
    }
    destination.drain();
  }

  @Override
  public void added(PathInfo info) {}

  @Override
  public void refused(PathInfo info, String reason) {
    if (!doomed) {
      throw new AssertionError(info.path() + " refused: " + reason);
    }
  }
}
