package io.hookq.daemon.cli;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * How large the terminal behind stdout is at this moment.
 *
 * <p>The launcher tells the width at the start; only the kernel knows what became of it since.
 *
 * @param rows lines
 * @param columns characters to a line
 */
record TerminalSize(int rows, int columns) {
  private static final int STDOUT = 1;

  /** {@code TIOCGWINSZ}. */
  private static final long LINUX_REQUEST = 0x5413;

  private static final long MAC_REQUEST = 0x40087468;

  /** {@code struct winsize}: rows, columns, and two in pixels. */
  private static final int SHORTS = 4;

  /** Asks the kernel; empty where stdout is no terminal, or one that does not know its size. */
  static Optional<TerminalSize> now(boolean mac) {
    var linker = Linker.nativeLinker();
    var function = linker.defaultLookup().find("ioctl");
    if (function.isEmpty()) {
      return Optional.empty();
    }
    var ioctl =
        linker.downcallHandle(
            function.get(),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.ADDRESS),
            Linker.Option.firstVariadicArg(2));
    try (var arena = Arena.ofConfined()) {
      var size = arena.allocate(ValueLayout.JAVA_SHORT, SHORTS);
      var failed = (int) ioctl.invokeExact(STDOUT, mac ? MAC_REQUEST : LINUX_REQUEST, size) != 0;
      var rows = Short.toUnsignedInt(size.getAtIndex(ValueLayout.JAVA_SHORT, 0));
      var columns = Short.toUnsignedInt(size.getAtIndex(ValueLayout.JAVA_SHORT, 1));
      return failed || rows == 0 || columns == 0
          ? Optional.empty()
          : Optional.of(new TerminalSize(rows, columns));
    } catch (Throwable e) {
      // What invokeExact is declared to throw; ioctl itself throws nothing.
      throw new IllegalStateException("ioctl cannot be called", e);
    }
  }
}
