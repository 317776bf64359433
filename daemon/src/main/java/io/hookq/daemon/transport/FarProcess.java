package io.hookq.daemon.transport;

import io.hookq.ssh.RemoteCommand;
import io.hookq.store.HandshakeException;
import io.hookq.store.PeerEnd;
import io.hookq.zstd.ZstdInput;
import io.hookq.zstd.ZstdOffer;
import io.hookq.zstd.ZstdOutput;
import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A command that runs at the far end and is spoken to: its bytes are counted, and it is given up if
 * it makes no progress while it is waited for.
 *
 * <p>Closing it, or its output, ends the command. Thread-safe as far as the streams are.
 */
final class FarProcess implements PeerEnd.Source, Closeable {
  private static final Duration EXIT_WAIT = Duration.ofSeconds(2);

  private final RemoteCommand remote;
  private final Pace pace;
  private final AtomicLong wireBytes;
  private final Watched watched;
  private final WatchedStore.Watch watch;
  private InputStream stdout;
  private OutputStream stdin;
  private @Nullable ZstdOutput packed;

  /**
   * Takes over {@code remote}.
   *
   * @param name of the far end, for people
   * @param replyTimeout how long it may make no progress
   * @param pace kept to by what is written
   * @param wireBytes grows with what is written
   */
  FarProcess(
      RemoteCommand remote, String name, Duration replyTimeout, Pace pace, AtomicLong wireBytes) {
    this.remote = remote;
    this.pace = pace;
    this.wireBytes = wireBytes;
    this.watched = new Watched(remote, name);
    this.watch = WatchedStore.Watch.start(replyTimeout, watched);
    this.stdout = new CommandInput();
    this.stdin = new WireOutput();
  }

  InputStream stdout() {
    return stdout;
  }

  OutputStream stdin() {
    return stdin;
  }

  /**
   * Finds out what a command behind {@link ZstdOffer#PREFIX} makes of it; both streams then speak
   * as was agreed. To be called before anything else is said.
   *
   * @param greeting what the conversation begins with, in any case
   * @return false if the far side has ended without a word, which is what a shell does that does
   *     not know the form
   */
  boolean offerZstd(byte[] greeting) throws IOException {
    watch.begin();
    try {
      return settle(greet(greeting));
    } catch (IOException e) {
      throw watch.gaveUp() ? watch.reason(e) : e;
    } finally {
      watch.end();
    }
  }

  private ZstdOffer.Answer greet(byte[] greeting) throws IOException {
    try {
      stdin.write(greeting);
      stdin.flush();
    } catch (IOException e) {
      // Ended before it was greeted; had it said a word, that would be worth more than this.
      if (ZstdOffer.await(stdout) instanceof ZstdOffer.Answer.Ended ended) {
        return ended;
      }
      throw e;
    }
    return ZstdOffer.await(stdout);
  }

  private boolean settle(ZstdOffer.Answer answer) {
    return switch (answer) {
      case ZstdOffer.Answer.Compressed _ -> {
        stdout = new ZstdInput(stdout);
        var pieces = ZstdOutput.onto(stdin);
        stdin = ZstdOffer.withoutGreeting(pieces);
        packed = pieces;
        yield true;
      }
      case ZstdOffer.Answer.Plain plain -> {
        stdout = plain.said();
        stdin = ZstdOffer.withoutGreeting(stdin);
        yield true;
      }
      case ZstdOffer.Answer.Ended _ -> false;
    };
  }

  /** Whether zstd was agreed upon. */
  boolean isCompressed() {
    return packed != null;
  }

  /**
   * Whether zstd was agreed upon, and neither is the line known to be faster than that nor one
   * channel's window to be what holds it up.
   */
  boolean fillsLine(Duration roundTrip) {
    return packed != null
        && !packed.isLineSwift()
        && !ChannelCount.isWindowTheLimit(roundTrip, packed.rate());
  }

  /** Who looks on, for the {@link WatchedStore} that says when it is waited for. */
  WatchedStore.Watch watch() {
    return watch;
  }

  /**
   * Has it greeted, in the time that connecting may take: whoever runs there has nothing to wait
   * for before it says who it is.
   *
   * @throws HandshakeException if it is silent for so long; it has been ended then
   */
  <T> T within(Duration limit, Greeting<T> greeting) throws IOException {
    var patience = WatchedStore.Watch.start(limit, watched);
    try {
      patience.begin();
      return greeting.exchange();
    } catch (IOException e) {
      throw patience.gaveUp()
          ? new HandshakeException(
              "the far side ran our command and said nothing for " + limit.toMillis() + " ms",
              new PeerEnd(remote.stderrTail(), OptionalInt.empty()))
          : e;
    } finally {
      patience.close();
    }
  }

  /** Says hello and waits for the answer. */
  @FunctionalInterface
  interface Greeting<T> {
    T exchange() throws IOException;
  }

  @Override
  public PeerEnd peerEnd() {
    var status = remote.awaitExit(EXIT_WAIT);
    return new PeerEnd(remote.stderrTail(), status);
  }

  @Override
  public void close() {
    watch.close();
    remote.close();
  }

  private record Watched(RemoteCommand remote, String name) implements WatchedStore.Watch.Peer {
    @Override
    public String lastWords() {
      return remote.stderrTail();
    }

    @Override
    public void cut() {
      remote.close();
    }
  }

  /** The command's output; closing it ends the command, which frees a writer that is stuck. */
  private final class CommandInput extends FilterInputStream {
    private CommandInput() {
      super(remote.stdout());
    }

    @Override
    public int read() throws IOException {
      var b = super.read();
      watch.progress();
      return b;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      var n = super.read(target, offset, length);
      watch.progress();
      return n;
    }

    @Override
    public void close() throws IOException {
      try (InputStream _ = in) {
        remote.close();
      }
    }
  }

  /** The command's input, counted and held back where there is a limit. */
  private final class WireOutput extends FilterOutputStream {
    private WireOutput() {
      super(remote.stdin());
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      // Not byte by byte, as the parent does.
      OutputStream target = out;
      for (var sent = 0; sent < length; ) {
        var share = pace.admit(length - sent);
        target.write(bytes, offset + sent, share);
        sent += share;
        wireBytes.addAndGet(share);
        // To wait by our own limit is progress: the peer is not to blame.
        watch.progress();
      }
    }

    @Override
    public void close() throws IOException {
      // Without the parent's flush: closing sends what is buffered, and a second close is harmless.
      out.close();
    }
  }
}
