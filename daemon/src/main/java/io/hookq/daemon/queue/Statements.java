package io.hookq.daemon.queue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One connection and what was prepared on it. Not thread-safe. After a failed write it must be
 * closed and opened anew: a statement that met a full disk stays dead.
 */
final class Statements implements AutoCloseable {
  private final Connection connection;
  private final Map<String, PreparedStatement> prepared = new HashMap<>();

  Statements(Connection connection) {
    this.connection = connection;
  }

  /** The statement for {@code sql} with {@code arguments} set; kept, so the caller closes none. */
  PreparedStatement prepare(String sql, @Nullable Object... arguments) throws SQLException {
    var statement = prepared.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      prepared.put(sql, statement);
    }
    for (var i = 0; i < arguments.length; i++) {
      statement.setObject(i + 1, arguments[i]);
    }
    return statement;
  }

  /** Runs a statement that changes rows, and says how many. */
  int update(String sql, @Nullable Object... arguments) throws SQLException {
    return prepare(sql, arguments).executeUpdate();
  }

  @Override
  public void close() throws SQLException {
    // Closes its statements too.
    connection.close();
  }
}
