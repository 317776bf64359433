package io.hookq.ssh;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Objects;
import javax.crypto.KEM;
import org.apache.sshd.common.digest.BuiltinDigests;
import org.apache.sshd.common.digest.Digest;
import org.apache.sshd.common.kex.AbstractDH;
import org.apache.sshd.common.kex.DHFactory;
import org.apache.sshd.common.kex.KeyEncapsulationMethod;
import org.apache.sshd.common.kex.MontgomeryCurve;
import org.apache.sshd.common.kex.XDH;
import org.jspecify.annotations.Nullable;

/**
 * Gives MINA the JDK's own ML-KEM-768 (FIPS 203), for the post-quantum key exchange {@code
 * mlkem768x25519-sha256}, which MINA 2.x has with Bouncy Castle only. Stateless; what it makes is
 * for one key exchange.
 *
 * <p>The JDK wraps a public key into X.509: a prefix that is always the same, then the key as the
 * key exchange sends it.
 */
enum JdkMlKem implements KeyEncapsulationMethod {
  ML_KEM_768;

  private static final String NAME = "ML-KEM-768";

  /** FIPS 203, table 3. */
  private static final int PUBLIC_KEY_LENGTH = 1184;

  private static final int ENCAPSULATION_LENGTH = 1088;

  /** The key exchange; secret in the future where either of its two parts is. */
  static final DHFactory MLKEM768_X25519 =
      new DHFactory() {
        @Override
        public String getName() {
          return "mlkem768x25519-sha256";
        }

        @Override
        public boolean isGroupExchange() {
          return false;
        }

        @Override
        public boolean isSupported() {
          return MontgomeryCurve.x25519.isSupported();
        }

        @Override
        public AbstractDH create(Object... params) throws Exception {
          return new XDH(MontgomeryCurve.x25519, true) {
            @Override
            public KeyEncapsulationMethod getKeyEncapsulation() {
              return ML_KEM_768;
            }

            @Override
            public Digest getHash() {
              return BuiltinDigests.sha256.create();
            }
          };
        }
      };

  @Override
  public Client getClient() {
    return new Decapsulating();
  }

  @Override
  public Server getServer() {
    return new Encapsulating();
  }

  private static KeyPair newPair() {
    try {
      return KeyPairGenerator.getInstance(NAME).generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no " + NAME, e);
    }
  }

  private static final class Decapsulating implements Client {
    private @Nullable KeyPair pair;

    @Override
    public void init() {
      pair = newPair();
    }

    private KeyPair pair() {
      return Objects.requireNonNull(pair, "init comes first");
    }

    @Override
    public byte[] getPublicKey() {
      byte[] x509 = pair().getPublic().getEncoded();
      return Arrays.copyOfRange(x509, x509.length - PUBLIC_KEY_LENGTH, x509.length);
    }

    @Override
    public byte[] extractSecret(byte[] encapsulated) {
      if (encapsulated.length != ENCAPSULATION_LENGTH) {
        throw new IllegalArgumentException("an encapsulation of " + encapsulated.length + " bytes");
      }
      try {
        return KEM.getInstance(NAME)
            .newDecapsulator(pair().getPrivate())
            .decapsulate(encapsulated)
            .getEncoded();
      } catch (GeneralSecurityException e) {
        throw new IllegalArgumentException("the encapsulation makes no sense", e);
      }
    }

    @Override
    public int getEncapsulationLength() {
      return ENCAPSULATION_LENGTH;
    }
  }

  private static final class Encapsulating implements Server {
    private KEM.@Nullable Encapsulated value;

    @Override
    public int getPublicKeyLength() {
      return PUBLIC_KEY_LENGTH;
    }

    @Override
    public byte[] init(byte[] publicKey) {
      if (publicKey.length < PUBLIC_KEY_LENGTH) {
        throw new IllegalArgumentException("a public key of " + publicKey.length + " bytes");
      }
      byte[] x509 = newPair().getPublic().getEncoded();
      System.arraycopy(publicKey, 0, x509, x509.length - PUBLIC_KEY_LENGTH, PUBLIC_KEY_LENGTH);
      try {
        PublicKey key = KeyFactory.getInstance(NAME).generatePublic(new X509EncodedKeySpec(x509));
        value = KEM.getInstance(NAME).newEncapsulator(key).encapsulate();
      } catch (GeneralSecurityException e) {
        throw new IllegalArgumentException("the public key makes no sense", e);
      }
      return Arrays.copyOfRange(publicKey, PUBLIC_KEY_LENGTH, publicKey.length);
    }

    private KEM.Encapsulated value() {
      return Objects.requireNonNull(value, "init comes first");
    }

    @Override
    public byte[] getSecret() {
      return value().key().getEncoded();
    }

    @Override
    public byte[] getEncapsulation() {
      return value().encapsulation();
    }
  }
}
