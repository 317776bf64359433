package io.hookq.ssh;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.client.channel.AbstractClientChannel;
import org.apache.sshd.common.channel.LocalWindow;
import org.apache.sshd.common.util.EventNotifier;
import org.jspecify.annotations.Nullable;

/**
 * A channel as a pair of streams. Differs from MINA's own in what matters here: stderr is always
 * read, a session that dies is an error and no end of output, and nobody gives up waiting by the
 * clock.
 *
 * <p>The handlers are called by the one thread that receives packets and never wait.
 */
abstract sealed class StreamChannel extends AbstractClientChannel
    permits ExecChannel, TunnelChannel {
  private final Handshake handshake;
  private final StdoutPipe stdout = new StdoutPipe(this::release);
  private final StderrTail stderr = new StderrTail();
  private final CountDownLatch exited = new CountDownLatch(1);

  private volatile @Nullable ChannelStdin stdin;
  private volatile boolean peerClosed;
  private volatile boolean refused;
  private volatile boolean closedHere;

  StreamChannel(String type, Handshake handshake) {
    super(type);
    this.handshake = handshake;
  }

  /** What this is, for an error. */
  abstract String noun();

  // ── Told by the peer ───────────────────────────────────────────────────────────────────────

  @Override
  protected void doOpen() throws IOException {
    stdin = new ChannelStdin(this);
  }

  /** The peer will not do what was asked; a channel that is open all the same is of no use. */
  final void refuse() {
    refused = true;
    close(false);
  }

  @Override
  protected void doWriteData(byte[] data, int offset, long length) {
    if (!isClosing()) {
      stdout.put(Arrays.copyOfRange(data, offset, offset + (int) length));
    }
  }

  @Override
  protected void doWriteExtendedData(byte[] data, int offset, long length) throws IOException {
    stderr.append(data, offset, (int) length);
    release((int) length);
  }

  private void release(int bytes) throws IOException {
    LocalWindow window = getLocalWindow();
    if (window.isOpen()) {
      window.release(bytes);
    }
  }

  @Override
  public void handleEof() throws IOException {
    super.handleEof();
    stdout.end();
  }

  @Override
  public void handleClose() throws IOException {
    peerClosed = true;
    super.handleClose();
  }

  /** Called by the super constructor; what is given is used later. */
  @Override
  protected void addChannelSignalRequestHandlers(EventNotifier<String> notifier) {
    super.addChannelSignalRequestHandlers(event -> {
      notifier.notifyEvent(event);
      exited.countDown();
    });
  }

  @Override
  protected void preClose() {
    super.preClose();
    if (peerClosed && !refused) {
      stdout.end();
    } else {
      stdout.fail(() -> broken(null));
    }
    ChannelStdin input = stdin;
    if (input != null) {
      input.wake();
    }
    exited.countDown();
  }

  /** The session it belongs to. */
  ClientConnection connection() {
    return (ClientConnection) getSession();
  }

  // ── Asked by the command ───────────────────────────────────────────────────────────────────

  StdoutPipe stdout() {
    return stdout;
  }

  /** Null until the channel is open. */
  @Nullable ChannelStdin stdin() {
    return stdin;
  }

  String stderrTail() {
    return stderr.text();
  }

  void endInput() throws IOException {
    if (!isClosing()) {
      sendEof();
    }
  }

  OptionalInt awaitExit(Duration timeout) throws InterruptedException {
    // Whether the latch went down or not: what is known is known.
    boolean _ = exited.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
    Integer status = getExitStatus();
    return status == null ? OptionalInt.empty() : OptionalInt.of(status);
  }

  Optional<String> exitSignal() {
    return Optional.ofNullable(getExitSignal());
  }

  void closeHere() {
    closedHere = true;
    // Gracefully, or the peer would not hear of it and the command would stay.
    close(false);
  }

  /** Why nothing can be read or written any more. */
  IOException broken(@Nullable Throwable cause) {
    Optional<SshException> sessionEnd = handshake.end();
    if (sessionEnd.isPresent()) {
      return sessionEnd.get();
    }
    if (closedHere) {
      return new IOException("the " + noun() + " was closed", cause);
    }
    if (refused) {
      return new IOException(
          handshake.endpoint().address() + " refuses to run commands for this user", cause);
    }
    if (peerClosed) {
      return new IOException("the " + noun() + " ended" + exitText(), cause);
    }
    return handshake.ended(cause);
  }

  private String exitText() {
    if (getExitStatus() != null) {
      return " with exit status " + getExitStatus();
    }
    return getExitSignal() == null ? "" : " by signal " + getExitSignal();
  }
}
