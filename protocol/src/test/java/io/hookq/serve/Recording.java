package io.hookq.serve;

import io.hookq.store.StoreDir;
import io.hookq.wire.WireReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A conversation between a real client and a real server, byte by byte.
 *
 * @param name the file's name without its extension
 * @param client what the client sent
 * @param server what the server sent
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Recording(String name, byte[] client, byte[] server) {
  static final int GREETING = 16;

  static Recording of(String name) {
    return new Recording(name, read(name + ".c2s"), read(name + ".s2c"));
  }

  private static byte[] read(String file) {
    try (InputStream in =
        Objects.requireNonNull(
            Recording.class.getResourceAsStream("/vectors/serve/" + file), file)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A request, the NAR behind it if any, and where both begin. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Asked(ServeRequest request, byte[] nar, int offset) {
    StoreObject object() {
      return new StoreObject(((ServeRequest.AddToStoreNar) request).info(), nar);
    }

    @Override
    public String toString() {
      return request.command() + " at " + offset;
    }
  }

  /** What the client asked for, in order. */
  List<Asked> requests() {
    try {
      var in = new WireReader(new ByteArrayInputStream(client));
      in.readLong();
      in.readLong();
      var requests = new ArrayList<Asked>();
      while (!in.atEnd()) {
        var offset = (int) in.offset();
        var command = ServeCommand.of(in.readLong()).orElseThrow();
        var request = ServeRequest.readFields(command, in, StoreDir.DEFAULT).orElseThrow();
        var nar = new byte[0];
        if (request instanceof ServeRequest.AddToStoreNar add) {
          nar = in.limited(add.info().narSize()).readAllBytes();
        }
        requests.add(new Asked(request, nar, offset));
      }
      return requests;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What was valid before the conversation began. */
  List<StoreObject> validBefore() {
    return name.equals("serve28-copy-again") || name.equals("serve28-copy-from")
        ? of("serve28-copy-fresh").objects()
        : List.of();
  }

  /** The store objects that the client sent. */
  List<StoreObject> objects() {
    return requests().stream()
        .filter(asked -> asked.request() instanceof ServeRequest.AddToStoreNar)
        .map(Asked::object)
        .toList();
  }

  @Override
  public String toString() {
    return name;
  }
}
