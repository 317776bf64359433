package io.hookq.worker;

import io.hookq.store.HandshakeException;
import io.hookq.store.PeerEnd;
import io.hookq.wire.Banner;
import io.hookq.wire.WireFormatException;
import io.hookq.wire.WireReader;
import io.hookq.wire.WireWriter;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The client's half of the handshake, in two steps: {@link #greet} takes one round trip and fixes
 * the version; the rest of what is to be said goes out with the first request, and {@link #finish}
 * reads the rest of what is answered to it.
 *
 * <p>Both throw a {@link HandshakeException} for whatever is no daemon, and an {@link IOException}
 * where the carrier breaks; the connection is of no use then.
 */
final class WorkerHandshake {
  static final long CLIENT_MAGIC = 0x6e697863L; // "cxin" on the wire
  static final long SERVER_MAGIC = 0x6478696fL; // "oixd" on the wire

  private static final int MAX_FEATURES = 1000;
  private static final int MAX_NAME = 1024;

  /**
   * Realisations go by the derivation's path instead of its hash, and not as JSON. A daemon of Nix
   * 2.35 or newer knows no others.
   */
  static final String REALISATION_WITH_PATH = "realisation-with-path-not-hash";

  /** What we can do that only some peers of one version can. */
  private static final Set<String> FEATURES = Set.of(REALISATION_WITH_PATH);

  private final WireReader reader;
  private final WireWriter writer;
  private final PeerEnd.Source end;

  WorkerHandshake(WireReader reader, WireWriter writer, PeerEnd.Source end) {
    this.reader = reader;
    this.writer = writer;
    this.end = end;
  }

  /**
   * Says who we are, waits for the daemon's version, and writes what else there is to say.
   *
   * @param writeSide closed where something else than a daemon greets us
   */
  WorkerVersion greet(WorkerVersion claimed, Closeable writeSide) throws IOException {
    writer.writeLong(CLIENT_MAGIC);
    writer.writeLong(claimed.wire());
    writer.flush();
    try {
      awaitMagic(writeSide);
      var version = readVersion().and(claimed);
      if (version.hasFeatures()) {
        writer.writeStrings(FEATURES);
      }
      writer.writeLong(0); // no CPU affinity
      writer.writeLong(0); // no reserved space
      return version;
    } catch (EOFException e) {
      throw ended(e);
    }
  }

  private void awaitMagic(Closeable writeSide) throws IOException {
    var first = new ByteArrayOutputStream();
    while (first.size() < Long.BYTES && !reader.atEnd()) {
      first.write(reader.limited(1).read());
    }
    if (first.size() == 0) {
      throw ended(null);
    }
    var magic =
        first.size() < Long.BYTES
            ? 0
            : ByteBuffer.wrap(first.toByteArray()).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (magic != SERVER_MAGIC) {
      throw new HandshakeException(
          "no Nix daemon: it greets with '%s'"
              .formatted(Banner.beginningWith(first.toByteArray(), reader, writeSide)),
          end.peerEnd());
    }
  }

  private HandshakeException ended(@Nullable EOFException cause) {
    var how = end.peerEnd();
    // Whoever refuses a user says nothing; any other failure has words or a status.
    var guess =
        how.stderrTail().isBlank() && how.exitStatus().isEmpty()
            ? "; may this user use it (allowed-users)?"
            : "";
    return new HandshakeException(
        "the Nix daemon closed the connection inside the handshake" + guess, how, cause);
  }

  private WorkerVersion readVersion() throws IOException {
    var number = reader.readLong();
    WorkerVersion theirs;
    try {
      theirs = WorkerVersion.ofWire(number);
    } catch (IllegalArgumentException e) {
      throw HandshakeException.spoken(
          "the Nix daemon's worker version is " + e.getMessage(), end.peerEnd(), e);
    }
    if (theirs.major() != WorkerVersion.FLOOR.major()
        || theirs.compareTo(WorkerVersion.FLOOR) < 0) {
      throw HandshakeException.spoken(
          "the Nix daemon speaks worker %s, hookq needs %s (Nix 2.1) or newer"
              .formatted(theirs, WorkerVersion.FLOOR),
          end.peerEnd(),
          null);
    }
    return theirs;
  }

  /** Reads what the daemon answers once it was told the rest, which must be flushed by then. */
  WorkerPeer finish(WorkerVersion version) throws IOException {
    try {
      var features = new TreeSet<String>();
      if (version.hasFeatures()) {
        features.addAll(reader.readStrings(MAX_FEATURES, MAX_NAME));
        features.retainAll(FEATURES);
      }
      var nixVersion = version.hasNixVersion() ? reader.readString(MAX_NAME) : "";
      var trust =
          version.hasTrust()
              ? WorkerPeer.Trust.ofWire(reader.readLong())
              : WorkerPeer.Trust.UNKNOWN;
      var refused = new WorkerLog(reader, version).awaitEnd();
      if (refused.isPresent()) {
        throw HandshakeException.spoken(
            "the Nix daemon will not speak with us", refused.get().asPeerEnd(), null);
      }
      return new WorkerPeer(version, features, nixVersion, trust);
    } catch (EOFException e) {
      throw ended(e);
    } catch (WireFormatException e) {
      throw HandshakeException.spoken(
          "the Nix daemon's handshake is malformed: " + e.getMessage(), end.peerEnd(), e);
    }
  }
}
