package io.hookq.daemon.cli;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;

/**
 * What the kernel knows of stdout and Java does not ask. Stateless.
 *
 * <p>A pipe that nobody reads any more fails at the next write; who has nothing to write for hours
 * has to ask.
 */
final class StandardOutput {
  private static final int STDOUT = 1;

  /** {@code POLLERR}, what Linux says, and {@code POLLHUP}, what macOS says; the same numbers. */
  private static final int GONE = 0x8 | 0x10;

  /** {@code struct pollfd}. */
  private static final MemoryLayout QUESTION =
      MemoryLayout.structLayout(
          ValueLayout.JAVA_INT.withName("fd"),
          ValueLayout.JAVA_SHORT.withName("events"),
          ValueLayout.JAVA_SHORT.withName("revents"));

  private static final long REVENTS =
      QUESTION.byteOffset(MemoryLayout.PathElement.groupElement("revents"));

  private StandardOutput() {}

  /**
   * Whether it is a pipe or a socket that nobody reads any more; false where it cannot be asked.
   */
  static boolean isAbandoned(boolean mac) {
    var linker = Linker.nativeLinker();
    var function = linker.defaultLookup().find("poll");
    if (function.isEmpty()) {
      return false;
    }
    // nfds_t is an unsigned long on Linux and an unsigned int on macOS.
    var poll =
        linker.downcallHandle(
            function.get(),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                mac ? ValueLayout.JAVA_INT : ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT));
    try (var arena = Arena.ofConfined()) {
      var question = arena.allocate(QUESTION);
      question.set(ValueLayout.JAVA_INT, 0, STDOUT);
      var answered =
          mac ? (int) poll.invokeExact(question, 1, 0) : (int) poll.invokeExact(question, 1L, 0);
      return answered > 0 && (question.get(ValueLayout.JAVA_SHORT, REVENTS) & GONE) != 0;
    } catch (Throwable e) {
      // What invokeExact is declared to throw; poll itself throws nothing.
      throw new IllegalStateException("poll cannot be called", e);
    }
  }
}
