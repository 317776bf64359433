package io.hookq.relay;

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
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/**
 * A recorded conversation, sent through a relay: what came out on either side, what the relay asked
 * about, and how it ended.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Relayed(
    byte[] toServer,
    byte[] toClient,
    List<StorePath> relied,
    List<StorePath> added,
    long narBytes,
    Optional<IOException> failure) {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

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
    var answers =
        Thread.ofVirtual()
            .start(() -> {
              try {
                relay.passAnswers(server, toClient);
              } catch (IOException e) {
                // A recording that was changed; what the client saw of it is what counts.
              }
            });
    Optional<IOException> failure = Optional.empty();
    try {
      relay.passRequests(new ByteArrayInputStream(client), toServer);
    } catch (IOException e) {
      failure = Optional.of(e);
    }
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
    if (!answers.join(PATIENCE)) {
      throw new AssertionError("the answers got stuck");
    }
    return new Relayed(
        toServer.toByteArray(),
        toClient.toByteArray(),
        book.relied,
        book.added,
        book.narBytes,
        failure);
  }

  /** Both that are spoken. */
  enum Protocol {
    SERVE,
    WORKER;

    /** How much of what a server says it says before it is asked anything. */
    private int greetingLength(byte[] server) {
      var last = new String(server, StandardCharsets.ISO_8859_1).indexOf("stla");
      return this == SERVE || last < 0 ? server.length : last + Long.BYTES;
    }

    private Relay relay(Admission admission) {
      return switch (this) {
        case SERVE -> new ServeRelay(StoreDir.DEFAULT, admission);
        case WORKER -> new WorkerRelay(StoreDir.DEFAULT, admission);
      };
    }
  }

  private static final class Book implements Admission {
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
