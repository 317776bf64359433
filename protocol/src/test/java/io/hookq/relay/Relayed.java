package io.hookq.relay;

import com.sun.management.ThreadMXBean;
import io.hookq.peers.MemoryPipe;
import io.hookq.serve.ServeRelay;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import io.hookq.worker.WorkerRelay;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A recorded conversation, sent through a relay: what came out on either side, what the relay asked
 * about, what memory it asked for all in all, and how it ended. Whoever gets stuck, or throws what
 * has no name in the protocol, fails the test.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Relayed(
    byte[] toServer,
    byte[] toClient,
    List<StorePath> relied,
    List<StorePath> added,
    long narBytes,
    long allocated,
    Optional<IOException> failure) {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  static byte[] vector(String file) {
    try (InputStream in =
        Objects.requireNonNull(Relayed.class.getResourceAsStream("/vectors/" + file), file)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A recorded server, which ends when it has said all. */
  static Relayed through(Protocol protocol, byte[] client, byte[] server)
      throws InterruptedException {
    var asked = new CountDownLatch(1);
    var greeting = protocol.greetingLength(server);
    var answers =
        new SequenceInputStream(
            new ByteArrayInputStream(server, 0, greeting),
            new Later(asked, Arrays.copyOfRange(server, greeting, server.length)));
    return through(protocol, client, answers, asked::countDown);
  }

  /** Answers come after what they answer, which a recording does not do by itself. */
  private static final class Later extends FilterInputStream {
    private final CountDownLatch asked;

    Later(CountDownLatch asked, byte[] answers) {
      super(new ByteArrayInputStream(answers));
      this.asked = asked;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      try {
        asked.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return super.read(bytes, offset, length);
    }

    @Override
    public int read() {
      throw new AssertionError("read byte by byte");
    }
  }

  /** A server that says all it has to say without being asked, and ends. */
  static Relayed throughHastyServer(Protocol protocol, byte[] client, byte[] server)
      throws InterruptedException {
    return through(protocol, client, new ByteArrayInputStream(server), () -> {});
  }

  /** A server that falls silent and stays until the client is done. */
  static Relayed throughToPatientServer(Protocol protocol, byte[] client, byte[] server)
      throws InterruptedException, IOException {
    var pipe = new MemoryPipe(server.length + 1);
    try (var said = pipe.output()) {
      said.write(server);
      return through(protocol, client, pipe.input(), said);
    }
  }

  private static Relayed through(
      Protocol protocol, byte[] client, InputStream server, Closeable serverEnd)
      throws InterruptedException {
    var book = new Book();
    var relay = protocol.relay(book);
    var toServer = new ByteArrayOutputStream();
    var toClient = new ByteArrayOutputStream();
    var answering = Half.start(() -> relay.passAnswers(server, toClient));
    var asking = Half.start(() -> relay.passRequests(new ByteArrayInputStream(client), toServer));
    var failure = asking.end();
    try {
      if (server instanceof SequenceInputStream) {
        // A recorded server answers now; one that falls silent ends last.
        serverEnd.close();
      }
      if (failure.isPresent() && failure.get() instanceof RefusedException) {
        relay.refuse(String.valueOf(failure.get().getMessage()), toClient);
      }
      serverEnd.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    // A recording that was changed; what the client saw of it is what counts.
    var _ = answering.end();
    return new Relayed(
        toServer.toByteArray(),
        toClient.toByteArray(),
        book.relied,
        book.added,
        book.narBytes,
        asking.allocated() + answering.allocated(),
        failure);
  }

  /** One direction of a relay, on a thread of its own. */
  private static final class Half {
    private final CompletableFuture<Optional<IOException>> end = new CompletableFuture<>();
    private volatile long allocated;

    private interface Passing {
      void pass() throws IOException;
    }

    static Half start(Passing passing) {
      var half = new Half();
      // Not virtual: of those nobody knows what they allocate.
      Thread.ofPlatform().daemon().start(() -> half.run(passing));
      return half;
    }

    private void run(Passing passing) {
      var before = THREADS.getCurrentThreadAllocatedBytes();
      Optional<IOException> failure = Optional.empty();
      try {
        passing.pass();
      } catch (IOException e) {
        failure = Optional.of(e);
      } catch (RuntimeException | Error e) {
        end.completeExceptionally(e);
      }
      allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
      end.complete(failure);
    }

    Optional<IOException> end() throws InterruptedException {
      try {
        return end.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      } catch (ExecutionException | TimeoutException e) {
        throw new AssertionError("stuck, or ended by what is no IOException", e);
      }
    }

    long allocated() {
      return allocated;
    }
  }

  /** Both that are spoken. */
  enum Protocol {
    SERVE,
    WORKER;

    /** How much of what a server says it says before it is asked anything. */
    int greetingLength(byte[] server) {
      var last = new String(server, StandardCharsets.ISO_8859_1).indexOf("stla");
      return this == SERVE || last < 0 ? server.length : last + Long.BYTES;
    }

    Relay relay(Admission admission) {
      return switch (this) {
        case SERVE -> new ServeRelay(StoreDir.DEFAULT, admission);
        case WORKER -> new WorkerRelay(StoreDir.DEFAULT, admission);
      };
    }
  }

  static final class Book implements Admission {
    private final List<StorePath> relied = new ArrayList<>();
    private final List<StorePath> added = new ArrayList<>();
    private long narBytes;

    @Override
    public void rely(StorePath path) {
      relied.add(path);
    }

    @Override
    public void add(StorePath path) {
      added.add(path);
    }

    @Override
    public void narBytes(long count) {
      narBytes += count;
    }
  }
}
