package io.hookq.daemon.queue;

import io.hookq.store.InvalidStorePathException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that writes: what waits for it when it comes round shares one commit.
 *
 * <p>Thread-safe. A write that fails takes no other with it: the group is rolled back and each is
 * tried by itself.
 */
final class Writer implements AutoCloseable {
  /** Bounds the time that the last of a group waits for its commit. */
  private static final int GROUP = 256;

  private final Database database;
  private final Runnable afterCommit;
  private final LinkedBlockingQueue<Entry<?>> entries = new LinkedBlockingQueue<>();
  private final ReentrantLock submission = new ReentrantLock();
  private final Thread thread;
  private boolean closed;

  /** Touched by the writing thread alone. */
  private @Nullable Statements statements;

  /** Something to do within a transaction. May be called again after a rollback. */
  interface Write<T> {
    T run(Statements sql) throws SQLException;
  }

  private static final class Entry<T> {
    private final @Nullable Write<T> write;
    private final CompletableFuture<T> result = new CompletableFuture<>();
    private @Nullable T value;

    private Entry(@Nullable Write<T> write) {
      this.write = write;
    }

    private void run(Statements sql) throws SQLException {
      if (write != null) {
        value = write.run(sql);
      }
    }

    @SuppressWarnings("NullAway") // the value of a write that ran is what the write returned
    private void succeed() {
      result.complete(value);
    }
  }

  Writer(Database database, Runnable afterCommit) {
    this.database = database;
    this.afterCommit = afterCommit;
    // A platform thread: calls into SQLite would pin a virtual one's carrier for each fsync.
    this.thread = Thread.ofPlatform().name("queue-writer").daemon().unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Runs {@code write} and returns once it is committed. */
  <T> T submit(Write<T> write) throws QueueException {
    var entry = new Entry<>(write);
    submission.lock();
    try {
      if (closed) {
        throw new QueueException("the queue is closed");
      }
      entries.add(entry);
    } finally {
      submission.unlock();
    }
    try {
      return entry.result.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof SQLException sql) {
        throw database.explain(sql);
      }
      if (e.getCause() instanceof InvalidStorePathException invalid) {
        // Read back from a row that we wrote otherwise.
        throw new QueueCorruptException(database.file(), invalid);
      }
      throw e;
    }
  }

  private void run() {
    var group = new ArrayList<Entry<?>>();
    var last = false;
    while (!last) {
      try {
        group.add(entries.take());
      } catch (InterruptedException _) {
        // Nobody has a reason to interrupt this thread; it ends by the last entry.
        continue;
      }
      entries.drainTo(group, GROUP);
      last = group.stream().anyMatch(entry -> entry.write == null);
      commit(group);
      group.clear();
    }
    discard(null);
  }

  private void commit(List<Entry<?>> group) {
    try {
      transact(group);
    } catch (SQLException | RuntimeException | Error e) {
      // Whatever it is, who waits for it must hear of it, and the next be served.
      discard(e);
      if (group.size() == 1) {
        group.getFirst().result.completeExceptionally(e);
      } else {
        group.forEach(entry -> commit(List.of(entry)));
      }
      return;
    }
    afterCommit.run();
    group.forEach(Entry::succeed);
  }

  private void transact(List<Entry<?>> group) throws SQLException {
    var sql = statements;
    if (sql == null) {
      sql = new Statements(database.open());
      statements = sql;
    }
    sql.update("BEGIN IMMEDIATE");
    for (var entry : group) {
      entry.run(sql);
    }
    sql.update("COMMIT");
  }

  /** Closing the connection rolls back what was not committed. */
  private void discard(@Nullable Throwable reason) {
    var sql = statements;
    statements = null;
    if (sql == null) {
      return;
    }
    try {
      sql.close();
    } catch (SQLException e) {
      if (reason != null) {
        reason.addSuppressed(e);
      }
    }
  }

  /** Finishes what was submitted and ends the thread. */
  @Override
  public void close() {
    submission.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      entries.add(new Entry<Object>(null));
    } finally {
      submission.unlock();
    }
    var interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
