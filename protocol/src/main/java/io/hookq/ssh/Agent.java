package io.hookq.ssh;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Asks an ssh-agent over its Unix socket which keys it holds, and has it sign.
 *
 * <pre>
 * message  := u32 length, u8 type, content              (draft-miller-ssh-agent)
 * 11 →     list          ← 12  u32 count, *( string key, string comment )
 * 13 →     sign: string key, string data, u32 flags     ← 14  string signature
 *                        ←  5  failure, without a reason
 * </pre>
 *
 * Each request has a connection of its own and a time limit, so an agent that hangs, dies or is
 * replaced does no more harm than one error. Thread-safe.
 *
 * @param socket as in {@code SSH_AUTH_SOCK}
 */
record Agent(Path socket) {
  /** The agent may be at the other end of a forwarded connection, but asks nobody. */
  private static final Duration LIST_TIMEOUT = Duration.ofSeconds(5);

  /** Signing may wait for somebody to press a button. */
  private static final Duration SIGN_TIMEOUT = Duration.ofSeconds(15);

  /** As large as OpenSSH's agent makes any message. */
  private static final int MAX_MESSAGE = 256 * 1024;

  private static final int FAILURE = 5;
  private static final int REQUEST_IDENTITIES = 11;
  private static final int IDENTITIES_ANSWER = 12;
  private static final int SIGN_REQUEST = 13;
  private static final int SIGN_RESPONSE = 14;
  private static final int RSA_SHA2_256 = 2;
  private static final int RSA_SHA2_512 = 4;

  /**
   * One key it holds.
   *
   * @param base64 its public half as in the SSH protocol
   */
  record Key(String base64, String comment) {
    byte[] blob() {
      return Base64.getDecoder().decode(base64);
    }

    /** Such as {@code ssh-ed25519} or {@code ssh-ed25519-cert-v01@openssh.com}. */
    String type() {
      return new String(string(ByteBuffer.wrap(blob())), StandardCharsets.US_ASCII);
    }
  }

  /**
   * The keys it holds. A locked agent says that it holds none.
   *
   * @throws IOException if it is not there or makes no sense
   */
  List<Key> keys() throws IOException {
    ByteBuffer answer = ask(new byte[] {REQUEST_IDENTITIES}, IDENTITIES_ANSWER, LIST_TIMEOUT);
    try {
      int count = answer.getInt();
      var keys = new ArrayList<Key>();
      for (int i = 0; i < count; i++) {
        String key = Base64.getEncoder().encodeToString(string(answer));
        keys.add(new Key(key, new String(string(answer), StandardCharsets.UTF_8)));
      }
      return keys;
    } catch (BufferUnderflowException e) {
      throw new IOException("its answer is cut off", e);
    }
  }

  /**
   * Has it sign.
   *
   * @param algorithm of the signature, such as {@code rsa-sha2-512}
   * @return the signature's bytes, without the algorithm's name
   * @throws IOException if it is gone or refuses, or signs otherwise
   */
  byte[] sign(byte[] key, byte[] data, String algorithm) throws IOException {
    int flags =
        switch (algorithm) {
          case "rsa-sha2-256" -> RSA_SHA2_256;
          case "rsa-sha2-512" -> RSA_SHA2_512;
          default -> 0;
        };
    ByteBuffer request = ByteBuffer.allocate(1 + 4 + key.length + 4 + data.length + 4);
    request.put((byte) SIGN_REQUEST);
    request.putInt(key.length).put(key).putInt(data.length).put(data).putInt(flags);
    ByteBuffer answer = ask(request.array(), SIGN_RESPONSE, SIGN_TIMEOUT);
    try {
      ByteBuffer signature = ByteBuffer.wrap(string(answer));
      String format = new String(string(signature), StandardCharsets.US_ASCII);
      if (!format.equals(algorithm)) {
        throw new IOException("it signs with " + format + " instead of " + algorithm);
      }
      return string(signature);
    } catch (BufferUnderflowException e) {
      throw new IOException("its answer is cut off", e);
    }
  }

  private static byte[] string(ByteBuffer from) {
    int length = from.getInt();
    if (length < 0 || length > from.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[length];
    from.get(bytes);
    return bytes;
  }

  private ByteBuffer ask(byte[] request, int expected, Duration timeout) throws IOException {
    long deadline = System.nanoTime() + timeout.toNanos();
    ByteBuffer message = ByteBuffer.allocate(4 + request.length);
    message.putInt(request.length).put(request).flip();
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        var selector = Selector.open()) {
      channel.connect(UnixDomainSocketAddress.of(socket));
      channel.configureBlocking(false);
      SelectionKey ready = channel.register(selector, SelectionKey.OP_WRITE);
      while (message.hasRemaining()) {
        if (channel.write(message) == 0) {
          await(selector, deadline);
        }
      }
      ready.interestOps(SelectionKey.OP_READ);
      int length = read(channel, selector, 4, deadline).getInt();
      if (length < 1 || length > MAX_MESSAGE) {
        throw new IOException("its answer is " + Integer.toUnsignedString(length) + " bytes long");
      }
      ByteBuffer answer = read(channel, selector, length, deadline);
      int type = answer.get();
      if (type == FAILURE) {
        throw new IOException("it refuses");
      }
      if (type != expected) {
        throw new IOException("it answers with a message of type " + type);
      }
      return answer;
    }
  }

  private static ByteBuffer read(
      SocketChannel channel, Selector selector, int length, long deadline) throws IOException {
    ByteBuffer into = ByteBuffer.allocate(length);
    while (into.hasRemaining()) {
      int n = channel.read(into);
      if (n < 0) {
        throw new EOFException("it hung up");
      }
      if (n == 0) {
        await(selector, deadline);
      }
    }
    return into.flip();
  }

  private static void await(Selector selector, long deadline) throws IOException {
    long millis = (deadline - System.nanoTime()) / 1_000_000;
    if (millis <= 0 || selector.select(millis) == 0) {
      throw new IOException(
          Thread.currentThread().isInterrupted() ? "interrupted" : "it does not answer");
    }
    selector.selectedKeys().clear();
  }
}
