package io.hookq.daemon.queue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * One SQLite file and the one way to open it, so that no connection lacks a pragma.
 *
 * <p>Stateless but for the name. The caller closes what it opens.
 */
final class Database {
  private static final int BUSY_MILLIS = 10_000;
  private static final long FULL_BELOW_BYTES = 1 << 20;

  /** Low byte of an extended error code: the primary code. */
  private static final int PRIMARY = 0xff;

  private final Path file;

  Database(Path file) {
    this.file = file;
  }

  Path file() {
    return file;
  }

  Connection open() throws SQLException {
    var config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.enforceForeignKeys(true);
    config.setBusyTimeout(BUSY_MILLIS);
    var connection = config.createConnection("jdbc:sqlite:" + file);
    try (var statement = connection.createStatement()) {
      // On macOS a plain fsync does not reach the disk; elsewhere these two say nothing. The
      // driver has no name for them.
      statement.execute("PRAGMA fullfsync = 1");
      statement.execute("PRAGMA checkpoint_fullfsync = 1");
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** The exception that says it in the queue's words. */
  QueueException explain(SQLException e) {
    var code = e instanceof SQLiteException sqlite ? sqlite.getResultCode().code & PRIMARY : -1;
    if (code == SQLiteErrorCode.SQLITE_FULL.code || (isInputOutput(code) && isDiskFull())) {
      return new QueueFullException(e);
    }
    if (code == SQLiteErrorCode.SQLITE_CORRUPT.code || code == SQLiteErrorCode.SQLITE_NOTADB.code) {
      return new QueueCorruptException(file, e);
    }
    return new QueueException("the queue " + file + ": " + e.getMessage(), e);
  }

  private static boolean isInputOutput(int code) {
    return code == SQLiteErrorCode.SQLITE_IOERR.code
        || code == SQLiteErrorCode.SQLITE_CANTOPEN.code;
  }

  /** Where growing a file by mapping it fails, SQLite does not say that the disk is full. */
  private boolean isDiskFull() {
    try {
      return Files.getFileStore(file.toAbsolutePath().getParent()).getUsableSpace()
          < FULL_BELOW_BYTES;
    } catch (IOException _) {
      return false;
    }
  }
}
