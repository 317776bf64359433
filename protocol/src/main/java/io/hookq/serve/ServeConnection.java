package io.hookq.serve;

import io.hookq.nar.NarGate;
import io.hookq.nar.NarReader;
import io.hookq.serve.ServeRequest.AddToStoreNar;
import io.hookq.serve.ServeRequest.DumpStorePath;
import io.hookq.serve.ServeRequest.QueryPathInfos;
import io.hookq.serve.ServeRequest.QueryValidPaths;
import io.hookq.store.DestinationStore;
import io.hookq.store.HandshakeException;
import io.hookq.store.NarMismatchException;
import io.hookq.store.NarSource;
import io.hookq.store.PathInfo;
import io.hookq.store.PeerEnd;
import io.hookq.store.PeerException;
import io.hookq.store.SourceReadException;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.wire.Window;
import io.hookq.wire.WireFormatException;
import io.hookq.wire.WireReader;
import io.hookq.wire.WireWriter;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * The client's end of the serve protocol: a conversation with {@code nix-store --serve --write}.
 *
 * <p>The caller's thread writes requests, ahead of their answers; a thread of the connection reads
 * answers, so that neither peer ever waits for the other to read. Small requests are gathered and
 * go out together: when 64 KiB are full, when the window of unanswered requests is, and whenever an
 * answer is waited for.
 *
 * <p>One thread at a time may use it; {@link #close} may be called by any other and ends what that
 * thread is blocked in, provided that closing the two streams does. The connection owns both. After
 * an exception from any method it is good for nothing but {@link #close}, and every further call
 * throws the same. Where the peer ended it, that is a {@link PeerException} with the first
 * unanswered path as its suspect and the peer's own words; it has a cause if the carrier broke, and
 * none if the peer just ended.
 */
public final class ServeConnection implements DestinationStore {
  /** A broken pipe is soon followed by the end of the peer's output, which explains it. */
  private static final Duration VERDICT_WAIT = Duration.ofSeconds(5);

  private static final Duration CLOSE_WAIT = Duration.ofSeconds(2);

  private final InputStream in;
  private final OutputStream out;
  private final StoreDir dir;
  private final PeerEnd.Source end;
  private final WireReader reader;
  private final WireWriter writer;
  private final Window<Exchange> window = new Window<>();
  private final CountDownLatch greeted = new CountDownLatch(1);
  private volatile @Nullable ServeVersion version;

  private ServeConnection(InputStream in, OutputStream out, StoreDir dir, PeerEnd.Source end) {
    this.in = in;
    this.out = out;
    this.dir = dir;
    this.end = end;
    reader = new WireReader(in);
    writer = new WireWriter(out);
  }

  /**
   * Greets the peer and waits for its greeting.
   *
   * @param end asked why the connection ended, once it has
   * @throws HandshakeException if the peer does not speak the protocol, or only a version below 2.5
   * @throws IOException if the connection breaks; the streams are closed after any exception
   */
  public static ServeConnection open(
      InputStream in, OutputStream out, StoreDir dir, PeerEnd.Source end) throws IOException {
    var connection = greet(in, out, dir, end);
    try {
      connection.request(connection::awaitGreeting);
      return connection;
    } catch (IOException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /**
   * The same without waiting: the greeting goes out with the first request, which saves a round
   * trip. What {@link #open} would have thrown comes out of that request.
   */
  public static ServeConnection greet(
      InputStream in, OutputStream out, StoreDir dir, PeerEnd.Source end) throws IOException {
    var connection = new ServeConnection(in, out, dir, end);
    Greeting.write(connection.writer);
    Thread.ofVirtual().name("serve-answers").start(connection::readAnswers);
    return connection;
  }

  /** The first bytes of every conversation, which say nothing yet of what is wanted. */
  public static byte[] greeting() {
    return ByteBuffer.allocate(2 * Long.BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(Greeting.CLIENT_MAGIC)
        .putLong(ServeVersion.OURS.wire())
        .array();
  }

  /** {@code serve 2.7}, or just {@code serve} until the peer has said its version. */
  @Override
  public String protocol() {
    var known = version;
    return known == null ? "serve" : "serve " + known;
  }

  @Override
  public Set<StorePath> queryValid(Collection<StorePath> paths, boolean substitute)
      throws IOException {
    // Locked: a path that is valid now must stay so until what refers to it is added.
    return ask(
        new QueryValidPaths(true, substitute, paths),
        Optional.empty(),
        answer -> Set.copyOf(answer.readStorePaths(dir)));
  }

  /**
   * What the far store knows of {@code paths}; those that are not valid there are left out. Waits
   * for outstanding answers first. Neither registration time nor {@code ultimate} are told.
   *
   * @throws IOException if the peer fails or the connection breaks
   */
  public Map<StorePath, PathInfo> queryPathInfos(Collection<StorePath> paths) throws IOException {
    return ask(
        new QueryPathInfos(paths), Optional.empty(), answer -> PathInfoEntry.readAll(answer, dir));
  }

  /**
   * Copies the NAR of a path that is valid there to {@code target}, unchecked but for its grammar.
   *
   * @throws IOException if the peer fails, as it does for a path that is not valid, or {@code
   *     target} cannot be written
   */
  public void dump(StorePath path, OutputStream target) throws IOException {
    ask(
        new DumpStorePath(path),
        Optional.of(path),
        answer -> {
          NarReader.copy(answer, target);
          return path;
        });
  }

  @Override
  public void add(PathInfo info, NarSource nar, AddListener listener) throws IOException {
    request(() -> {
      send(new AddToStoreNar(info), new Exchange.Add(info, listener));
      NarGate.pass(info, nar, writer.bytes());
    });
  }

  @Override
  public void flush() throws IOException {
    request(writer::flush);
  }

  @Override
  public void drain() throws IOException {
    request(() -> {
      writer.flush();
      window.awaitEmpty();
    });
  }

  private <T> T ask(
      ServeRequest request, Optional<StorePath> suspect, Exchange.Query.Decoder<T> decoder)
      throws IOException {
    var query = new Exchange.Query<>(request.command(), suspect, decoder);
    request(() -> {
      send(request, query);
      writer.flush();
      window.awaitEmpty();
    });
    return query.answer();
  }

  /** The exchange enters the window before its first byte can leave, so an answer finds it. */
  private void send(ServeRequest request, Exchange exchange) throws IOException {
    if (!window.hasRoomFor(exchange)) {
      writer.flush();
    }
    window.add(exchange);
    request.write(writer, dir);
  }

  private void awaitGreeting() throws IOException {
    writer.flush();
    try {
      greeted.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      var interrupted = new InterruptedIOException("interrupted while waiting for the greeting");
      interrupted.initCause(e);
      throw interrupted;
    }
    if (version == null) {
      throw window.awaitFailure(VERDICT_WAIT).orElseThrow();
    }
  }

  /** Whatever interrupts a request leaves the connection inside of it, which is its end. */
  private void request(Request request) throws IOException {
    window.beginWriting();
    try {
      request.run();
    } catch (NarMismatchException | SourceReadException | InterruptedIOException e) {
      window.fail(e);
      throw e;
    } catch (IOException e) {
      throw verdict(e);
    } catch (RuntimeException | Error e) {
      window.fail(new IOException("a request was broken off: " + e, e));
      throw e;
    } finally {
      window.endWriting();
    }
  }

  /**
   * The exception for a request that broke off with {@code e}. The peer's words on its way out are
   * better than our broken pipe, so the reader gets a while to find them.
   */
  private IOException verdict(IOException e) {
    var known = window.awaitFailure(VERDICT_WAIT);
    return known.isPresent()
        ? known.get()
        : window.fail(broken("writing to the peer failed: " + e.getMessage(), e));
  }

  private void readAnswers() {
    try {
      version = Greeting.await(reader, out, end);
      greeted.countDown();
      while (!reader.atEnd()) {
        var exchange = window.first();
        if (exchange.isEmpty()) {
          throw new WireFormatException(reader.offset(), "nothing", "an answer to no request");
        }
        exchange.get().readAnswer(reader);
        window.removeFirst();
      }
      window.fail(ended(null));
    } catch (HandshakeException e) {
      window.fail(e);
    } catch (EOFException e) {
      window.fail(ended(null));
    } catch (WireFormatException e) {
      window.fail(broken("the peer talks nonsense: " + e.getMessage(), e));
    } catch (IOException e) {
      window.fail(broken("reading from the peer failed: " + e.getMessage(), e));
    } catch (RuntimeException | Error e) {
      window.fail(new IOException("an answer could not be handed on: " + e, e));
    } finally {
      greeted.countDown();
      window.readerEnded();
      closeStreams();
    }
  }

  private PeerException ended(@Nullable IOException cause) {
    var question = window.first();
    return broken(
        question
            .map(asked -> "the peer ended the connection instead of answering " + asked.question())
            .orElse("the peer ended the connection"),
        cause);
  }

  private PeerException broken(String what, @Nullable IOException cause) {
    var suspect = window.first().flatMap(Exchange::suspect);
    var message = "%s (after %d answers)".formatted(what, window.answered());
    return new PeerException(message, suspect, end.peerEnd(), cause);
  }

  /**
   * Ends the conversation. If nothing is unanswered, the peer is told by an end of file and gets
   * two seconds to leave; else the streams are closed under whoever uses them.
   */
  @Override
  public void close() {
    var orderly = window.endByChoice(new IOException("the connection is closed"));
    if (orderly) {
      closeQuietly(out);
      window.awaitReaderEnd(CLOSE_WAIT);
    }
    closeStreams();
  }

  /** The input first: where both are one process or channel, that frees a writer that is stuck. */
  private void closeStreams() {
    closeQuietly(in);
    closeQuietly(out);
  }

  private static void closeQuietly(Closeable stream) {
    try {
      stream.close();
    } catch (IOException e) {
      // A connection that is being given up has nothing left to lose.
    }
  }

  private interface Request {
    void run() throws IOException;
  }
}
