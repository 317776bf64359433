package io.hookq.serve;

import io.hookq.store.StoreDir;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** The server's end of the serve protocol, in front of a {@link ServeStore}. */
@SuppressWarnings("DoNotCallSuggester") // the bodies follow
public final class ServeServer {
  /** A server that adds what it is sent, as {@code nix-store --serve --write} does. */
  public ServeServer(StoreDir dir, ServeStore store) {
    this(dir, store, true);
  }

  /** A server that adds only if {@code write}, as {@code nix-store --serve} without it does not. */
  @SuppressWarnings("unused")
  public ServeServer(StoreDir dir, ServeStore store, boolean write) {}

  /**
   * Serves one peer until it ends its side between two requests.
   *
   * @throws IOException what {@code nix-store --serve} writes to stderr before it exits with 1: a
   *     request that is refused, or a broken connection
   */
  public void run(InputStream in, OutputStream out) throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * The same as a program: writes the reason of a failure to {@code err} and returns the exit
   * status, 0 or 1. Closes nothing.
   */
  public int serve(InputStream in, OutputStream out, OutputStream err) {
    throw new UnsupportedOperationException();
  }
}
