package io.hookq.serve;

import io.hookq.store.DestinationStore;
import io.hookq.store.PathInfo;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.Map;
import java.util.stream.Collectors;

/** The contract over our own server, in memory. */
final class ServedStoreTest extends DestinationStoreContract {
  private final MemoryStore store = new MemoryStore();

  @Override
  protected DestinationStore connect() throws IOException {
    var peer = ServedStore.start(store);
    return ServeConnection.open(peer.stdout(), peer.stdin(), StoreDir.DEFAULT, peer);
  }

  @Override
  protected Map<StorePath, PathInfo> far() {
    return store.infos().values().stream()
        .collect(
            Collectors.toMap(
                PathInfo::path,
                i ->
                    new PathInfo(
                        i.path(),
                        i.narHash(),
                        i.narSize(),
                        i.references(),
                        i.deriver(),
                        0,
                        i.ultimate(),
                        i.signatures(),
                        i.contentAddress())));
  }
}
