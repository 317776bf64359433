package io.hookq.daemon.demo;

import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;

/** Where the journey ends: a store that speaks the serve protocol. Nothing to close. */
sealed interface FarStore permits FolderFarStore, NixFarStore {
  /** What it is, for people. */
  String description();

  /** Where the store objects lie. */
  Path realStoreDir();

  /**
   * Plays {@code nix-store --serve --write} for a peer behind our own SSH server.
   *
   * @return the exit status
   */
  int serve(InputStream in, OutputStream out, OutputStream err) throws IOException;

  /** What a command needs in its environment to use this store. */
  Map<String, String> environment();

  /**
   * Checks that all of {@code paths} are valid, and whatever else this store can check by itself.
   *
   * @return what was checked beside validity, for people; may be empty
   * @throws IOException if something is wrong
   */
  String verify(Collection<StorePath> paths) throws IOException, InterruptedException;
}
