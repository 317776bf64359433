package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonGenerator;
import io.hookq.daemon.intake.RefusalClass;
import io.hookq.daemon.intake.RefusedException;
import io.hookq.log.Logged;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import jdk.net.ExtendedSocketOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One peer's conversation: a line in, a line out, until it hangs up, is late or talks nonsense
 * beyond a line's length.
 *
 * <p>{@link #run} is called once, by the connection's own thread; {@link #cut} and {@link
 * #cutIfLate} by any. It closes the channel.
 */
final class ControlConnection {
  private static final Logger LOG = LoggerFactory.getLogger(ControlConnection.class);
  private static final int OUT_BUFFER = 1 << 14;

  /** How much of a line too long is read on, so that its sender gets to read why. */
  private static final int DISCARDED = 8 << 20;

  private static final long NO_DEADLINE = Long.MIN_VALUE;

  private final SocketChannel channel;
  private final ControlHandler handler;
  private final BuildUsers buildUsers;
  private final ControlServer.Deadlines deadlines;
  private final LineReader lines;
  private final PeerInput in;
  private final OutputStream out;

  /** In terms of {@link System#nanoTime}; whoever is blocked at it is cut off. */
  private final AtomicLong deadline = new AtomicLong(NO_DEADLINE);

  ControlConnection(
      SocketChannel channel,
      ControlHandler handler,
      BuildUsers buildUsers,
      ControlServer.Deadlines deadlines,
      Semaphore longLines) {
    this.channel = channel;
    this.handler = handler;
    this.buildUsers = buildUsers;
    this.deadlines = deadlines;
    this.in = new PeerInput(Channels.newInputStream(channel));
    this.out =
        new BufferedOutputStream(new PeerOutput(Channels.newOutputStream(channel)), OUT_BUFFER);
    this.lines = new LineReader(in, longLines);
  }

  /** Answers until there is nothing more to answer. */
  void run() {
    try (channel) {
      var peer = channel.getOption(ExtendedSocketOptions.SO_PEERCRED);
      if (buildUsers.include(peer)) {
        LOG.warn("refused a build user: user={}", Logged.name(peer.user().getName()));
        lines.next(line -> line);
        refuse(RefusalClass.FORBIDDEN, "build users may not speak to hookq");
        return;
      }
      in.lineEnded();
      while (answerNext()) {
        in.lineEnded();
      }
    } catch (IOException e) {
      LOG.debug("a connection ended: error={}", Logged.text(e.getMessage()));
    } catch (RuntimeException | Error e) {
      LOG.error("a connection failed: error={}", Logged.text(e), e);
    }
  }

  /** Ends the conversation where it is. */
  void cut() {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.debug("a connection could not be closed: error={}", Logged.text(e.getMessage()));
    }
  }

  void cutIfLate(long nanoTime) {
    var until = deadline.get();
    if (until != NO_DEADLINE && nanoTime - until > 0) {
      LOG.debug("cut off a peer that was late");
      cut();
    }
  }

  private void expectWithin(Duration time) {
    deadline.set(System.nanoTime() + time.toNanos());
  }

  private boolean answerNext() throws IOException {
    Optional<? extends ControlRequest<?>> request;
    try {
      request = lines.next(ControlCodec::decodeRequest);
    } catch (LineReader.LineTooLongException e) {
      refuse(RefusalClass.BAD_REQUEST, text(e));
      channel.shutdownOutput();
      discard();
      return false;
    } catch (IllegalArgumentException e) {
      refuse(RefusalClass.BAD_REQUEST, text(e));
      return true;
    }
    if (request.isEmpty()) {
      return false;
    }
    deadline.set(NO_DEADLINE);
    answer(request.get());
    return true;
  }

  private void answer(ControlRequest<?> request) throws IOException {
    try {
      reply(request);
    } catch (PeerGoneException e) {
      throw e;
    } catch (RefusedException e) {
      refuse(e.refusalClass(), text(e));
    } catch (IllegalArgumentException e) {
      refuse(RefusalClass.BAD_REQUEST, text(e));
    } catch (IOException e) {
      LOG.warn("a request failed: error={}", Logged.text(e.getMessage()));
      refuse(RefusalClass.INTERNAL, text(e));
    } catch (RuntimeException e) {
      LOG.error("a request failed: error={}", Logged.text(e), e);
      refuse(RefusalClass.INTERNAL, text(e));
    }
  }

  private void reply(ControlRequest<?> request) throws IOException, RefusedException {
    switch (request) {
      case EnqueueRequest enqueue -> ControlCodec.writeReply(out, handler.enqueue(enqueue)::encode);
      case StatusRequest status -> ControlCodec.writeReply(out, handler.status(status)::encode);
      case KickRequest kick -> ControlCodec.writeReply(out, handler.kick(kick)::encode);
      case VersionRequest version -> ControlCodec.writeReply(out, handler.version(version)::encode);
      case WaitRequest wait ->
          ControlCodec.writeReply(out, handler.await(wait, this::beat)::encode);
      case ListRequest list -> list(list);
      case RetryRequest retry -> ControlCodec.writeReply(out, handler.retry(retry)::encode);
      case DropRequest drop -> ControlCodec.writeReply(out, handler.drop(drop)::encode);
      case PauseRequest pause -> ControlCodec.writeReply(out, handler.pause(pause)::encode);
      case ResumeRequest resume -> ControlCodec.writeReply(out, handler.resume(resume)::encode);
      case WhyRequest why -> ControlCodec.writeReply(out, handler.why(why)::encode);
      case CheckRequest check -> ControlCodec.writeReply(out, handler.check(check)::encode);
      case ReconcileRequest reconcile ->
          ControlCodec.writeReply(out, handler.reconcile(reconcile)::encode);
    }
  }

  /** A blank before the answer means nothing to JSON, and fails where the peer is gone. */
  private void beat() throws IOException {
    out.write(' ');
    out.flush();
  }

  private void list(ListRequest request) throws IOException, RefusedException {
    var reply = new ListReply();
    try {
      handler.list(request, reply::add);
    } catch (IOException | RuntimeException | RefusedException e) {
      if (reply.isBegun()) {
        throw new PeerGoneException("a list could not be finished", e);
      }
      throw e;
    }
    reply.end();
  }

  private void refuse(RefusalClass refusalClass, String error) throws IOException {
    ControlCodec.writeRefusal(out, refusalClass, error);
  }

  /**
   * Says no to a peer that is not served at all; not blocking, as far as {@code channel} is not.
   */
  static void refuse(SocketChannel channel, RefusalClass refusalClass, String error)
      throws IOException {
    var line = new ByteArrayOutputStream();
    ControlCodec.writeRefusal(line, refusalClass, error);
    channel.write(ByteBuffer.wrap(line.toByteArray()));
  }

  private void discard() throws IOException {
    var rest = new byte[OUT_BUFFER];
    var left = DISCARDED;
    for (var read = in.read(rest); read >= 0 && left > 0; read = in.read(rest)) {
      left -= read;
    }
  }

  private static String text(Exception e) {
    return Objects.requireNonNullElseGet(e.getMessage(), e::toString);
  }

  /** The answer to a list request, begun with its first entry: until then it can still be a no. */
  private final class ListReply {
    private Optional<JsonGenerator> json = Optional.empty();

    boolean isBegun() {
      return json.isPresent();
    }

    void add(ListRequest.Entry entry) throws IOException {
      entry.encode(begun());
    }

    private JsonGenerator begun() throws IOException {
      if (json.isPresent()) {
        return json.get();
      }
      var begun = JsonObject.FACTORY.createGenerator(out);
      json = Optional.of(begun);
      begun.writeStartObject();
      begun.writeBooleanField("ok", true);
      begun.writeArrayFieldStart("jobs");
      return begun;
    }

    void end() throws IOException {
      try (var ended = begun()) {
        ended.writeEndArray();
        ended.writeEndObject();
      }
      out.write('\n');
      out.flush();
    }
  }

  /** Starts the clock for a line at its first byte. */
  private final class PeerInput extends InputStream {
    private final InputStream from;
    private boolean inLine;

    PeerInput(InputStream from) {
      this.from = from;
    }

    /** The peer may take its time before the next line. */
    void lineEnded() {
      inLine = false;
      expectWithin(deadlines.idle());
    }

    @Override
    public int read() throws IOException {
      throw new UnsupportedOperationException("lines are read in blocks");
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      var read = from.read(buffer, offset, length);
      if (!inLine) {
        inLine = true;
        expectWithin(deadlines.line());
      }
      return read;
    }
  }

  /** A peer that does not take its answer has a deadline too; its failures have their own type. */
  private final class PeerOutput extends OutputStream {
    private final OutputStream to;

    PeerOutput(OutputStream to) {
      this.to = to;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      expectWithin(deadlines.reply());
      try {
        to.write(bytes, offset, length);
      } catch (IOException e) {
        throw new PeerGoneException("the peer is gone", e);
      }
      deadline.set(NO_DEADLINE);
    }
  }

  private static final class PeerGoneException extends IOException {
    PeerGoneException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
