package io.hookq.daemon.queue;

import io.hookq.store.InvalidStorePathException;
import io.hookq.store.StorePath;
import java.io.Closeable;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The jobs of all destinations in one SQLite file, which survives whatever happens to the daemon.
 *
 * <p>Thread-safe. A method that writes returns after its commit has reached the disk; writers that
 * come together share one commit. After a {@link QueueException} nothing of that call has happened
 * and the queue may be used on; with a {@link QueueFullException} it works again once there is
 * space. The daemon that owns the {@link StateLock} opens and closes it.
 */
public final class JobQueue implements Closeable {
  /** Who asks for a path right after it was built. */
  public static final String HOOK = "hook";

  /** Jobs read, written or deleted at a time, so that nobody waits long for the writer. */
  private static final int PAGE = 500;

  private static final String LAST_HOOK = "last-hook";
  private static final String ROOTS_READ = "roots-read";

  private final Database database;
  private final InstantSource clock;
  private final Writer writer;
  private final ReentrantLock reading = new ReentrantLock();
  private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final Outages outages = new Outages(this);
  private final AtomicReference<@Nullable Consumer<QueueCorruptException>> onDamage =
      new AtomicReference<>();
  private Statements reader;

  private JobQueue(Database database, Statements reader, InstantSource clock) {
    this.database = database;
    this.clock = clock;
    this.reader = reader;
    this.writer = new Writer(database, this::tell);
  }

  /**
   * Opens the queue in {@code file}, made if it is not there; an empty file is an empty queue.
   *
   * @throws QueueCorruptException if the file is damaged; it is left as it is
   * @throws QueueException if it was written by a newer hookq, or cannot be opened
   */
  public static JobQueue open(Path file, InstantSource clock) throws QueueException {
    var database = new Database(file);
    try {
      var connection = database.open();
      try {
        check(new Statements(connection), file);
        Migrations.run(connection);
      } catch (SQLException | QueueException e) {
        connection.close();
        throw e;
      }
      var queue = new JobQueue(database, new Statements(connection), clock);
      queue.writer.start();
      return queue;
    } catch (SQLException e) {
      throw database.explain(e);
    }
  }

  private static void check(Statements sql, Path file) throws SQLException, QueueException {
    // Not quick_check, which does not compare indexes with their tables: a job that only one of
    // them
    // knows of would be lost. It takes twice as long, 0.2 s for 100,000 jobs.
    try (var rows = sql.prepare("PRAGMA integrity_check(1)").executeQuery()) {
      rows.next();
      var verdict = rows.getString(1);
      if (!verdict.equals("ok")) {
        throw new QueueCorruptException(file, verdict.strip());
      }
    }
  }

  /**
   * Asks for {@code paths} at each of {@code destinations}, durably: a path new there, or done,
   * failed, gone or skipped, is queued afresh; one that waits or uploads already is left alone.
   *
   * @param source who asks; {@link #HOOK} counts as a call of the hook
   * @return how many jobs that speaks of: paths times destinations
   */
  public int enqueue(
      Collection<StorePath> paths,
      Collection<String> destinations,
      Optional<StorePath> derivation,
      String source)
      throws QueueException {
    return enqueue(
        List.of(
            new Wanted(new LinkedHashSet<>(paths), List.copyOf(destinations), derivation, source)));
  }

  /** The same for several who ask, in one commit: all of it or, after an exception, nothing. */
  public int enqueue(List<Wanted> all) throws QueueException {
    var now = now();
    return write(sql -> {
      for (var wanted : all) {
        for (var path : wanted.paths()) {
          for (var destination : wanted.destinations()) {
            enqueue(sql, path, destination, wanted.derivation(), wanted.source(), now);
          }
        }
        if (wanted.source().equals(HOOK)) {
          mark(sql, LAST_HOOK, now);
        }
      }
      return all.stream().mapToInt(Wanted::jobs).sum();
    });
  }

