package io.hookq.wire;

import io.hookq.store.ContentAddress;
import io.hookq.store.NarHash;
import io.hookq.store.PathInfo;
import io.hookq.store.Signature;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The fields of a path info that look alike in every protocol; their order differs, and is the
 * protocol's own.
 *
 * <p>Stateless. Throws what {@link WireReader} and {@link WireWriter} throw.
 */
public final class PathInfoFields {
  private static final int MAX_HASH = 256;
  private static final int MAX_CONTENT_ADDRESS = 1024;
  private static final int MAX_SIGNATURES = 10_000;
  private static final int MAX_SIGNATURE = 64 * 1024;

  private PathInfoFields() {}

  /** A NAR hash in any spelling. */
  public static NarHash readNarHash(WireReader in) throws IOException {
    var start = in.offset();
    var text = in.readString(MAX_HASH);
    return checked(start, "a SHA-256 hash", () -> NarHash.parse(text));
  }

  /** Signatures; a malformed one, which Nix up to 2.33 stores, is left out. */
  public static List<Signature> readSignatures(WireReader in) throws IOException {
    return in.readStrings(MAX_SIGNATURES, MAX_SIGNATURE).stream()
        .map(Signature::parse)
        .flatMap(Optional::stream)
        .toList();
  }

  /** Signatures as a list of strings, in the order given. */
  public static void writeSignatures(WireWriter out, Collection<Signature> signatures)
      throws IOException {
    out.writeStrings(signatures.stream().map(Signature::toString).toList());
  }

  /** A content address, or the empty string. */
  public static Optional<ContentAddress> readContentAddress(WireReader in) throws IOException {
    var start = in.offset();
    var text = in.readString(MAX_CONTENT_ADDRESS);
    return text.isEmpty()
        ? Optional.empty()
        : Optional.of(checked(start, "a content address", () -> new ContentAddress(text)));
  }

  /** A content address, or the empty string. */
  public static void writeContentAddress(WireWriter out, Optional<ContentAddress> contentAddress)
      throws IOException {
    out.writeString(contentAddress.map(ContentAddress::text).orElse(""));
  }

  /** The path info that was read from {@code start} on, unless its fields contradict its rules. */
  public static PathInfo checked(long start, Supplier<PathInfo> info) throws IOException {
    return checked(start, "a path info", info);
  }

  private static <T> T checked(long start, String expected, Supplier<T> value)
      throws WireFormatException {
    try {
      return value.get();
    } catch (IllegalArgumentException e) {
      var failure = new WireFormatException(start, expected, String.valueOf(e.getMessage()));
      failure.initCause(e);
      throw failure;
    }
  }
}
