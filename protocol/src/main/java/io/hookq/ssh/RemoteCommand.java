package io.hookq.ssh;

import java.io.Closeable;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A command that runs on the far side of an SSH session.
 *
 * <p>One thread may read while another writes; each stream is for one thread at a time. {@link
 * #close} may be called by any thread and lets blocked readers and writers fail. When the session
 * dies both streams throw with the reason, and an exit status may never come. After an exception
 * from one stream the command is good for nothing but {@link #stderrTail}, {@link #awaitExit} and
 * {@link #close}.
 */
public final class RemoteCommand implements Closeable {
  private final ExecChannel channel;
  private final ChannelStdin stdin;

  RemoteCommand(ExecChannel channel) {
    this.channel = channel;
    this.stdin = Objects.requireNonNull(channel.stdin());
  }

  /** The command's output. Ends when the command closed it; throws if the session broke first. */
  public InputStream stdout() {
    return channel.stdout();
  }

  /**
   * The command's input. Blocks while the peer takes nothing. Buffers up to one packet: {@code
   * flush} sends it; closing sends it too and then the end of input, and leaves the output open.
   */
  public OutputStream stdin() {
    return stdin;
  }

  /** The last few kilobytes the command wrote to stderr until now, all of which is always read. */
  public String stderrTail() {
    return channel.stderrTail();
  }

  /**
   * The exit status, waiting for it at most that long. Empty if it did not come, if the command was
   * ended by a signal, or if the thread was interrupted, whose flag stays set.
   */
  public OptionalInt awaitExit(Duration timeout) {
    try {
      return channel.awaitExit(timeout);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return OptionalInt.empty();
    }
  }

  /** The signal that ended the command, without {@code SIG}, once that is known. */
  public Optional<String> exitSignal() {
    return channel.exitSignal();
  }

  /** Ends the command: its streams are closed, and the far side is told so. Does not wait. */
  @Override
  public void close() {
    channel.closeHere();
  }
}
