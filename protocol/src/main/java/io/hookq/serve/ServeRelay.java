package io.hookq.serve;

import io.hookq.relay.Admission;
import io.hookq.relay.RefusedException;
import io.hookq.relay.Relay;
import io.hookq.relay.WireCopy;
import io.hookq.store.StoreDir;
import io.hookq.wire.WireFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;

/**
 * Stands between a client and {@code nix-store --serve --write} and lets through only what copying
 * to a store is made of: {@code QueryValidPaths}, {@code QueryPathInfos}, {@code AddToStoreNar}.
 *
 * <p>The protocol has no word for failure, so {@link #refuse} does nothing: whoever runs this says
 * the reason on stderr and exits with status 1, as the server itself would.
 */
public final class ServeRelay implements Relay {
  private static final int CHUNK = 64 * 1024;

  private final StoreDir dir;
  private final Admission admission;

  /** A relay for one conversation. */
  public ServeRelay(StoreDir dir, Admission admission) {
    this.dir = dir;
    this.admission = admission;
  }

  @Override
  public void passRequests(InputStream client, OutputStream server) throws IOException {
    var copy = new WireCopy(client, server);
    if (copy.in().atEnd()) {
      return;
    }
    try {
      greet(copy);
      while (!copy.in().atEnd()) {
        pass(copy);
      }
    } finally {
      // Behind a refusal too: what came before it is to be answered.
      copy.flush();
    }
  }

  private static void greet(WireCopy copy) throws IOException {
    var magic = copy.in().readLong();
    if (magic != Greeting.CLIENT_MAGIC) {
      throw new WireFormatException(
          0, "the greeting of a serve client", "0x" + Long.toHexString(magic));
    }
    copy.out().writeLong(magic);
    copy.integer(); // whatever version it is, the requests below have one form only
  }

  private void pass(WireCopy copy) throws IOException {
    var code = copy.in().readLong();
    var command =
        ServeCommand.of(code)
            .orElseThrow(() ->
                new RefusedException("refused: serve command " + Long.toUnsignedString(code)));
    switch (command) {
      case QUERY_VALID_PATHS -> {
        copy.out().writeLong(code);
        var lock = copy.bool();
        copy.bool(); // whether to substitute
        copy.paths(
            dir,
            path -> {
              // Who asks for a lock means to rely on what is valid; others are just looking.
              if (lock) {
                admission.rely(path);
              }
            });
      }
      case QUERY_PATH_INFOS -> {
        copy.out().writeLong(code);
        copy.paths(dir, _ -> {});
      }
      case ADD_TO_STORE_NAR -> passAdd(copy, code);
      case DUMP_STORE_PATH,
          IMPORT_PATHS,
          EXPORT_PATHS,
          BUILD_PATHS,
          QUERY_CLOSURE,
          BUILD_DERIVATION ->
          throw new RefusedException("refused: serve command " + command.label());
    }
  }

  private void passAdd(WireCopy copy, long code) throws IOException {
    var path = copy.in().readStorePath(dir);
    admission.add(path);
    copy.out().writeLong(code);
    copy.out().writeStorePath(dir, path);
    var narSize = copy.arrivingInfo(dir);
    admission.narBytes(narSize);
    copy.bytes(narSize);
  }

  /** As they are: nothing that a client is told can harm. */
  @Override
  public void passAnswers(InputStream server, OutputStream client) throws IOException {
    var chunk = new byte[CHUNK];
    for (int count; (count = server.read(chunk)) >= 0; ) {
      client.write(chunk, 0, count);
      client.flush();
    }
  }

  @Override
  public void awaitAnswers(Duration limit) {
    // This server finishes what it has read, whether anybody is there or not.
  }

  @Override
  public void refuse(String reason, OutputStream client) {
    // Not in this protocol.
  }
}
