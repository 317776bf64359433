package io.hookq.daemon.doctor;

import io.hookq.nar.NarWriter;
import io.hookq.store.NarHash;
import io.hookq.store.NarSource;
import io.hookq.store.Nix32;
import io.hookq.store.PathInfo;
import io.hookq.store.StorePath;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;

/**
 * A store object of a few bytes under a name that nobody else has, looking as if it was built here
 * and signed by nobody: what a server makes of it, it makes of our builds.
 *
 * @param info to be sent with it
 * @param nar its bytes
 */
record ThrowAway(PathInfo info, NarSource nar) {
  private static final int HASH_BYTES = 20;

  static ThrowAway make() throws IOException {
    var hash = new byte[HASH_BYTES];
    new SecureRandom().nextBytes(hash);
    var path = new StorePath(Nix32.encode(hash) + "-hookq-doctor");
    var text =
        "hookq doctor asked whether paths are taken; this one may go\n"
            .getBytes(StandardCharsets.UTF_8);
    NarSource nar =
        out -> new NarWriter(out).regular(false, text.length, new ByteArrayInputStream(text));
    var bytes = new ByteArrayOutputStream();
    nar.writeTo(bytes);
    return new ThrowAway(
        PathInfo.of(
            path, NarHash.of(sha256(bytes.toByteArray())), bytes.size(), java.util.List.of()),
        nar);
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
