package io.hookq.ssh;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.channel.RemoteWindow;
import org.apache.sshd.common.io.IoWriteFuture;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.util.buffer.Buffer;

/**
 * The input of a command, or what is sent through a tunnel. For one thread; buffers one packet;
 * large writes bypass the buffer.
 *
 * <p>Waits for the peer's window and, since some peers open a window of gigabytes, for the socket
 * too: MINA queues what is written to it without any bound. Waits as long as the session lives,
 * unlike MINA's own stream, which gives up after a fixed time.
 */
final class ChannelStdin extends OutputStream {
  /** As long as the session lives; its stall watch ends it if need be. */
  private static final Duration UNTIL_CLOSED = Duration.ofDays(3650);

  /** What OpenSSH takes in one packet; MINA never sends more. */
  private static final int MAX_PACKET = 32 * 1024;

  /** Packets on their way to the socket: 2 MiB, which is OpenSSH's window. */
  private static final int IN_FLIGHT = 64;

  private final StreamChannel channel;
  private final RemoteWindow window;
  private final Semaphore inFlight = new Semaphore(IN_FLIGHT);
  private final byte[] buffer;
  private int buffered;
  private boolean closed;

  /** The channel must be open, since the peer says then how large its packets may be. */
  ChannelStdin(StreamChannel channel) {
    this.channel = channel;
    this.window = channel.getRemoteWindow();
    this.buffer = new byte[(int) Math.min(window.getPacketSize(), MAX_PACKET)];
  }

  /** Lets a thread that waits for the socket go on, to find the channel closed. */
  void wake() {
    inFlight.release(IN_FLIGHT);
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
        inFlight.acquire();
        n = (int) Math.min(left, window.waitForSpace(UNTIL_CLOSED));
        // We are the only writer: what was there is there.
        window.waitAndConsume(n, UNTIL_CLOSED);
        written = channel.writePacket(packet(data, at, n));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw (InterruptedIOException)
            new InterruptedIOException("interrupted while writing a command's input").initCause(e);
      } catch (IOException e) {
        // The permit is not given back: nothing can be written here any more.
        throw channel.broken(e);
      }
      written.addListener(f -> inFlight.release());
      if (written.isDone() && !written.isWritten()) {
        throw channel.broken(written.getException());
      }
      at += n;
      left -= n;
    }
  }

  private Buffer packet(byte[] data, int offset, int length) {
    Session session = channel.getSession();
    Buffer packet = session.createBuffer(SshConstants.SSH_MSG_CHANNEL_DATA, length + 12);
    packet.putUInt(channel.getRecipient());
    packet.putBytes(data, offset, length);
    return packet;
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
