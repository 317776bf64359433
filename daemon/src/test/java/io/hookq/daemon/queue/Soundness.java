package io.hookq.daemon.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** What must hold of a queue's file whatever happened to the daemon. Stateless. */
public final class Soundness {
  private Soundness() {}

  /** Each finds what is wrong, and nothing where all is well. */
  private static final List<String> FAULTS =
      List.of(
          "SELECT 'integrity: ' || integrity_check FROM pragma_integrity_check"
              + " WHERE integrity_check <> 'ok'",
          "SELECT 'foreign key: ' || rowid FROM pragma_foreign_key_check",
          """
          SELECT 'tally: ' || destination || ' ' || state || ' ' || jobs FROM
            (SELECT destination, state, jobs FROM tally WHERE jobs > 0
             EXCEPT SELECT destination, state, count(*) FROM job GROUP BY destination, state)
          """,
          """
          SELECT 'not tallied: ' || destination || ' ' || state FROM
            (SELECT destination, state, count(*) FROM job GROUP BY destination, state
             EXCEPT SELECT destination, state, jobs FROM tally)
          """,
          """
          SELECT 'history ends otherwise: ' || path FROM job WHERE NOT EXISTS
            (SELECT 1 FROM change
              WHERE change.id = (SELECT max(id) FROM change AS last WHERE last.job = job.id)
                AND change.state = job.state AND change.attempts = job.attempts)
          """,
          """
          SELECT 'history has gaps: ' || path FROM job
            WHERE min(revision + 1, %d) <> (SELECT count(*) FROM change WHERE change.job = job.id)
          """
              .formatted(JobRows.CHANGES_KEPT));

  /** Opens {@code file} as it is, with its WAL, and looks for faults. */
  public static void assertSound(Path file, String when) throws SQLException {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
      var found = new ArrayList<String>();
      for (var query : FAULTS) {
        found.addAll(column(connection, query));
      }
      assertThat(found).as(when).isEmpty();
    }
  }

  private static List<String> column(Connection connection, String query) throws SQLException {
    var values = new ArrayList<String>();
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery(query)) {
      while (rows.next()) {
        values.add(rows.getString(1));
      }
    }
    return values;
  }

  /** The queue in {@code file} as a kill at this moment leaves it, copied to {@code to}. */
  public static void copy(Path file, Path to) throws IOException {
    Files.copy(file, to);
    var wal = wal(file);
    if (Files.exists(wal)) {
      Files.copy(wal, wal(to));
    }
  }

  /** The write-ahead log beside {@code file}. */
  public static Path wal(Path file) {
    return file.resolveSibling(file.getFileName() + "-wal");
  }
}
