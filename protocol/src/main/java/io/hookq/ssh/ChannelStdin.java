package io.hookq.ssh;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Objects;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.channel.RemoteWindow;
import org.apache.sshd.common.io.IoWriteFuture;
import org.apache.sshd.common.util.buffer.Buffer;

/**
 * The input of a command, or what is sent through a tunnel. For one thread; buffers one packet;
 * large writes bypass the buffer.
 *
 * <p>Waits for the peer's window and, since some peers open a window of gigabytes, for the socket
 * too, with a packet of the session's {@link PacketPool}. Waits as long as the session lives,
 * unlike MINA's own stream, which gives up after a fixed time.
 */
final class ChannelStdin extends OutputStream {
  /** As long as the session lives; its stall watch ends it if need be. */
  private static final Duration UNTIL_CLOSED = Duration.ofDays(3650);

  /** What OpenSSH takes in one packet; MINA never sends more. */
  private static final int MAX_PACKET = 32 * 1024;

  private final StreamChannel channel;
  private final RemoteWindow window;
  private final ClientConnection connection;
  private final PacketPool pool;
  private final byte[] buffer;
  private int buffered;
  private boolean closed;

  /** The channel must be open, since the peer says then how large its packets may be. */
  ChannelStdin(StreamChannel channel) {
    this.channel = channel;
    this.window = channel.getRemoteWindow();
    this.connection = channel.connection();
    this.pool = connection.packets();
    this.buffer = new byte[(int) Math.min(window.getPacketSize(), MAX_PACKET)];
  }

  /** Lets a thread that waits for the socket go on, to find the channel closed. */
  void wake() {
    pool.wake();
  }

  /** Shared with all channels of the session. */
  PacketPool pool() {
    return pool;
  }

  /** Whether a writer would have to wait for the peer. */
  boolean isWindowFull() {
    return window.getSize() == 0;
  }

  @Override
  public void write(int b) throws IOException {
    requireOpen();
    if (buffered == buffer.length) {
      flush();
    }
    buffer[buffered++] = (byte) b;
  }

  @Override
  public void write(byte[] data, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, data.length);
    requireOpen();
    int at = offset;
    int left = length;
    while (left > 0) {
      if (buffered == 0 && left >= buffer.length) {
        send(data, at, buffer.length);
        at += buffer.length;
        left -= buffer.length;
        continue;
      }
      int n = Math.min(left, buffer.length - buffered);
      System.arraycopy(data, at, buffer, buffered, n);
      buffered += n;
      at += n;
      left -= n;
      if (buffered == buffer.length) {
        flush();
      }
    }
  }

  @Override
  public void flush() throws IOException {
    requireOpen();
    int n = buffered;
    buffered = 0;
    send(buffer, 0, n);
  }

  private void requireOpen() throws IOException {
    if (closed) {
      throw new IOException("the command's input is closed");
    }
  }

  private void send(byte[] data, int offset, int length) throws IOException {
    int at = offset;
    int left = length;
    while (left > 0) {
      int n;
      IoWriteFuture written;
      try {
        n = (int) Math.min(left, window.waitForSpace(UNTIL_CLOSED));
        // After the window, which can take long: the packet would be missing elsewhere.
        Buffer packet = pool.take(this::newPacket, channel::isClosing);
        if (packet == null) {
          throw new IOException("the channel is closed");
        }
        written = send(packet, data, at, n);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw (InterruptedIOException)
            new InterruptedIOException("interrupted while writing a command's input").initCause(e);
      } catch (IOException e) {
        throw channel.broken(e);
      }
      if (written.isDone() && !written.isWritten()) {
        throw channel.broken(written.getException());
      }
      at += n;
      left -= n;
    }
  }

  /** The packet goes back to the pool when it is through the socket, or cannot be sent. */
  private IoWriteFuture send(Buffer packet, byte[] data, int offset, int length)
      throws IOException, InterruptedException {
    IoWriteFuture written = null;
    try {
      connection.prepareBuffer(SshConstants.SSH_MSG_CHANNEL_DATA, packet);
      packet.putUInt(channel.getRecipient());
      packet.putBytes(data, offset, length);
      // We are the only writer: what was there is there.
      window.waitAndConsume(length, UNTIL_CLOSED);
      written = channel.writePacket(packet);
    } finally {
      if (written == null) {
        pool.giveBack(packet);
      }
    }
    written.addListener(f -> pool.giveBack(packet));
    return written;
  }

  private Buffer newPacket() {
    return connection.createBuffer(SshConstants.SSH_MSG_CHANNEL_DATA, MAX_PACKET + 12);
  }

  /**
   * Sends what is buffered, then the end of input. A command that has ended already is no error.
   */
  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    try {
      if (buffered > 0) {
        flush();
      }
      channel.endInput();
    } finally {
      closed = true;
    }
  }
}
