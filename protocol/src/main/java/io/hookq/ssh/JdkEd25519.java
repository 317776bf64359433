package io.hookq.ssh;

import java.io.IOException;
import java.io.Serial;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Security;
import java.security.interfaces.EdECPrivateKey;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.KeySpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Optional;
import org.apache.sshd.common.config.keys.PrivateKeyEntryDecoder;
import org.apache.sshd.common.config.keys.PublicKeyEntryDecoder;
import org.apache.sshd.common.signature.Signature;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.security.AbstractSecurityProviderRegistrar;
import org.apache.sshd.common.util.security.SecurityUtils;
import org.apache.sshd.common.util.security.eddsa.generic.EdDSASupport;
import org.apache.sshd.common.util.security.eddsa.generic.EdDSAUtils;
import org.apache.sshd.common.util.security.eddsa.generic.GenericEd25519PublicKeyDecoder;
import org.apache.sshd.common.util.security.eddsa.generic.GenericOpenSSHEd25519PrivateKeyEntryDecoder;
import org.apache.sshd.common.util.security.eddsa.generic.GenericSignatureEd25519;

/**
 * Gives MINA the JDK's own Ed25519.
 *
 * <p>MINA 2.x looks for it in net.i2p (abandoned, with a known weakness) and in Bouncy Castle only,
 * and its seam for others, {@link EdDSASupport}, wants no more than key conversion: the bytes of
 * keys and signatures are handled by MINA's generic classes. Bouncy Castle would be 8 MB more to
 * ship and would move random numbers, key files and more to another provider; the post-quantum key
 * exchange that it brings can be had from the JDK's own ML-KEM in the same way, when asked for.
 *
 * <p>Stateless. {@link #register} must run before MINA's {@code KeyUtils} is loaded, which looks
 * for decoders once: every class here that uses MINA's keys calls it in its static initialiser.
 */
final class JdkEd25519 implements EdDSASupport<EdECPublicKey, EdECPrivateKey> {
  private static final JdkEd25519 SUPPORT = new JdkEd25519();

  static {
    SecurityUtils.registerSecurityProvider(new Registrar());
  }

  private JdkEd25519() {}

  /** Makes sure that MINA knows; doing it twice does no harm. */
  static void register() {
    // Loading this class did it.
  }

  /** Answers for Ed25519 only, so that MINA asks the JDK for everything else as usual. */
  private static final class Registrar extends AbstractSecurityProviderRegistrar {
    Registrar() {
      super("JdkEd25519");
    }

    @Override
    public String getProviderName() {
      return "SunEC";
    }

    @Override
    public boolean isNamedProviderUsed() {
      return false;
    }

    @Override
    public Provider getSecurityProvider() {
      return Security.getProvider(getProviderName());
    }

    @Override
    public boolean isSupported() {
      return getSecurityProvider() != null;
    }

    @Override
    public Optional<EdDSASupport<?, ?>> getEdDSASupport() {
      return Optional.of(SUPPORT);
    }
  }

  @Override
  public PublicKeyEntryDecoder<EdECPublicKey, EdECPrivateKey> getEDDSAPublicKeyEntryDecoder() {
    return new GenericEd25519PublicKeyDecoder<>(EdECPublicKey.class, EdECPrivateKey.class, this);
  }

  @Override
  public PrivateKeyEntryDecoder<EdECPublicKey, EdECPrivateKey>
      getOpenSSHEDDSAPrivateKeyEntryDecoder() {
    return new GenericOpenSSHEd25519PrivateKeyEntryDecoder<>(
        EdECPublicKey.class, EdECPrivateKey.class, this);
  }

  @Override
  public Signature getEDDSASigner() {
    return new GenericSignatureEd25519(SecurityUtils.ED25519);
  }

  @Override
  public int getEDDSAKeySize(Key key) {
    return key instanceof EdECPublicKey || key instanceof EdECPrivateKey ? KEY_SIZE : -1;
  }

  @Override
  public Class<EdECPublicKey> getEDDSAPublicKeyType() {
    return EdECPublicKey.class;
  }

