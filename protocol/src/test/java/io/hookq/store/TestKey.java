package io.hookq.store;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;

/**
 * A fresh key pair, whose public half checks by the JDK alone what the secret one has signed.
 *
 * @param secret the secret half, as Nix has it in a file
 * @param file the text of that file
 * @param publicKey the public half
 */
public record TestKey(SecretKey secret, String file, PublicKey publicKey) {
  private static final String ALGORITHM = "Ed25519";
  private static final int HALF = 32;

  /** One of that name. */
  public static TestKey generate(String name) {
    try {
      var pair = KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
      var seed = ((EdECPrivateKey) pair.getPrivate()).getBytes().orElseThrow();
      var encoded = pair.getPublic().getEncoded();
      var both = Arrays.copyOf(seed, 2 * HALF);
      System.arraycopy(encoded, encoded.length - HALF, both, HALF, HALF);
      var file = name + ":" + Base64.getEncoder().encodeToString(both);
      return new TestKey(SecretKey.parse(file), file, pair.getPublic());
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** Whether just one of {@code signatures} has its name, and that is one of {@code words}. */
  public boolean signed(String words, Collection<io.hookq.store.Signature> signatures) {
    var mine = signatures.stream().filter(s -> s.keyName().equals(secret.name())).toList();
    if (mine.size() != 1) {
      return false;
    }
    try {
      var verifier = Signature.getInstance(ALGORITHM);
      verifier.initVerify(publicKey);
      verifier.update(words.getBytes(StandardCharsets.UTF_8));
      return verifier.verify(Base64.getDecoder().decode(mine.getFirst().base64()));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}
