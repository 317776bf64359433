package io.hookq.daemon.queue;

import io.hookq.store.StorePath;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Jobs as rows and back. Stateless. */
final class JobRows {
  static final String COLUMNS =
      """
      id, path, destination, state, cancelled, attempts, crashes, not_before, reason, derivation,
      source, enqueued_at, updated_at, revision
      """;

  private static final String INSERT =
      """
      INSERT INTO job (path, destination, state, not_before, derivation, source, enqueued_at,
        updated_at) VALUES (?, ?, 'queued', ?, ?, ?, ?, ?) RETURNING id
      """;
  private static final String UPDATE =
      """
      UPDATE job SET state = ?, cancelled = ?, attempts = ?, crashes = ?, not_before = ?,
        reason = ?, derivation = ?, source = ?, enqueued_at = ?, updated_at = ?, revision = ?
        WHERE id = ? AND revision = ?
      """;
  private static final String DELETE = "DELETE FROM job WHERE id = ? AND revision = ?";
  private static final String CHANGE =
      "INSERT INTO change (job, at, event, state, attempts, reason) VALUES (?, ?, ?, ?, ?, ?)";

  /** Of each job; a link that comes and goes for a week would fill the disk otherwise. */
  static final int CHANGES_KEPT = 40;

  /**
   * How it began stays, the first ten, and how it stands now; then the oldest goes of what merely
   * repeats while a destination comes and goes, and only where there is no such the oldest at all.
   */
  private static final String FORGET_CHANGE =
      """
      DELETE FROM change WHERE id = (
        SELECT id FROM (
            SELECT id, event FROM change WHERE job = ? ORDER BY id LIMIT -1 OFFSET 10)
          WHERE id < (SELECT max(id) FROM change WHERE job = ?)
          ORDER BY event NOT IN
            ('started', 'destination-failed', 'source-failed', 'stopped', 'found-uploading'), id
          LIMIT 1)
      """;

  private JobRows() {}

  /** A new job, queued. */
  static void insert(
      Statements sql,
      StorePath path,
      String destination,
      Optional<StorePath> derivation,
      String source,
      JobEvent event,
      Instant now)
      throws SQLException {
    var at = now.toEpochMilli();
    try (var rows =
        sql.prepare(INSERT, path.baseName(), destination, at, orNull(derivation), source, at, at)
            .executeQuery()) {
      rows.next();
      sql.update(CHANGE, rows.getLong(1), at, event.label(), "queued", 0, null);
    }
  }

  /**
   * Writes what {@code transition} says of {@code job} where it still stands at its revision.
   *
   * @return whether it did
   */
  static boolean write(Statements sql, Job job, JobEvent event, Transition transition)
      throws SQLException {
    return switch (transition) {
      case Transition.Unchanged _ -> false;
      case Transition.Deleted _ -> one(sql.update(DELETE, job.id().value(), job.revision()));
      case Transition.Moved(var to) -> {
        if (!one(update(sql, job, to))) {
          yield false;
        }
        sql.update(
            CHANGE,
            to.id().value(),
            to.updatedAt().toEpochMilli(),
            event.label(),
            to.state().label(),
            to.attempts(),
            to.reason().orElse(null));
        if (to.revision() >= CHANGES_KEPT) {
          sql.update(FORGET_CHANGE, to.id().value(), to.id().value());
        }
        yield true;
      }
    };
  }

  private static int update(Statements sql, Job from, Job to) throws SQLException {
    var cancelled = to.state() instanceof JobState.Uploading uploading && uploading.cancelled();
    return sql.update(
        UPDATE,
        to.state().label(),
        cancelled ? 1 : 0,
        to.attempts(),
        to.crashes(),
        to.notBefore().map(Instant::toEpochMilli).orElse(null),
        to.reason().orElse(null),
        orNull(to.derivation()),
        to.source(),
        to.enqueuedAt().toEpochMilli(),
        to.updatedAt().toEpochMilli(),
        to.revision(),
        from.id().value(),
        from.revision());
  }

  private static boolean one(int rows) {
    if (rows > 1) {
      throw new IllegalStateException(rows + " rows have one id");
    }
    return rows == 1;
  }

  private static @Nullable String orNull(Optional<StorePath> path) {
    return path.map(StorePath::baseName).orElse(null);
  }

  /** All rows of a query that selects {@link #COLUMNS}. */
  static List<Job> jobs(ResultSet rows) throws SQLException {
    try (rows) {
      var jobs = new ArrayList<Job>();
      while (rows.next()) {
        jobs.add(job(rows));
      }
      return jobs;
    }
  }

  private static Job job(ResultSet row) throws SQLException {
    return new Job(
        new JobId(row.getLong("id")),
        new StorePath(row.getString("path")),
        row.getString("destination"),
        state(row),
        row.getInt("attempts"),
        row.getInt("crashes"),
        Optional.ofNullable(row.getString("derivation")).map(StorePath::new),
        row.getString("source"),
        instant(row, "enqueued_at"),
        instant(row, "updated_at"),
        row.getLong("revision"));
  }

  private static JobState state(ResultSet row) throws SQLException {
    var label = row.getString("state");
    var reason = Optional.ofNullable(row.getString("reason"));
    return switch (label) {
      case "queued" -> new JobState.Queued(instant(row, "not_before"), reason);
      case "uploading" -> new JobState.Uploading(row.getInt("cancelled") != 0);
      case "done" -> new JobState.Done();
      case "failed" -> new JobState.Failed(reason.orElse(""));
      case "gone" -> new JobState.Gone();
      case "skipped" -> new JobState.Skipped(reason.orElse(""));
      default -> throw new SQLException("no such state: '" + label + "'");
    };
  }

  static Instant instant(ResultSet row, String column) throws SQLException {
    return Instant.ofEpochMilli(row.getLong(column));
  }

  /** A JSON array for {@code json_each}; no text here has a character that needs escaping. */
  static String array(Collection<?> texts) {
    return texts.stream()
        .map(text -> "\"" + text + "\"")
        .collect(Collectors.joining(",", "[", "]"));
  }
}
