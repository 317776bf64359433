package io.hookq.ssh;

import java.net.SocketAddress;
import java.util.Map;
import java.util.Optional;
import org.apache.sshd.common.AttributeRepository;
import org.apache.sshd.common.future.CloseFuture;
import org.apache.sshd.common.future.SshFutureListener;
import org.apache.sshd.common.io.DefaultIoConnectFuture;
import org.apache.sshd.common.io.IoConnectFuture;
import org.apache.sshd.common.io.IoConnector;
import org.apache.sshd.common.io.IoHandler;
import org.apache.sshd.common.io.IoServiceEventListener;
import org.apache.sshd.common.io.IoSession;

/**
 * MINA's connector, which here also "connects" through a tunnel, where the handshake has one. Its
 * other business is that of the connector it wraps. Thread-safe.
 */
final class TunnelConnector implements IoConnector {
  private final IoConnector network;
  private final IoHandler handler;

  TunnelConnector(IoConnector network, IoHandler handler) {
    this.network = network;
    this.handler = handler;
  }

  @Override
  public IoConnectFuture connect(
      SocketAddress address, AttributeRepository context, SocketAddress localAddress) {
    Handshake handshake = context.getAttribute(Handshake.KEY);
    Optional<TunnelChannel> through = handshake.through();
    if (through.isEmpty()) {
      return network.connect(address, context, localAddress);
    }
    var future = new DefaultIoConnectFuture(address, null);
    var tunnel = new Tunnel(through.get(), handshake.endpoint(), handler, this);
    try {
      tunnel.setAttribute(AttributeRepository.class, context);
      handler.sessionCreated(tunnel);
      future.setSession(tunnel);
      if (future.getSession() == tunnel) {
        tunnel.start();
      } else {
        tunnel.close(true);
      }
    } catch (Exception e) {
      // MINA's handler is declared to throw anything.
      future.setException(e);
      tunnel.close(true);
    }
    return future;
  }

  @Override
  public Map<Long, IoSession> getManagedSessions() {
    return network.getManagedSessions();
  }

  @Override
  public IoServiceEventListener getIoServiceEventListener() {
    return network.getIoServiceEventListener();
  }

  @Override
  public void setIoServiceEventListener(IoServiceEventListener listener) {
    network.setIoServiceEventListener(listener);
  }

  @Override
  public CloseFuture close(boolean immediately) {
    return network.close(immediately);
  }

  @Override
  public void addCloseFutureListener(SshFutureListener<CloseFuture> listener) {
    network.addCloseFutureListener(listener);
  }

  @Override
  public void removeCloseFutureListener(SshFutureListener<CloseFuture> listener) {
    network.removeCloseFutureListener(listener);
  }

  @Override
  public boolean isClosed() {
    return network.isClosed();
  }

  @Override
  public boolean isClosing() {
    return network.isClosing();
  }
}
