package io.hookq.ssh;

import java.io.IOException;
import org.apache.sshd.client.future.DefaultOpenFuture;
import org.apache.sshd.client.future.OpenFuture;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.util.buffer.Buffer;

/** The channel by which a jump host carries a TCP connection to the next host (RFC 4254, 7.2). */
final class TunnelChannel extends StreamChannel {
  private final SshEndpoint target;

  TunnelChannel(SshEndpoint target, Handshake jump) {
    super("direct-tcpip", jump);
    this.target = target;
  }

  @Override
  String noun() {
    return "way to " + target.address();
  }

  @Override
  public synchronized OpenFuture open() throws IOException {
    openFuture = new DefaultOpenFuture(target.address(), futureLock);
    Buffer request = getSession().createBuffer(SshConstants.SSH_MSG_CHANNEL_OPEN, 256);
    request.putString(getChannelType());
    request.putUInt(getChannelId());
    request.putUInt(getLocalWindow().getSize());
    request.putUInt(getLocalWindow().getPacketSize());
    request.putString(target.host());
    request.putUInt(target.port());
    // Where the connection comes from: from nowhere that could be reached.
    request.putString("127.0.0.1");
    request.putUInt(0);
    writePacket(request);
    return openFuture;
  }
}