  private static void enqueue(
      Statements sql,
      StorePath path,
      String destination,
      Optional<StorePath> derivation,
      String source,
      Instant now)
      throws SQLException {
    var event = new JobEvent.Enqueued();
    var known =
        JobRows.jobs(
            sql.prepare(
                    "SELECT " + JobRows.COLUMNS + " FROM job WHERE path = ? AND destination = ?",
                    path.baseName(),
                    destination)
                .executeQuery());
    if (known.isEmpty()) {
      JobRows.insert(sql, path, destination, derivation, source, event, now);
    } else {
      var job = known.getFirst();
      JobRows.write(sql, job, event, Transition.of(job, event, now));
    }
  }

  /** The jobs that {@code filter} means, by id. Prefer {@link #each} where they may be many. */
  public List<Job> list(JobFilter filter) throws QueueException {
    var jobs = new ArrayList<Job>();
    each(filter, jobs::add);
    return jobs;
  }

  /** Hands the jobs that {@code filter} means to {@code consumer} by id, holding few at a time. */
  public void each(JobFilter filter, Consumer<Job> consumer) throws QueueException {
    var arguments = new ArrayList<Object>();
    var where = where(filter, arguments);
    var after = 0L;
    var left = filter.limit();
    while (left > 0) {
      var size = Math.min(PAGE, left);
      var page = page(where, arguments, after, size);
      page.forEach(consumer);
      if (page.size() < size) {
        return;
      }
      left -= size;
      after = page.getLast().id().value();
    }
  }

  private List<Job> page(String where, List<Object> arguments, long after, int size)
      throws QueueException {
    var all = new ArrayList<>(arguments);
    all.add(after);
    all.add(size);
    return read(sql ->
        JobRows.jobs(
            sql.prepare(
                    "SELECT "
                        + JobRows.COLUMNS
                        + " FROM job WHERE "
                        + where
                        + " id > ? ORDER BY id LIMIT ?",
                    all.toArray())
                .executeQuery()));
  }

  private static String where(JobFilter filter, List<Object> arguments) {
    var where = new StringBuilder();
    if (!filter.states().isEmpty()) {
      where.append("state IN (SELECT value FROM json_each(?)) AND ");
      arguments.add(JobRows.array(filter.states()));
    }
    filter
        .destination()
        .ifPresent(name -> {
          where.append("destination = ? AND ");
          arguments.add(name);
        });
    if (!filter.paths().isEmpty()) {
      where.append("path IN (SELECT value FROM json_each(?)) AND ");
      arguments.add(JobRows.array(filter.paths()));
    }
    filter
        .enqueuedSince()
        .ifPresent(time -> {
          where.append("enqueued_at >= ? AND ");
          arguments.add(time.toEpochMilli());
        });
    return where.toString();
  }

  /** How many jobs stand where, by destination; those no longer configured included. */
  public Map<String, JobCounts> counts() throws QueueException {
    var byState =
        read(sql -> {
          var tallies = new TreeMap<String, Map<String, Long>>();
          try (var rows =
              sql.prepare("SELECT destination, state, jobs FROM tally WHERE jobs > 0")
                  .executeQuery()) {
            while (rows.next()) {
              tallies
                  .computeIfAbsent(rows.getString(1), _ -> new TreeMap<>())
                  .put(rows.getString(2), rows.getLong(3));
            }
          }
          return tallies;
        });
    var counts = new TreeMap<String, JobCounts>();
    byState.forEach((destination, tally) -> counts.put(destination, counts(tally)));
    return counts;
  }

  private static JobCounts counts(Map<String, Long> tally) {
    return new JobCounts(
        tally.getOrDefault("queued", 0L),
        tally.getOrDefault("uploading", 0L),
        tally.getOrDefault("done", 0L),
        tally.getOrDefault("failed", 0L),
        tally.getOrDefault("gone", 0L),
        tally.getOrDefault("skipped", 0L));
  }

  /** How many jobs of one destination stand where. */
  public JobCounts counts(String destination) throws QueueException {
    return counts().getOrDefault(destination, JobCounts.NONE);
  }

