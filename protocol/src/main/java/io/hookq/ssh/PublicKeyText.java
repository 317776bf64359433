package io.hookq.ssh;

import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.util.Base64;
import java.util.List;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;

/**
 * A public key as OpenSSH writes and shows it. Immutable.
 *
 * @param type such as {@code ssh-ed25519}
 * @param base64 the key's encoding in the SSH protocol, which itself begins with the type
 */
record PublicKeyText(String type, String base64) {
  static {
    JdkEd25519.register();
  }

  static PublicKeyText of(PublicKey key) {
    var buffer = new ByteArrayBuffer();
    buffer.putRawPublicKey(key);
    return new PublicKeyText(
        KeyUtils.getKeyType(key), Base64.getEncoder().encodeToString(buffer.getCompactData()));
  }

  /**
   * Reads a line such as {@code ssh-ed25519 AAAA… comment}.
   *
   * @throws IllegalArgumentException if it is none, or of a kind that we cannot use
   */
  static PublicKeyText parse(String line) {
    List<String> words = List.of(line.strip().split("\\s+", -1));
    if (words.size() < 2) {
      throw new IllegalArgumentException(
          "not a public key: expected 'ssh-ed25519 AAAA…', found '" + line + "'");
    }
    try {
      // Encoded again, so that two spellings of one key are equal.
      return of(new PublicKeyText(words.get(0), words.get(1)).decode());
    } catch (IOException e) {
      throw new IllegalArgumentException(e.getMessage() + ", found '" + line + "'", e);
    }
  }

  /**
   * Decodes the key.
   *
   * @throws IOException if it is none, or of a kind that we cannot use
   */
  PublicKey decode() throws IOException {
    try {
      PublicKey key = new ByteArrayBuffer(Base64.getDecoder().decode(base64)).getRawPublicKey();
      if (!KeyUtils.getKeyType(key).equals(type)) {
        throw new IOException("the key is not of the type " + type);
      }
      return key;
    } catch (IOException | RuntimeException e) {
      throw new IOException("not a public key of the type " + type + ": " + e.getMessage(), e);
    }
  }

  /** {@code SHA256:…}, as {@code ssh-keygen -l} shows it. */
  String fingerprint() {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(Base64.getDecoder().decode(base64));
      return "SHA256:" + Base64.getEncoder().withoutPadding().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public String toString() {
    return type + " " + base64;
  }
}
