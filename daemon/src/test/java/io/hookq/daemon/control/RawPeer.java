package io.hookq.daemon.control;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Whoever speaks to the daemon without our client: says what it likes, byte by byte. */
final class RawPeer implements Closeable {
  private final SocketChannel channel;
  private final BufferedReader reader;

  RawPeer(Path socket) throws IOException {
    channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
    reader =
        new BufferedReader(
            new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
  }

  RawPeer say(String text) throws IOException {
    return say(text.getBytes(StandardCharsets.UTF_8));
  }

  RawPeer say(byte[] bytes) throws IOException {
    var buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    return this;
  }

  /** Null at the end. */
  @Nullable String hear() throws IOException {
    return reader.readLine();
  }

  void hangUpHalf() throws IOException {
    channel.shutdownOutput();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
