package io.hookq.daemon.queue;

import static io.hookq.daemon.queue.Paths.path;
import static io.hookq.daemon.queue.Paths.paths;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damage done to a real file. */
final class QueueFileTest {
  private static final List<String> SERVER = List.of("server");

  @TempDir private Path folder;
  private final SettableClock clock = new SettableClock();
  private Path file;

  @BeforeEach
  void fill() throws Exception {
    file = folder.resolve("queue.sqlite");
    try (var queue = QueueFile.open(file, clock)) {
      queue.enqueue(paths(2_000), SERVER, Optional.empty(), "hook");
      queue.rootsRead();
    }
  }

  @Test
  void nobody_else_can_read_it_in_whatever_folder_and_of_whatever_age() throws Exception {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    try (var queue = QueueFile.open(file, clock)) {
      queue.enqueue(paths(1), SERVER, Optional.empty(), "hook");
      try (var files = Files.list(folder)) {
        for (var part : files.toList()) {
          assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(part)))
              .as(part.toString())
              .isEqualTo("rw-------");
        }
      }
    }
  }

  private void overwrite(long from, int length) throws IOException {
    var noise = new byte[length];
    new Random(7).nextBytes(noise);
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(noise), from);
    }
  }

  private void truncate(long size) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(size);
    }
  }

  private List<Path> aside() throws IOException {
    try (var files = Files.list(folder)) {
      return files
          .filter(f -> f.getFileName().toString().startsWith("queue.sqlite.corrupt-"))
          .filter(f -> f.getFileName().toString().endsWith("Z"))
          .toList();
    }
  }

  private void assertBegunAnewWithTheOldOneAside() throws Exception {
    var damaged = Files.readAllBytes(file);
    try (var queue = QueueFile.open(file, clock)) {
      assertThat(queue.hasReadRoots()).isFalse();
      assertThat(queue.list(JobFilter.ALL)).isEmpty();
      queue.enqueue(List.of(path("new")), SERVER, Optional.empty(), "hook");
    }
    assertThat(aside()).singleElement().satisfies(old -> assertThat(old).hasBinaryContent(damaged));
    try (var queue = QueueFile.open(file, clock)) {
      assertThat(queue.list(JobFilter.ALL)).hasSize(1);
    }
    assertThat(aside()).hasSize(1);
  }

  @Test
  void a_sound_queue_is_opened_as_it_is() throws Exception {
    try (var queue = QueueFile.open(file, clock)) {
      assertThat(queue.hasReadRoots()).isTrue();
      assertThat(queue.list(JobFilter.ALL)).hasSize(2_000);
    }
    assertThat(aside()).isEmpty();
  }

  @Test
  void a_queue_with_bytes_overwritten_in_the_middle_is_set_aside() throws Exception {
    overwrite(Files.size(file) / 2, 20_000);
    assertBegunAnewWithTheOldOneAside();
  }

  @Test
  void a_queue_with_its_header_smashed_is_set_aside() throws Exception {
    overwrite(0, 100);
    assertBegunAnewWithTheOldOneAside();
  }

  @Test
  void a_queue_cut_off_in_the_middle_is_set_aside() throws Exception {
    truncate(Files.size(file) / 2 + 100);
    assertBegunAnewWithTheOldOneAside();
  }

  @Test
  void a_queue_cut_off_in_its_header_is_set_aside() throws Exception {
    truncate(50);
    assertBegunAnewWithTheOldOneAside();
  }

  @Test
  void a_path_that_is_none_any_more_sets_the_queue_aside() throws Exception {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        var statement = connection.createStatement()) {
      statement.execute("UPDATE job SET path = 'x' || substr(path, 3) WHERE id = 77");
    }
    assertBegunAnewWithTheOldOneAside();
  }

  @Test
  void an_index_that_does_not_know_of_a_row_sets_the_queue_aside() throws Exception {
    // Hidden from SQLite while a row is added.
    manipulate(
        "PRAGMA writable_schema = ON",
        "CREATE TABLE hidden AS SELECT * FROM sqlite_schema WHERE name = 'change_of_job'",
        "DELETE FROM sqlite_schema WHERE name = 'change_of_job'");
    manipulate("INSERT INTO change (job, at, event, state, attempts) VALUES (1, 0, 'e', 's', 0)");
    manipulate(
        "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_schema SELECT * FROM hidden",
        "DELETE FROM hidden");
    assertBegunAnewWithTheOldOneAside();
  }

  private void manipulate(String... statements) throws SQLException {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        var statement = connection.createStatement()) {
      for (var sql : statements) {
        statement.execute(sql);
      }
    }
  }

  @Test
  void damage_found_while_a_queue_is_in_use_is_told_once_by_whoever_meets_it() throws Exception {
    var told = new ArrayList<QueueCorruptException>();
    var size = Files.size(file);
    try (var queue = QueueFile.open(file, clock)) {
      queue.onDamage(told::add);
      assertThat(queue.list(JobFilter.ALL)).hasSize(2_000);
      overwrite(0, (int) size);
      for (var i = 0; i < 2; i++) {
        assertThatExceptionOfType(QueueCorruptException.class)
            .isThrownBy(() -> queue.hookFired(clock.instant()));
      }
    }
    assertThat(told).hasSize(1);

    var aside = QueueFile.setAside(file, clock.instant());

    assertThat(aside()).containsExactly(aside);
    assertThat(file).doesNotExist();
  }

  @Test
  void an_empty_file_is_a_queue_begun_anew() throws Exception {
    truncate(0);
    try (var queue = QueueFile.open(file, clock)) {
      assertThat(queue.hasReadRoots()).isFalse();
      assertThat(queue.list(JobFilter.ALL)).isEmpty();
    }
  }
}
