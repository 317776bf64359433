package io.hookq.daemon.demo;

import io.hookq.serve.ServeServer;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;

/** A folder behind our own serve protocol. */
final class FolderFarStore implements FarStore {
  private final Path folder;
  private final FolderStore store;

  FolderFarStore(ScratchFolder scratch) throws IOException {
    folder = scratch.folder("far/nix/store");
    store = new FolderStore(folder);
  }

  @Override
  public String description() {
    return "a folder in place of a Nix store, behind hookq's own side of the serve protocol";
  }

  @Override
  public Path realStoreDir() {
    return folder;
  }

  @Override
  public int serve(InputStream in, OutputStream out, OutputStream err) {
    return new ServeServer(StoreDir.DEFAULT, store).serve(in, out, err);
  }

  @Override
  public Map<String, String> environment() {
    return Map.of();
  }

  @Override
  public String verify(Collection<StorePath> paths) throws IOException {
    for (var path : paths) {
      if (store.info(path).isEmpty()) {
        throw new IOException("not valid at the far end: " + path);
      }
    }
    return "";
  }
}
