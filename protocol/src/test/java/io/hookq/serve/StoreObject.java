package io.hookq.serve;

import io.hookq.nar.NarWriter;
import io.hookq.store.NarHash;
import io.hookq.store.NarSource;
import io.hookq.store.Nix32;
import io.hookq.store.PathInfo;
import io.hookq.store.StorePath;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;

/**
 * A small store object of a test: what is said of it and its NAR.
 *
 * @param info what is said of it
 * @param nar its bytes
 */
@SuppressWarnings("ArrayRecordComponent") // equals looks into it
public record StoreObject(PathInfo info, byte[] nar) implements NarSource {
  /** A file of that text under that name, which refers to the others. */
  public static StoreObject file(String name, String text, StoreObject... references) {
    var bytes = new ByteArrayOutputStream();
    var contents = text.getBytes(StandardCharsets.UTF_8);
    try {
      new NarWriter(bytes).regular(false, contents.length, new ByteArrayInputStream(contents));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var nar = bytes.toByteArray();
    var paths = Arrays.stream(references).map(StoreObject::path).toList();
    return new StoreObject(PathInfo.of(path(name), hash(nar), nar.length, paths), nar);
  }

  /** A store path of that name, the same one each time. */
  public static StorePath path(String name) {
    var digest = sha256().digest(name.getBytes(StandardCharsets.UTF_8));
    return new StorePath(Nix32.encode(Arrays.copyOf(digest, 20)) + "-" + name);
  }

  /** The hash of a NAR. */
  public static NarHash hash(byte[] nar) {
    return NarHash.of(sha256().digest(nar));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** Its path. */
  public StorePath path() {
    return info.path();
  }

  /** The same object with other words said of it. */
  public StoreObject as(NarHash narHash, long narSize) {
    var said = PathInfo.of(path(), narHash, narSize, info.references());
    return new StoreObject(said, nar);
  }

  /** The same object, referring to paths that nobody has to have. */
  public StoreObject referringTo(List<StorePath> references) {
    return new StoreObject(PathInfo.of(path(), info.narHash(), info.narSize(), references), nar);
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    out.write(nar);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StoreObject object
        && info.equals(object.info)
        && Arrays.equals(nar, object.nar);
  }

  @Override
  public int hashCode() {
    return info.hashCode();
  }

  @Override
  public String toString() {
    return path().toString();
  }
}
