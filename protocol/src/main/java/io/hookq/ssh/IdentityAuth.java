package io.hookq.ssh;

import java.util.Iterator;
import org.apache.sshd.client.auth.AbstractUserAuthFactory;
import org.apache.sshd.client.auth.UserAuth;
import org.apache.sshd.client.auth.pubkey.PublicKeyIdentity;
import org.apache.sshd.client.auth.pubkey.UserAuthPublicKey;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.signature.SignatureFactoriesManager;
import org.apache.sshd.common.util.buffer.Buffer;

/**
 * MINA's public key authentication with the keys of our {@link Handshake}, in its order. A key that
 * its agent does not sign with is followed by the next, as in {@code ssh}.
 */
final class IdentityAuth extends UserAuthPublicKey {
  private IdentityAuth() {
    super(Algorithms.USER_SIGNATURES);
  }

  /** Makes one a session. */
  static final class Factory extends AbstractUserAuthFactory {
    Factory() {
      super(UserAuthPublicKey.NAME);
    }

    @Override
    public UserAuth createUserAuth(ClientSession session) {
      return new IdentityAuth();
    }
  }

  private static Handshake handshake(ClientSession session) {
    return ((ClientConnection) session).handshake();
  }

  @Override
  protected Iterator<PublicKeyIdentity> createPublicKeyIterator(
      ClientSession session, SignatureFactoriesManager manager) {
    return handshake(session).keys().stream().<PublicKeyIdentity>map(key -> key).iterator();
  }

  @Override
  @SuppressWarnings("NullAway") // MINA's way of saying that the current key is done with.
  protected boolean processAuthDataRequest(ClientSession session, String service, Buffer buffer)
      throws Exception {
    try {
      return super.processAuthDataRequest(session, service, buffer);
    } catch (OfferedKey.Unsigned e) {
      handshake(session).unsigned(e);
      current = null;
      return sendAuthDataRequest(session, service);
    }
  }
}
