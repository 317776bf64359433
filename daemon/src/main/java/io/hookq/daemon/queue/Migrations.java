package io.hookq.daemon.queue;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * The queue's tables, as steps from one version to the next; the file's {@code user_version} says
 * how many are taken. A step that was released is never changed.
 *
 * <p>Times are milliseconds since 1970; {@code path} is the base name of a store path.
 */
final class Migrations {
  private static final List<List<String>> STEPS =
      List.of(
          List.of(
              // AUTOINCREMENT: an id that someone has noted down never means another job.
              """
              CREATE TABLE job (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                path TEXT NOT NULL,
                destination TEXT NOT NULL,
                state TEXT NOT NULL
                  CHECK (state IN ('queued', 'uploading', 'done', 'failed', 'gone', 'skipped')),
                cancelled INTEGER NOT NULL DEFAULT 0,
                attempts INTEGER NOT NULL DEFAULT 0,
                crashes INTEGER NOT NULL DEFAULT 0,
                not_before INTEGER,
                reason TEXT,
                derivation TEXT,
                source TEXT NOT NULL,
                enqueued_at INTEGER NOT NULL,
                updated_at INTEGER NOT NULL,
                revision INTEGER NOT NULL DEFAULT 0,
                UNIQUE (path, destination),
                CHECK ((state = 'queued') = (not_before IS NOT NULL))
              ) STRICT
              """,
              """
              CREATE INDEX job_due ON job (destination, not_before) WHERE state = 'queued'
              """,
              """
              CREATE INDEX job_waiting ON job (enqueued_at) WHERE state IN ('queued', 'uploading')
              """,
              """
              CREATE TABLE change (
                id INTEGER PRIMARY KEY,
                job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
                at INTEGER NOT NULL,
                event TEXT NOT NULL,
                state TEXT NOT NULL,
                attempts INTEGER NOT NULL,
                reason TEXT
              ) STRICT
              """,
              "CREATE INDEX change_of_job ON change (job)",
              // Counting 100,000 rows for each status would be felt; the triggers are not.
              """
              CREATE TABLE tally (
                destination TEXT NOT NULL,
                state TEXT NOT NULL,
                jobs INTEGER NOT NULL,
                PRIMARY KEY (destination, state)
              ) STRICT, WITHOUT ROWID
              """,
              """
              CREATE TRIGGER job_added AFTER INSERT ON job BEGIN
                INSERT INTO tally VALUES (new.destination, new.state, 1)
                  ON CONFLICT DO UPDATE SET jobs = jobs + 1;
              END
              """,
              """
              CREATE TRIGGER job_moved AFTER UPDATE OF state ON job WHEN old.state <> new.state BEGIN
                UPDATE tally SET jobs = jobs - 1
                  WHERE destination = old.destination AND state = old.state;
                INSERT INTO tally VALUES (new.destination, new.state, 1)
                  ON CONFLICT DO UPDATE SET jobs = jobs + 1;
              END
              """,
              """
              CREATE TRIGGER job_deleted AFTER DELETE ON job BEGIN
                UPDATE tally SET jobs = jobs - 1
                  WHERE destination = old.destination AND state = old.state;
              END
              """,
              """
              CREATE TABLE mark (name TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID
              """),
          List.of(
              """
              CREATE TABLE outage (
                id INTEGER PRIMARY KEY,
                destination TEXT NOT NULL,
                kind TEXT NOT NULL CHECK (kind IN ('trouble', 'paused')),
                began_at INTEGER NOT NULL,
                ended_at INTEGER,
                reason TEXT
              ) STRICT
              """,
              """
              CREATE UNIQUE INDEX outage_open ON outage (destination, kind) WHERE ended_at IS NULL
              """),
          List.of(
              // For whoever asks for settled jobs; those that are queued, mostly many, are not in
              // it.
              """
              CREATE INDEX job_settled ON job (state, updated_at) WHERE not_before IS NULL
              """));

  private Migrations() {}

  /**
   * Takes the steps that are missing, each in a transaction of its own.
   *
   * @throws QueueException if the file was written by a newer hookq; nothing is changed then
   */
  static void run(Connection connection) throws SQLException, QueueException {
    var version = version(connection);
    if (version > STEPS.size()) {
      throw new QueueException(
          "the queue has version %d, written by a newer hookq; this one knows version %d"
              .formatted(version, STEPS.size()));
    }
    for (var step = version; step < STEPS.size(); step++) {
      try (var statement = connection.createStatement()) {
        statement.execute("BEGIN IMMEDIATE");
        for (var sql : STEPS.get(step)) {
          statement.execute(sql);
        }
        statement.execute("PRAGMA user_version = " + (step + 1));
        statement.execute("COMMIT");
      }
    }
  }

  private static int version(Connection connection) throws SQLException {
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery("PRAGMA user_version")) {
      rows.next();
      return rows.getInt(1);
    }
  }
}
