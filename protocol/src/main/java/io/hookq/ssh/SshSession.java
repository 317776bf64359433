package io.hookq.ssh;

import io.hookq.log.Logged;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAccumulator;
import org.apache.sshd.client.future.OpenFuture;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.channel.exception.SshChannelOpenException;
import org.apache.sshd.common.compression.BuiltinCompressions;
import org.apache.sshd.common.kex.KexProposalOption;
import org.apache.sshd.common.util.buffer.Buffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One authenticated SSH connection, over which any number of commands can run, one after another or
 * side by side.
 *
 * <p>Thread-safe. Closing it ends its commands: their streams fail, saying why. It closes itself
 * when the peer went away or silent.
 */
public final class SshSession implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(SshSession.class);

  /** OpenSSH's own; a server that does not know it answers all the same. */
  private static final String KEEP_ALIVE = "keepalive@openssh.com";

  /** A peer that takes no good-bye in this time goes without. */
  private static final Duration FAREWELL = Duration.ofSeconds(1);

  private final Handshake handshake;
  private final ClientConnection connection;
  private final ScheduledFuture<?> watch;
  private final LongAccumulator roundTrip = new LongAccumulator(Math::min, Long.MAX_VALUE);

  /**
   * Takes over a connection.
   *
   * @param first the session of the host on the way, which ends with this one
   */
  SshSession(
      Handshake handshake,
      ClientConnection connection,
      ScheduledExecutorService scheduler,
      @Nullable SshSession first) {
    this.handshake = handshake;
    this.connection = connection;
    long tick = Math.max(1, handshake.endpoint().stallTimeout().toNanos() / 6);
    this.watch =
        scheduler.scheduleWithFixedDelay(() -> watch(tick), tick, tick, TimeUnit.NANOSECONDS);
    connection.addCloseFutureListener(closed -> {
      watch.cancel(false);
      if (first != null) {
        Thread.ofVirtual().name("hookq-ssh-close").start(first::close);
      }
    });
    LOG.debug(
        "ssh session opened endpoint={} server={}",
        Logged.name(handshake.endpoint()),
        Logged.text(serverVersion()));
  }

  /**
   * Asks for a sign of life when none came for a sixth of the stall timeout, so that a live but
   * idle peer answers several times before it would be given up.
   */
  private void watch(long tick) {
    try {
      long silence = System.nanoTime() - connection.lastHeard();
      Duration stall = handshake.endpoint().stallTimeout();
      if (silence >= stall.toNanos()) {
        handshake.endWith(
            new SshUnreachableException(
                "no SSH packet from %s for %s: the peer is dead or the network is"
                    .formatted(handshake.endpoint().address(), Durations.words(stall)),
                null,
                null));
        LOG.debug("ssh session stalled endpoint={}", Logged.name(handshake.endpoint()));
        connection.close(true);
      } else if (silence >= tick) {
        Buffer request = connection.createBuffer(SshConstants.SSH_MSG_GLOBAL_REQUEST, 32);
        request.putString(KEEP_ALIVE);
        request.putBoolean(true);
        // Whatever the answer is, it was heard.
        connection.request(request, KEEP_ALIVE, (command, answer) -> {});
      }
    } catch (IOException | RuntimeException e) {
      // A session that is being closed takes no requests; its channels say why it was closed. An
      // exception let through would end the watch.
      LOG.debug(
          "no keep-alive sent endpoint={} error={}",
          Logged.name(handshake.endpoint()),
          Logged.text(e));
    }
  }

  /**
   * Starts a command without a terminal. The far side's shell parses it.
   *
   * @throws SshUnreachableException if the session is closed
   * @throws SshChannelRefusedException if the peer takes no further command; the session goes on
   * @throws java.io.InterruptedIOException if the thread was interrupted; the flag stays set
   */
  public RemoteCommand exec(String command) throws IOException {
    if (!isOpen()) {
      throw handshake.ended(null);
    }
    var channel = new ExecChannel(command, handshake);
    try {
      connection.register(channel);
      long asked = System.nanoTime();
      OpenFuture opened = channel.open();
      // The stall watch closes the session of a peer that never answers, which ends this wait.
      opened.await();
      // The server answers this by itself, without a process; whatever else is under way adds to
      // it.
      roundTrip.accumulate(System.nanoTime() - asked);
      if (opened.isOpened()) {
        return new RemoteCommand(channel);
      }
      throw refusal(opened.getException());
    } catch (InterruptedIOException e) {
      channel.close(true);
      Thread.currentThread().interrupt();
      throw e;
    } catch (SshException e) {
      throw e;
    } catch (IOException e) {
      throw handshake.ended(e);
    }
  }

  /**
   * Has the far side connect to another host.
   *
   * @throws SshUnreachableException if it does not, or not in time
   */
  TunnelChannel tunnel(SshEndpoint target, long deadline) throws IOException {
    var channel = new TunnelChannel(target, handshake);
    boolean open = false;
    try {
      connection.register(channel);
      OpenFuture opened = channel.open();
      if (!opened.await(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())))) {
        throw new SshUnreachableException(
            "%s did not reach %s within %s"
                .formatted(
                    handshake.endpoint().address(),
                    target.address(),
                    Durations.words(target.connectTimeout())),
            null,
            null);
      }
      if (!opened.isOpened()) {
        Throwable cause = opened.getException();
        throw cause instanceof SshChannelOpenException refusal && connection.isOpen()
            ? new SshUnreachableException(
                "%s does not connect to %s: %s%s"
                    .formatted(
                        handshake.endpoint().address(),
                        target.address(),
                        refusal.getReasonCode() == SshConstants.SSH_OPEN_ADMINISTRATIVELY_PROHIBITED
                            ? "prohibited: "
                            : "",
                        cause.getMessage()),
                "the jump host must reach that name and port, and allow it: AllowTcpForwarding and"
                    + " PermitOpen in its sshd_config",
                cause)
            : handshake.ended(cause);
      }
      open = true;
      return channel;
    } finally {
      if (!open) {
        channel.close(true);
      }
    }
  }

  private SshException refusal(Throwable cause) {
    if (cause instanceof SshChannelOpenException && connection.isOpen()) {
      return new SshChannelRefusedException(
          handshake.endpoint().address()
              + " refuses another command on this session: "
              + cause.getMessage(),
          "sshd_config's MaxSessions limits the commands per session",
          cause);
    }
    return handshake.ended(cause);
  }

  /** The shortest time that the start of a command took so far; zero before the first. */
  public Duration roundTrip() {
    long shortest = roundTrip.get();
    return shortest == Long.MAX_VALUE ? Duration.ZERO : Duration.ofNanos(shortest);
  }

  /** Whether commands can still be started. */
  public boolean isOpen() {
    return connection.isOpen();
  }

  /** The peer's identification, such as {@code SSH-2.0-OpenSSH_9.2p1 Debian-2}. */
  public String serverVersion() {
    return connection.getServerVersion();
  }

  /** Whether SSH itself compresses what we send. */
  public boolean isCompressed() {
    return agreed(KexProposalOption.C2SCOMP).equals(BuiltinCompressions.delayedZlib.getName());
  }

  /** What was agreed on, such as the key exchange. */
  String agreed(KexProposalOption what) {
    return String.valueOf(connection.getNegotiatedKexParameter(what));
  }

  @Override
  public void close() {
    if (isOpen()) {
      // Of a session that died by itself the reason is worth more.
      handshake.endWith(
          new SshUnreachableException(
              "the SSH session with " + handshake.endpoint().address() + " was closed",
              null,
              null));
    }
    watch.cancel(false);
    try {
      var closed = new CountDownLatch(1);
      connection.addCloseFutureListener(future -> closed.countDown());
      connection.sayGoodbye();
      boolean _ = closed.await(FAREWELL.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException e) {
      LOG.debug(
          "no farewell endpoint={} error={}", Logged.name(handshake.endpoint()), Logged.text(e));
    } finally {
      connection.close(true);
    }
  }
}
