package io.hookq.daemon.transport;

import io.hookq.store.DestinationStore;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Asks a destination what it has, over a way of its own beside the lane's, which is let go of after
 * each question.
 *
 * <p>Thread-safe; one question at a time. An exception says, in the words that status uses, why
 * there is no answer.
 */
final class Inquiry {
  /** Bounds a single question and its answer. */
  private static final int QUESTION = 10_000;

  private final DestinationConnector connector;
  private final ReentrantLock lock = new ReentrantLock();

  /** The connector must not be the lane's, for it is let go of. */
  Inquiry(DestinationConnector connector) {
    this.connector = connector;
  }

  /**
   * Which of {@code paths} are valid there.
   *
   * @throws IOException if that is not known {@code within} this time
   */
  Set<StorePath> queryValid(Collection<StorePath> paths, Duration within) throws IOException {
    var end = System.nanoTime() + within.toNanos();
    try {
      if (!lock.tryLock(within.toNanos(), TimeUnit.NANOSECONDS)) {
        throw late(within);
      }
      try {
        return ask(List.copyOf(paths), within, end);
      } finally {
        connector.release();
        lock.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (InterruptedIOException) new InterruptedIOException("interrupted").initCause(e);
    }
  }

  private Set<StorePath> ask(List<StorePath> paths, Duration within, long end)
      throws IOException, InterruptedException {
    var answer = new CompletableFuture<Set<StorePath>>();
    // Whatever blocks in there is freed by closing what it blocks on.
    var open = new CompletableFuture<DestinationStore>();
    var asking = Thread.ofVirtual().name("inquiry").start(() -> ask(paths, open, answer));
    try {
      return answer.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException cause ? explained(cause) : new IOException(e);
    } catch (TimeoutException _) {
      throw late(within);
    } finally {
      asking.interrupt();
      var _ = open.thenAccept(DestinationStore::close);
    }
  }

  private void ask(
      List<StorePath> paths,
      CompletableFuture<DestinationStore> open,
      CompletableFuture<Set<StorePath>> answer) {
    try {
      var store = connector.connect();
      open.complete(store);
      var valid = new HashSet<StorePath>();
      for (var question : questions(paths)) {
        valid.addAll(store.queryValid(question, false));
      }
      answer.complete(valid);
    } catch (IOException | RuntimeException e) {
      answer.completeExceptionally(e);
    }
  }

  private static List<List<StorePath>> questions(List<StorePath> paths) {
    var questions = new ArrayList<List<StorePath>>();
    for (var i = 0; i < paths.size(); i += QUESTION) {
      questions.add(paths.subList(i, Math.min(i + QUESTION, paths.size())));
    }
    return questions;
  }

  private static IOException explained(IOException e) {
    return new IOException(FailureClassifier.of(e, Optional.empty()).explained(), e);
  }

  private static IOException late(Duration within) {
    return new IOException("no answer within " + within.toSeconds() + " s");
  }
}