  /** When the longest waiting of all queued and uploading jobs was asked for. */
  public Optional<Instant> oldestQueuedAt() throws QueueException {
    return instant(
        """
        SELECT enqueued_at FROM job WHERE state IN ('queued', 'uploading')
          ORDER BY enqueued_at LIMIT 1
        """);
  }

  /**
   * Queued jobs of {@code destination} whose time has come, the longest due first.
   *
   * @param horizon no wait is longer: a time further ahead was written before the clock was set
   *     back, and counts as come
   */
  public List<Job> due(String destination, Instant now, Duration horizon, int limit)
      throws QueueException {
    // Two questions, for either of which the index is cut where it is asked for: one with OR walks
    // past everything that waits, each time.
    return read(sql -> {
      var due = queued(sql, destination, "not_before <= ?", now, limit);
      if (due.size() < limit) {
        var ahead = now.plus(horizon);
        due.addAll(queued(sql, destination, "not_before > ?", ahead, limit - due.size()));
      }
      return due;
    });
  }

  private static List<Job> queued(
      Statements sql, String destination, String when, Instant time, int limit)
      throws SQLException {
    return JobRows.jobs(
        sql.prepare(
                "SELECT "
                    + JobRows.COLUMNS
                    + " FROM job WHERE destination = ? AND state = 'queued' AND "
                    + when
                    + " ORDER BY not_before, id LIMIT ?",
                destination,
                time.toEpochMilli(),
                limit)
            .executeQuery());
  }

  /** When the next queued job of {@code destination} is due, be it in the past. */
  public Optional<Instant> nextDue(String destination) throws QueueException {
    return instant(
        """
        SELECT not_before FROM job WHERE destination = ? AND state = 'queued'
          ORDER BY not_before LIMIT 1
        """,
        destination);
  }

  /**
   * Writes what {@code event} makes of {@code job}, if the job still stands as it is given.
   *
   * @return whether anything was written: false for a lost race and for an event that changes
   *     nothing
   */
  public boolean apply(Job job, JobEvent event) throws QueueException {
    var transition = Transition.of(job, event, now());
    return write(sql -> JobRows.write(sql, job, event, transition));
  }

  /**
   * Writes what {@code event} makes of each of {@code jobs} that still stands as it is given, many
   * in one commit.
   *
   * @return those that moved and are still there, as they stand now
   */
  public List<Job> apply(Collection<Job> jobs, JobEvent event) throws QueueException {
    var now = now();
    var moved = new ArrayList<Job>(jobs.size());
    var all = List.copyOf(jobs);
    for (var i = 0; i < all.size(); i += PAGE) {
      var page = all.subList(i, Math.min(i + PAGE, all.size()));
      moved.addAll(write(sql -> write(sql, page, event, now)));
    }
    return moved;
  }

  private static List<Job> write(Statements sql, List<Job> jobs, JobEvent event, Instant now)
      throws SQLException {
    var moved = new ArrayList<Job>(jobs.size());
    for (var job : jobs) {
      var transition = Transition.of(job, event, now);
      if (JobRows.write(sql, job, event, transition)
          && transition instanceof Transition.Moved(var to)) {
        moved.add(to);
      }
    }
    return moved;
  }

  /**
   * Puts back what a daemon that died left uploading; for the start, before any lane.
   *
   * @return how many jobs that were
   */
  public int recover(RetryPolicy policy) throws QueueException {
    var found = list(JobFilter.ALL.inStates(JobState.Uploading.WANTED.label()));
    apply(found, new JobEvent.FoundUploading(policy.attempts()));
    return found.size();
  }

  /** Every path that must be kept for a job's sake: queued, uploading, or failed. */
  public Set<StorePath> unfinishedPaths() throws QueueException {
    return read(sql -> {
      var paths = new HashSet<StorePath>();
      try (var rows =
          sql.prepare(
                  """
                  SELECT DISTINCT path FROM job
                    WHERE state IN ('queued', 'uploading', 'failed')
                  """)
              .executeQuery()) {
        while (rows.next()) {
          paths.add(new StorePath(rows.getString(1)));
        }
      }
      return paths;
    });
  }

