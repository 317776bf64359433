package io.hookq.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;

/**
 * A secret key of Nix, as {@code nix-store --generate-binary-cache-key} makes it: Ed25519, with a
 * name.
 *
 * <p>Immutable and thread-safe. Says nothing of the key but its name, nowhere. Signs as Nix does,
 * to the byte: Ed25519 leaves no choice. Source of the format: Nix's {@code
 * signature/local-keys.cc}.
 */
public final class SecretKey {
  private static final String ALGORITHM = "Ed25519";
  private static final int SEED = 32;
  private static final int PUBLIC = 32;

  /** A name and 88 characters; anything much longer is another kind of file. */
  private static final int MAX_FILE = 4096;

  private final String name;
  private final PrivateKey key;
  private final byte[] publicKey;

  private SecretKey(String name, PrivateKey key, byte[] publicKey) {
    this.name = name;
    this.key = key;
    this.publicKey = publicKey;
  }

  /**
   * Reads a file with one line, {@code NAME:BASE64}: 32 bytes of seed and the public key.
   *
   * @throws SecretKeyException if it cannot be read, or is something else
   */
  public static SecretKey read(Path file) throws SecretKeyException {
    byte[] bytes;
    try {
      if (Files.size(file) > MAX_FILE) {
        throw unusable(file, "it is no secret key of Nix (too long)");
      }
      bytes = Files.readAllBytes(file);
    } catch (SecretKeyException e) {
      throw e;
    } catch (NoSuchFileException e) {
      throw unusable(file, "no such file");
    } catch (AccessDeniedException e) {
      throw unusable(file, "permission denied");
    } catch (IOException e) {
      throw unusable(file, String.valueOf(e.getMessage()));
    }
    try {
      return parse(new String(bytes, StandardCharsets.UTF_8).strip());
    } catch (IllegalArgumentException e) {
      throw unusable(file, String.valueOf(e.getMessage()));
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  private static SecretKeyException unusable(Path file, String why) {
    return new SecretKeyException("cannot use the signing key " + file + ": " + why);
  }

  /**
   * The key that {@code text} spells.
   *
   * @throws IllegalArgumentException if it is none; the message has nothing of the text
   */
  static SecretKey parse(String text) {
    var colon = text.indexOf(':');
    if (colon <= 0) {
      throw new IllegalArgumentException("it is no secret key of Nix (name:base64)");
    }
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(text.substring(colon + 1));
    } catch (IllegalArgumentException e) {
      // Not as the cause: its message quotes the text.
      throw new IllegalArgumentException("what follows the name is not base 64");
    }
    if (bytes.length == PUBLIC) {
      throw new IllegalArgumentException("it is a public key; the secret one is needed here");
    }
    if (bytes.length != SEED + PUBLIC) {
      throw new IllegalArgumentException(
          "the key has %d bytes instead of %d".formatted(bytes.length, SEED + PUBLIC));
    }
    try {
      var spec = new EdECPrivateKeySpec(NamedParameterSpec.ED25519, Arrays.copyOf(bytes, SEED));
      var key = KeyFactory.getInstance(ALGORITHM).generatePrivate(spec);
      return new SecretKey(
          text.substring(0, colon), key, Arrays.copyOfRange(bytes, SEED, bytes.length));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("the JDK does not take the key: " + e.getMessage());
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  /** The key's name. */
  public String name() {
    return name;
  }

  /** {@code NAME:BASE64}, as {@code trusted-public-keys} lists it. */
  public String publicKey() {
    return name + ":" + Base64.getEncoder().encodeToString(publicKey);
  }

  /** This key's signature of {@code info} in a store at {@code dir}. */
  public io.hookq.store.Signature signature(PathInfo info, StoreDir dir) {
    return signature(Fingerprint.of(info, dir).bytes());
  }

  /** This key's signature of those bytes. */
  public io.hookq.store.Signature signature(byte[] fingerprint) {
    try {
      var signer = Signature.getInstance(ALGORITHM);
      signer.initSign(key);
      signer.update(fingerprint);
      return new io.hookq.store.Signature(name, Base64.getEncoder().encodeToString(signer.sign()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot sign with the key " + name, e);
    }
  }

  /** {@code info} with this key's signature among the others. */
  public PathInfo sign(PathInfo info, StoreDir dir) {
    var signatures = new ArrayList<>(info.signatures());
    signatures.add(signature(info, dir));
    return new PathInfo(
        info.path(),
        info.narHash(),
        info.narSize(),
        info.references(),
        info.deriver(),
        info.registrationTime(),
        info.ultimate(),
        signatures,
        info.contentAddress());
  }

  @Override
  public String toString() {
    return "secret key " + name;
  }
}
