package io.hookq.ssh;

import java.io.IOException;
import org.apache.sshd.client.ClientFactoryManager;
import org.apache.sshd.client.session.ClientSessionImpl;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.util.buffer.Buffer;

/** MINA's session, which here also knows when it last heard of the peer. Thread-safe. */
final class ClientConnection extends ClientSessionImpl {
  private final PacketPool packets = new PacketPool();
  private volatile long lastHeard = System.nanoTime();

  ClientConnection(ClientFactoryManager client, IoSession ioSession) throws Exception {
    super(client, ioSession);
  }

  @Override
  protected void doHandleMessage(Buffer buffer) throws Exception {
    lastHeard = System.nanoTime();
    super.doHandleMessage(buffer);
  }

  /** On the scale of {@link System#nanoTime}. */
  long lastHeard() {
    return lastHeard;
  }

  /** What its channels send their data in. */
  PacketPool packets() {
    return packets;
  }

  Handshake handshake() {
    return getConnectionContext().getAttribute(Handshake.KEY);
  }

  /** MINA's own way of doing this writes a line into the log each time. */
  void sayGoodbye() throws IOException {
    Buffer packet = createBuffer(SshConstants.SSH_MSG_DISCONNECT, 32);
    packet.putInt(SshConstants.SSH2_DISCONNECT_BY_APPLICATION);
    packet.putString("bye");
    packet.putString("");
    writePacket(packet).addListener(written -> close(true));
  }

  void register(StreamChannel channel) throws IOException {
    getConnectionService().registerChannel(channel);
  }
}
