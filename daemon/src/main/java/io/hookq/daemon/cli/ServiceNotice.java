package io.hookq.daemon.cli;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * What a daemon tells the service manager that started it: systemd's {@code Type=notify}, as
 * sd_notify(3) describes it.
 *
 * <pre>
 * $NOTIFY_SOCKET := an absolute path, or "@" and an abstract name
 * datagram       := "READY=1" | "STOPPING=1"
 * </pre>
 *
 * <p>Java knows no Unix datagram sockets, so libc is asked for one; on Linux only, since no other
 * system's service manager sets the variable. Nothing is kept open; may be used by any thread.
 */
final class ServiceNotice {
  private static final String VARIABLE = "NOTIFY_SOCKET";

  /** Linux's numbers: {@code AF_UNIX}, {@code SOCK_DGRAM | SOCK_CLOEXEC}, {@code MSG_NOSIGNAL}. */
  private static final int UNIX = 1;

  private static final int DATAGRAM = 2 | 0x80000;
  private static final int NO_SIGNAL = 0x4000;

  /** {@code struct sockaddr_un}: the family in two bytes, then at most 108 of a name. */
  private static final int FAMILY_BYTES = 2;

  private static final int MAX_NAME_BYTES = 108;

  private final Optional<String> socket;

  private ServiceNotice(Optional<String> socket) {
    this.socket = socket;
  }

  /** To whoever {@code environment} names; nobody, where it names none. */
  static ServiceNotice in(Map<String, String> environment) {
    return new ServiceNotice(
        Optional.ofNullable(environment.get(VARIABLE)).filter(name -> !name.isEmpty()));
  }

  /**
   * Requests are taken from now on.
   *
   * @throws IOException if it cannot be told; the service manager would wait in vain
   */
  void ready() throws IOException {
    send("READY=1");
  }

  /**
   * No more requests are taken.
   *
   * @throws IOException if it cannot be told
   */
  void stopping() throws IOException {
    send("STOPPING=1");
  }

  private void send(String state) throws IOException {
    if (socket.isPresent()) {
      send(socket.get(), state.getBytes(StandardCharsets.US_ASCII));
    }
  }

  private static void send(String name, byte[] message) throws IOException {
    var bytes = name.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > MAX_NAME_BYTES || (name.charAt(0) != '/' && name.charAt(0) != '@')) {
      throw new IOException(VARIABLE + " names no Unix socket: " + name);
    }
    if (bytes[0] == '@') {
      bytes[0] = 0;
    }
    try (var arena = Arena.ofConfined()) {
      var address = arena.allocate(FAMILY_BYTES + MAX_NAME_BYTES);
      address.set(ValueLayout.JAVA_SHORT, 0, (short) UNIX);
      MemorySegment.copy(bytes, 0, address, ValueLayout.JAVA_BYTE, FAMILY_BYTES, bytes.length);
      var text = arena.allocateFrom(ValueLayout.JAVA_BYTE, message);
      if (!sent(text, address, FAMILY_BYTES + bytes.length)) {
        throw new IOException("the service manager cannot be told at " + name);
      }
    }
  }

  private static boolean sent(MemorySegment text, MemorySegment address, int addressBytes) {
    var socket =
        function(
            "socket",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT));
    var sendTo =
        function(
            "sendto",
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT));
    var close =
        function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    try {
      var descriptor = (int) socket.invokeExact(UNIX, DATAGRAM, 0);
      if (descriptor < 0) {
        return false;
      }
      var sent =
          (long)
              sendTo.invokeExact(
                  descriptor, text, text.byteSize(), NO_SIGNAL, address, addressBytes);
      var _ = (int) close.invokeExact(descriptor);
      return sent == text.byteSize();
    } catch (Throwable e) {
      // What invokeExact is declared to throw; the functions themselves throw nothing.
      throw new IllegalStateException("libc cannot be called", e);
    }
  }

  private static MethodHandle function(String name, FunctionDescriptor descriptor) {
    var linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
  }
}
