package io.hookq.ssh;

import java.io.IOException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.Base64;
import java.util.Map;
import org.apache.sshd.client.auth.pubkey.PublicKeyIdentity;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.session.SessionContext;
import org.apache.sshd.common.signature.Signature;

/**
 * One public key, or certificate for one, that is offered to a server, and what signs with it.
 * Immutable.
 */
final class OfferedKey implements PublicKeyIdentity {
  /** The agent did not sign; another key may still do. */
  static final class Unsigned extends IOException {
    private static final long serialVersionUID = 1L;

    Unsigned(String message, IOException cause) {
      super(message, cause);
    }
  }

  private interface Signer {
    byte[] sign(SessionContext session, String algorithm, byte[] data) throws Exception;
  }

  private final KeyPair pair;
  private final String from;
  private final Signer signer;

  private OfferedKey(KeyPair pair, String from, Signer signer) {
    this.pair = pair;
    this.from = from;
    this.signer = signer;
  }

  /** A key, or its certificate, whose private half is at hand. */
  static OfferedKey of(PublicKey shown, KeyPair pair, String from) {
    return new OfferedKey(
        new KeyPair(shown, pair.getPrivate()),
        from,
        (session, algorithm, data) -> {
          Signature signature = NamedFactory.create(Algorithms.USER_SIGNATURES, algorithm);
          signature.initSigner(session, pair.getPrivate());
          signature.update(session, data);
          return signature.sign(session);
        });
  }

  /**
   * A key, or its certificate, whose private half an agent holds.
   *
   * @param blob by which the agent knows it
   */
  static OfferedKey of(PublicKey shown, Agent agent, byte[] blob, String from) {
    return new OfferedKey(
        new KeyPair(shown, null),
        from,
        (session, algorithm, data) -> {
          try {
            // Certificates have algorithms of their own; the signature is that of the bare key.
            return agent.sign(blob, data, KeyUtils.getSignatureAlgorithm(algorithm, shown));
          } catch (IOException e) {
            throw new Unsigned(
                "the ssh-agent at %s does not sign with %s: %s"
                    .formatted(agent.socket(), name(shown, from), e.getMessage()),
                e);
          }
        });
  }

  @Override
  public KeyPair getKeyIdentity() {
    return pair;
  }

  @Override
  public Map.Entry<String, byte[]> sign(SessionContext session, String algorithm, byte[] data)
      throws Exception {
    return Map.entry(algorithm, signer.sign(session, algorithm, data));
  }

  /** The encoding of the bare key. */
  static String bare(PublicKey key) {
    return PublicKeyText.of(
            key instanceof OpenSshCertificate certificate ? certificate.getCertPubKey() : key)
        .base64();
  }

  static byte[] blob(PublicKey key) {
    return Base64.getDecoder().decode(PublicKeyText.of(key).base64());
  }

  private static String name(PublicKey key, String from) {
    PublicKey bare =
        key instanceof OpenSshCertificate certificate ? certificate.getCertPubKey() : key;
    return "%s %s (%s)"
        .formatted(KeyUtils.getKeyType(key), PublicKeyText.of(bare).fingerprint(), from);
  }

  /** As in {@code ssh-ed25519 SHA256:… (FILE)}. */
  @Override
  public String toString() {
    return name(pair.getPublic(), from);
  }
}
