package io.hookq.ssh;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.channel.Channel;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.util.buffer.Buffer;

/** The channel of one command. */
final class ExecChannel extends StreamChannel {
  private final byte[] command;

  ExecChannel(String command, Handshake handshake) {
    super("session", handshake);
    this.command = command.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  String noun() {
    return "command";
  }

  @Override
  protected void doOpen() throws IOException {
    super.doOpen();
    Session session = getSession();
    Buffer request =
        session.createBuffer(SshConstants.SSH_MSG_CHANNEL_REQUEST, command.length + 32);
    request.putUInt(getRecipient());
    request.putString(Channel.CHANNEL_EXEC);
    // The reply costs no round trip, since nobody waits for it, and tells a refusal from an exit.
    request.putBoolean(true);
    request.putBytes(command);
    addPendingRequest(Channel.CHANNEL_EXEC, true);
    writePacket(request);
  }

  @Override
  public void handleSuccess() {
    removePendingRequest(Channel.CHANNEL_EXEC);
  }

  @Override
  public void handleFailure() {
    if (removePendingRequest(Channel.CHANNEL_EXEC) != null) {
      refuse();
    }
  }
}
