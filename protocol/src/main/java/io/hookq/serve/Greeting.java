package io.hookq.serve;

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
import java.nio.charset.StandardCharsets;

/** The first words of both peers: who they are, and which version they speak. */
final class Greeting {
  /** Stands first in what the client sends. */
  static final long CLIENT_MAGIC = 0x390c9debL;

  /** Stands first in what the server sends. */
  private static final long SERVER_MAGIC = 0x5452eecbL;

  private Greeting() {}

  static void write(WireWriter out) throws IOException {
    out.writeLong(CLIENT_MAGIC);
    out.writeLong(ServeVersion.OURS.wire());
  }

  /** The server's half: takes the client's greeting and answers it. */
  static void answer(WireReader in, WireWriter out) throws IOException {
    var magic = in.readLong();
    if (magic != CLIENT_MAGIC) {
      throw new WireFormatException(
          0, "the greeting of a serve client", "0x" + Long.toHexString(magic));
    }
    in.readLong(); // whatever the client claims, all that is offered here has one form only
    out.writeLong(SERVER_MAGIC);
    out.writeLong(ServeVersion.OURS.wire());
    out.flush();
  }

  /**
   * The client's half: the version that both peers speak from here on.
   *
   * <p>A shell's or a login's banner in the place of the magic becomes part of the error: then the
   * write side is closed, so that whoever is there stops waiting for us, and the rest is read, a
   * few KiB at most. Whoever wants that bounded in time closes the connection.
   */
  static ServeVersion await(WireReader in, Closeable writeSide, PeerEnd.Source end)
      throws IOException {
    if (in.atEnd()) {
      throw new HandshakeException(
          "the far side ended the connection without a word of the serve protocol", end.peerEnd());
    }
    var first = new ByteArrayOutputStream();
    for (var i = 0; i < Long.BYTES && !in.atEnd(); i++) {
      first.write(in.limited(1).read());
    }
    if (!first.toString(StandardCharsets.ISO_8859_1).equals(magicBytes())) {
      throw new HandshakeException(
          "the far side speaks something else than the serve protocol: '"
              + Banner.beginningWith(first.toByteArray(), in, writeSide)
              + "'",
          end.peerEnd());
    }
    return checked(readVersion(in, end), end);
  }

  private static String magicBytes() {
    var text = new StringBuilder();
    for (var i = 0; i < Long.BYTES; i++) {
      text.append((char) (SERVER_MAGIC >>> (8 * i) & 0xff));
    }
    return text.toString();
  }

  private static ServeVersion readVersion(WireReader in, PeerEnd.Source end) throws IOException {
    try {
      return ServeVersion.ofWire(in.readLong());
    } catch (EOFException e) {
      throw HandshakeException.spoken(
          "the far side ended the connection inside its greeting", end.peerEnd(), e);
    } catch (IllegalArgumentException e) {
      throw HandshakeException.spoken(
          "the far side's serve version is " + e.getMessage(), end.peerEnd(), e);
    }
  }

  private static ServeVersion checked(ServeVersion theirs, PeerEnd.Source end)
      throws HandshakeException {
    if (theirs.major() != ServeVersion.OURS.major() || theirs.isBelow(ServeVersion.FLOOR)) {
      throw HandshakeException.spoken(
          "the far side speaks serve %s (%s), hookq needs %s (%s) or newer"
              .formatted(
                  theirs, theirs.releases(), ServeVersion.FLOOR, ServeVersion.FLOOR.releases()),
          end.peerEnd(),
          null);
    }
    return theirs.and(ServeVersion.OURS);
  }
}
