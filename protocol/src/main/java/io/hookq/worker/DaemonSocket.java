package io.hookq.worker;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The Unix socket of a Nix daemon.
 *
 * @param path {@code /nix/var/nix/daemon-socket/socket} nearly everywhere
 */
public record DaemonSocket(Path path) implements DaemonStore.Connector {
  @Override
  public DaemonStore.Streams connect() throws IOException {
    var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(path));
    } catch (IOException e) {
      var unreachable = unreachable(e);
      try {
        channel.close();
      } catch (IOException f) {
        unreachable.addSuppressed(f);
      }
      throw unreachable;
    }
    return new DaemonStore.Streams(
        Channels.newInputStream(channel), Channels.newOutputStream(channel), channel);
  }

  private IOException unreachable(IOException cause) {
    var why = Files.exists(path) ? String.valueOf(cause.getMessage()) : "no such socket";
    return new IOException("cannot reach the Nix daemon at %s: %s".formatted(path, why), cause);
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