  /** Whether {@code path} must be kept for a job's sake: queued, uploading, or failed. */
  public boolean isUnfinished(StorePath path) throws QueueException {
    return read(sql -> isUnfinished(sql, path));
  }

  private static boolean isUnfinished(Statements sql, StorePath path) throws SQLException {
    try (var rows =
        sql.prepare(
                """
                SELECT 1 FROM job
                  WHERE path = ? AND state IN ('queued', 'uploading', 'failed') LIMIT 1
                """,
                path.baseName())
            .executeQuery()) {
      return rows.next();
    }
  }

  /**
   * What happened to {@code path} at all destinations, oldest first. Of a job with very many
   * changes the first few and the last are kept, with what counts in between; {@link Job#revision}
   * and one is how many there were.
   */
  public List<JobChange> history(StorePath path) throws QueueException {
    return read(sql -> {
      var changes = new ArrayList<JobChange>();
      try (var rows =
          sql.prepare(
                  """
                  SELECT job.id AS job, job.destination, change.at, change.event, change.state,
                    change.attempts, change.reason
                    FROM change JOIN job ON job.id = change.job
                    WHERE job.path = ? ORDER BY change.id
                  """,
                  path.baseName())
              .executeQuery()) {
        while (rows.next()) {
          changes.add(
              new JobChange(
                  new JobId(rows.getLong("job")),
                  path,
                  rows.getString("destination"),
                  JobRows.instant(rows, "at"),
                  rows.getString("event"),
                  rows.getString("state"),
                  rows.getInt("attempts"),
                  Optional.ofNullable(rows.getString("reason"))));
        }
      }
      return changes;
    });
  }

  /** The paths of all jobs whose base name begins with {@code prefix}, at most {@code limit}. */
  public List<StorePath> pathsStartingWith(String prefix, int limit) throws QueueException {
    return read(sql -> {
      var paths = new ArrayList<StorePath>();
      try (var rows =
          sql.prepare(
                  """
                  SELECT DISTINCT path FROM job WHERE path >= ? AND path < ? ORDER BY path LIMIT ?
                  """,
                  prefix,
                  // Sorts behind every character that a store path may have.
                  prefix + '~',
                  limit)
              .executeQuery()) {
        while (rows.next()) {
          paths.add(new StorePath(rows.getString(1)));
        }
      }
      return paths;
    });
  }

  /** When destinations were out of reach or paused. */
  public Outages outages() {
    return outages;
  }

  /** Notes that the hook fired at {@code at}, for calls that came through the spool. */
  public void hookFired(Instant at) throws QueueException {
    write(sql -> {
      mark(sql, LAST_HOOK, at);
      return true;
    });
  }

  /**
   * Whether this queue knows what was rooted before it was made. One that was begun anew does not,
   * until {@link #rootsRead}.
   */
  public boolean hasReadRoots() throws QueueException {
    return instant("SELECT at FROM mark WHERE name = ?", ROOTS_READ).isPresent();
  }

  /** Notes that all that was rooted is queued. */
  public void rootsRead() throws QueueException {
    var now = now();
    write(sql -> {
      mark(sql, ROOTS_READ, now);
      return true;
    });
  }

  private static void mark(Statements sql, String name, Instant at) throws SQLException {
    sql.update(
        """
        INSERT INTO mark VALUES (?, ?) ON CONFLICT DO UPDATE SET at = max(at, excluded.at)
        """,
        name,
        at.toEpochMilli());
  }

  /** When the hook last fired, as far as we were told. */
  public Optional<Instant> lastHookAt() throws QueueException {
    return instant("SELECT at FROM mark WHERE name = ?", LAST_HOOK);
  }