  @Override
  public Class<EdECPrivateKey> getEDDSAPrivateKeyType() {
    return EdECPrivateKey.class;
  }

  @Override
  public boolean compareEDDSAPPublicKeys(PublicKey k1, PublicKey k2) {
    return k1 instanceof EdECPublicKey && k2 instanceof EdECPublicKey && k1.equals(k2);
  }

  @Override
  public boolean compareEDDSAPrivateKeys(PrivateKey k1, PrivateKey k2) {
    return k1 instanceof EdECPrivateKey
        && k2 instanceof EdECPrivateKey
        && MessageDigest.isEqual(k1.getEncoded(), k2.getEncoded());
  }

  /**
   * Computes the public key. The JDK does that only while it makes a new key, so it is made to make
   * this one: the generator takes the private key's 32 bytes from its random source.
   */
  @Override
  public EdECPublicKey recoverEDDSAPublicKey(PrivateKey key) throws GeneralSecurityException {
    byte[] seed = EdDSAUtils.getBytes(key);
    KeyPairGenerator generator = KeyPairGenerator.getInstance(SecurityUtils.ED25519);
    generator.initialize(NamedParameterSpec.ED25519, new FixedRandom(seed));
    var pair = generator.generateKeyPair();
    // How the JDK uses its random source is not promised anywhere.
    if (!MessageDigest.isEqual(EdDSAUtils.getBytes(pair.getPrivate()), seed)) {
      throw new InvalidKeyException("this JDK cannot compute the public key of an Ed25519 key");
    }
    return (EdECPublicKey) pair.getPublic();
  }

  @Override
  public EdECPublicKey generateEDDSAPublicKey(byte[] seed) throws GeneralSecurityException {
    return (EdECPublicKey)
        KeyFactory.getInstance(SecurityUtils.ED25519)
            .generatePublic(EdDSAUtils.createPublicKeySpec(seed));
  }

  @Override
  public EdECPrivateKey generateEDDSAPrivateKey(byte[] seed) throws GeneralSecurityException {
    return (EdECPrivateKey)
        KeyFactory.getInstance(SecurityUtils.ED25519)
            .generatePrivate(EdDSAUtils.createPrivateKeySpec(seed));
  }

  @Override
  public <B extends Buffer> B putRawEDDSAPublicKey(B buffer, PublicKey key) {
    try {
      buffer.putBytes(EdDSAUtils.getBytes(key));
      return buffer;
    } catch (InvalidKeyException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /** For the agent protocol's server side, which nothing here plays. */
  @Override
  public <B extends Buffer> B putEDDSAKeyPair(B buffer, PublicKey pubKey, PrivateKey prvKey) {
    throw new UnsupportedOperationException("writing an Ed25519 key pair");
  }

  @Override
  public KeySpec createPublicKeySpec(EdECPublicKey publicKey) {
    return new X509EncodedKeySpec(publicKey.getEncoded());
  }

  @Override
  public KeySpec createPrivateKeySpec(EdECPrivateKey privateKey) {
    return new PKCS8EncodedKeySpec(privateKey.getEncoded());
  }

  @Override
  public byte[] getPublicKeyData(EdECPublicKey publicKey) {
    try {
      return EdDSAUtils.getBytes(publicKey);
    } catch (InvalidKeyException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  @Override
  public byte[] getPrivateKeyData(EdECPrivateKey privateKey) throws IOException {
    try {
      return EdDSAUtils.getBytes(privateKey);
    } catch (InvalidKeyException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  @Override
  public String getKeyFactoryAlgorithm() {
    return SecurityUtils.ED25519;
  }

  private static final class FixedRandom extends SecureRandom {
    @Serial private static final long serialVersionUID = 1L;

    private final byte[] bytes;

    FixedRandom(byte[] bytes) {
      this.bytes = bytes.clone();
    }

    @Override
    public void nextBytes(byte[] target) {
      if (target.length != bytes.length) {
        throw new IllegalStateException("asked for " + target.length + " bytes");
      }
      System.arraycopy(bytes, 0, target, 0, target.length);
      Arrays.fill(bytes, (byte) 0);
    }
  }
}
