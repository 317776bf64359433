package io.hookq.ssh;

import org.apache.sshd.client.ClientBuilder;
import org.apache.sshd.client.kex.DHGClient;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.kex.DHFactory;
import org.apache.sshd.common.kex.KeyExchange;
import org.apache.sshd.common.kex.KeyExchangeFactory;
import org.apache.sshd.common.session.Session;

/**
 * MINA's key exchange, without its own judgement of host certificates: it compares their names with
 * the address connected to, not with the name the host is known by. {@link HostKeyCheck} judges
 * them, with the files that name the authorities, before the exchange counts.
 */
final class ClientKeyExchange extends DHGClient {
  private ClientKeyExchange(DHFactory factory, Session session) {
    super(factory, session);
  }

  static KeyExchangeFactory factory(DHFactory agreement) {
    if (agreement.isGroupExchange()) {
      return ClientBuilder.DH2KEX.apply(agreement);
    }
    return new KeyExchangeFactory() {
      @Override
      public String getName() {
        return agreement.getName();
      }

      @Override
      public KeyExchange createKeyExchange(Session session) {
        return new ClientKeyExchange(agreement, session);
      }
    };
  }

  @Override
  protected void verifyCertificate(Session session, OpenSshCertificate certificate) {
    // The next thing MINA does is to ask the Handshake.
  }
}