  /**
   * Forgets what has been settled long enough: done, gone and skipped jobs after {@code keepDone},
   * failed ones after {@code keepFailed}.
   *
   * @return the paths that no job needs any more, whose roots may go
   */
  public Set<StorePath> compact(Instant now, Duration keepDone, Duration keepFailed)
      throws QueueException {
    var settledBefore = now.minus(keepDone).toEpochMilli();
    var failedBefore = now.minus(keepFailed).toEpochMilli();
    var free = new HashSet<StorePath>();
    forget("('done', 'gone', 'skipped')", settledBefore, free);
    forget("('failed')", failedBefore, free);
    outages.compact(now, keepDone.compareTo(keepFailed) > 0 ? keepDone : keepFailed);
    for (var paths = free.iterator(); paths.hasNext(); ) {
      if (isUnfinished(paths.next())) {
        paths.remove();
      }
    }
    return free;
  }

  /** Page by page: what others want to write comes in between. */
  private void forget(String states, long before, Set<StorePath> forgotten) throws QueueException {
    List<StorePath> page;
    do {
      page = write(sql -> forget(sql, states, before));
      forgotten.addAll(page);
    } while (page.size() == PAGE);
  }

  private static List<StorePath> forget(Statements sql, String states, long before)
      throws SQLException {
    var paths = new ArrayList<StorePath>();
    try (var rows =
        sql.prepare(
                // The condition on not_before, true of them all, admits the index.
                "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE state IN "
                    + states
                    + " AND updated_at < ? AND not_before IS NULL LIMIT ?) RETURNING path",
                before,
                PAGE)
            .executeQuery()) {
      while (rows.next()) {
        paths.add(new StorePath(rows.getString(1)));
      }
    }
    return paths;
  }

  /**
   * Has {@code listener} called after each commit, on the queue's own thread: it must be quick and
   * must not call the queue.
   */
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  /** Has {@code listener} called no more. */
  public void forget(Runnable listener) {
    listeners.remove(listener);
  }

  private void tell() {
    listeners.forEach(Runnable::run);
  }

  Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  private Optional<Instant> instant(String query, Object... arguments) throws QueueException {
    return read(sql -> {
      try (var rows = sql.prepare(query, arguments).executeQuery()) {
        return rows.next() ? Optional.of(Instant.ofEpochMilli(rows.getLong(1))) : Optional.empty();
      }
    });
  }

  /**
   * Has {@code listener} called, once, by whoever first finds the file damaged while it is in use.
   * Nothing in it can be relied upon from then on; {@link QueueFile#setAside} it once it is closed.
   */
  public void onDamage(Consumer<QueueCorruptException> listener) {
    onDamage.set(listener);
  }

  private QueueException told(QueueException e) {
    if (e instanceof QueueCorruptException damage) {
      var listener = onDamage.getAndSet(null);
      if (listener != null) {
        listener.accept(damage);
      }
    }
    return e;
  }

  <T> T write(Writer.Write<T> write) throws QueueException {
    try {
      return writer.submit(write);
    } catch (QueueException e) {
      throw told(e);
    }
  }

  <T> T read(Writer.Write<T> query) throws QueueException {
    reading.lock();
    try {
      return query.run(reader);
    } catch (SQLException e) {
      reopen(e);
      throw told(database.explain(e));
    } catch (InvalidStorePathException e) {
      // We wrote none, and SQLite's checks do not look at what is in a column.
      throw told(new QueueCorruptException(database.file(), e));
    } finally {
      reading.unlock();
    }
  }

  /** What was prepared before a failure may stay dead. */
  private void reopen(SQLException reason) {
    try {
      var fresh = new Statements(database.open());
      reader.close();
      reader = fresh;
    } catch (SQLException e) {
      reason.addSuppressed(e);
    }
  }

  /** Finishes what was asked for before and closes the file. */
  @Override
  public void close() throws QueueException {
    writer.close();
    reading.lock();
    try {
      reader.close();
    } catch (SQLException e) {
      throw database.explain(e);
    } finally {
      reading.unlock();
    }
  }
}
