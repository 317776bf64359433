package io.hookq.serve;

import io.hookq.serve.ServeRequest.AddToStoreNar;
import io.hookq.serve.ServeRequest.DumpStorePath;
import io.hookq.serve.ServeRequest.QueryClosure;
import io.hookq.serve.ServeRequest.QueryPathInfos;
import io.hookq.serve.ServeRequest.QueryValidPaths;
import io.hookq.store.PathInfo;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.wire.WireReader;
import io.hookq.wire.WireWriter;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The server's end of the serve protocol, in front of a {@link ServeStore}: what {@code nix-store
 * --serve} is in front of a Nix store, for copying only.
 *
 * <p>Strict where Nix is: a NAR must have the size and hash that were announced, references must be
 * valid. Imports in the export format, exports and builds are refused. As many conversations as the
 * store bears may run at once, each on its caller's thread; streams are left open.
 */
public final class ServeServer {
  private static final long ADDED = 1;

  private final StoreDir dir;
  private final ServeStore store;
  private final boolean write;

  /** A server that adds what it is sent, as {@code nix-store --serve --write} does. */
  public ServeServer(StoreDir dir, ServeStore store) {
    this(dir, store, true);
  }

  /** A server that adds only if {@code write}, as {@code nix-store --serve} without it does not. */
  public ServeServer(StoreDir dir, ServeStore store, boolean write) {
    this.dir = dir;
    this.store = store;
    this.write = write;
  }

  /**
   * Serves one peer until it ends its side between two requests.
   *
   * @throws IOException what {@code nix-store --serve} writes to stderr before it exits with 1: a
   *     request that is refused, or a broken connection
   */
  public void run(InputStream in, OutputStream out) throws IOException {
    var reader = new WireReader(in);
    var writer = new WireWriter(out);
    Greeting.answer(reader, writer);
    while (!reader.atEnd()) {
      answer(read(reader), reader, writer);
      writer.flush();
    }
  }

  /**
   * The same as a program: writes the reason of a failure to {@code err} and returns the exit
   * status, 0 or 1. Closes nothing.
   */
  public int serve(InputStream in, OutputStream out, OutputStream err) {
    try {
      run(in, out);
      return 0;
    } catch (EOFException e) {
      complain(err, "unexpected end-of-file");
    } catch (IOException e) {
      complain(err, String.valueOf(e.getMessage()));
    }
    return 1;
  }

  private static void complain(OutputStream err, String why) {
    try {
      err.write(("error: " + why + "\n").getBytes(StandardCharsets.UTF_8));
      err.flush();
    } catch (IOException e) {
      // A peer that does not listen to its errors still gets the exit status.
    }
  }

  private ServeRequest read(WireReader in) throws IOException {
    var code = in.readLong();
    var command =
        ServeCommand.of(code)
            .orElseThrow(
                () -> new IOException("unknown serve command " + Long.toUnsignedString(code)));
    return ServeRequest.readFields(command, in, dir)
        .orElseThrow(() -> new IOException("serve command " + command + " is not offered here"));
  }

  private void answer(ServeRequest request, WireReader in, WireWriter out) throws IOException {
    switch (request) {
      case QueryValidPaths query -> out.writeStorePaths(dir, store.valid(query.paths()));
      case QueryPathInfos query -> PathInfoEntry.writeAll(infos(query.paths()), out, dir);
      case QueryClosure query -> out.writeStorePaths(dir, closure(query));
      case DumpStorePath dump -> {
        info(dump.path());
        store.dump(dump.path(), out.bytes());
      }
      case AddToStoreNar add -> {
        add(add.info(), in);
        out.writeLong(ADDED);
      }
    }
  }

  private void add(PathInfo info, WireReader in) throws IOException {
    if (!write) {
      throw new IOException("importing paths is not allowed");
    }
    if (store.info(info.path()).isPresent()) {
      // As Nix does it: what is valid stays as it is, whatever comes now.
      in.limited(info.narSize()).transferTo(OutputStream.nullOutputStream());
      return;
    }
    for (var reference : info.otherReferences()) {
      info(reference);
    }
    var nar = new ArrivingNar(info, in.limited(info.narSize()));
    store.add(info, nar);
    nar.transferTo(OutputStream.nullOutputStream());
  }

  private Collection<PathInfo> infos(Collection<StorePath> paths) throws IOException {
    var infos = new ArrayList<PathInfo>();
    for (var path : new LinkedHashSet<>(paths)) {
      store.info(path).ifPresent(infos::add);
    }
    return infos;
  }

  private Set<StorePath> closure(QueryClosure query) throws IOException {
    if (query.includeOutputs()) {
      throw new IOException("closures with the outputs of derivations are not offered here");
    }
    var seen = new HashSet<>(query.paths());
    var open = new ArrayDeque<>(seen);
    while (!open.isEmpty()) {
      for (var reference : info(open.remove()).references()) {
        if (seen.add(reference)) {
          open.add(reference);
        }
      }
    }
    return seen;
  }

  private PathInfo info(StorePath path) throws IOException {
    return store
        .info(path)
        .orElseThrow(() -> new IOException("path '" + dir.print(path) + "' is not valid"));
  }
}
