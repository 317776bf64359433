package io.hookq.daemon.queue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * When which destination was out of reach or paused, kept beside the jobs that waited for it.
 *
 * <pre>
 * over ── began ──▶ open ── began again: another reason ──▶ open ── ended ──▶ over
 * </pre>
 *
 * A pause lasts over restarts because its outage is open. So does trouble, whose end is seen only
 * when something arrives: time in which no daemon ran counts to it.
 *
 * <p>Thread-safe, durable and failing as its {@link JobQueue}.
 */
public final class Outages {
  private final JobQueue queue;

  Outages(JobQueue queue) {
    this.queue = queue;
  }

  /** Begins now, unless it is open already; the latest reason stays. */
  public void began(String destination, Outage.Kind kind, Optional<String> reason)
      throws QueueException {
    var now = queue.now().toEpochMilli();
    queue.write(sql ->
        sql.update(
            """
            INSERT INTO outage (destination, kind, began_at, reason) VALUES (?, ?, ?, ?)
              ON CONFLICT (destination, kind) WHERE ended_at IS NULL
              DO UPDATE SET reason = excluded.reason
            """,
            destination,
            kind.label(),
            now,
            reason.orElse(null)));
  }

  /** Ends now; nothing happens where none is open. */
  public void ended(String destination, Outage.Kind kind) throws QueueException {
    var now = queue.now().toEpochMilli();
    queue.write(sql ->
        sql.update(
            """
            UPDATE outage SET ended_at = max(began_at, ?)
              WHERE destination = ? AND kind = ? AND ended_at IS NULL
            """,
            now,
            destination,
            kind.label()));
  }

  /** Whether one is open. */
  public boolean isOpen(String destination, Outage.Kind kind) throws QueueException {
    return queue.read(sql -> {
      try (var rows =
          sql.prepare(
                  """
                  SELECT 1 FROM outage WHERE destination = ? AND kind = ? AND ended_at IS NULL
                  """,
                  destination,
                  kind.label())
              .executeQuery()) {
        return rows.next();
      }
    });
  }

  /** Those of {@code destination} that were not over at {@code since}, oldest first. */
  public List<Outage> since(String destination, Instant since) throws QueueException {
    return queue.read(sql -> {
      var outages = new ArrayList<Outage>();
      try (var rows =
          sql.prepare(
                  """
                  SELECT kind, began_at, ended_at, reason FROM outage
                    WHERE destination = ? AND (ended_at IS NULL OR ended_at >= ?)
                    ORDER BY began_at, id
                  """,
                  destination,
                  since.toEpochMilli())
              .executeQuery()) {
        while (rows.next()) {
          var end = rows.getLong("ended_at");
          outages.add(
              new Outage(
                  destination,
                  Outage.Kind.of(rows.getString("kind")),
                  JobRows.instant(rows, "began_at"),
                  end == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(end)),
                  Optional.ofNullable(rows.getString("reason"))));
        }
      }
      return outages;
    });
  }

  /** Forgets those that were over longer ago than {@code kept}. */
  void compact(Instant now, Duration kept) throws QueueException {
    queue.write(
        sql -> sql.update("DELETE FROM outage WHERE ended_at < ?", now.minus(kept).toEpochMilli()));
  }
}
