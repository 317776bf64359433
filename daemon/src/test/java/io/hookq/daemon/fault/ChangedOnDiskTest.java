package io.hookq.daemon.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.peers.TempFolder;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Point 11: what changes on disk never becomes valid there under a name that it has not. */
@Timeout(180)
class ChangedOnDiskTest {
  private static final String THERE = "there";
  private static final int SIZE = 24 << 20;

  private final TempFolder folder = TempFolder.create();
  private Far far;
  private Near near;
  private StorePath big;

  @BeforeEach
  void open() throws IOException {
    far = Far.in(folder.resolve("far"));
    near = Near.in(folder.resolve("near"));
    var bytes = new byte[SIZE];
    new Random(3).nextBytes(bytes);
    big = near.nix().add(Files.write(folder.resolve("big"), bytes));
  }

  @AfterEach
  void close() {
    near.close();
    far.close();
    folder.close();
  }

  @Test
  void a_path_that_was_changed_before_its_upload_fails_as_corrupt() throws IOException {
    change(SIZE - 1);
    near.destination(THERE, far.settings()).start().push(big);
    assertCorrupt("hash");
    assertThat(far.line().bytesUp()).as("tried twice").isGreaterThan(SIZE + SIZE / 2);
  }

  @Test
  void a_path_that_grew_before_its_upload_fails_as_corrupt() throws IOException {
    change(SIZE);
    near.destination(THERE, far.settings()).start().push(big);
    assertCorrupt("");
  }

  @Test
  void a_path_that_shrank_during_its_upload_fails_as_corrupt() throws IOException {
    slowly(() -> {
      try (var file = writable()) {
        file.setLength(SIZE / 2);
      }
    });
    assertCorrupt("");
  }

  @Test
  void a_path_that_is_changed_during_its_upload_fails_as_corrupt() throws IOException {
    slowly(() -> change(SIZE - 1));
    assertCorrupt("hash");
  }

  @Test
  void a_path_that_is_mended_in_time_arrives() throws IOException {
    slowly(() -> {
      change(SIZE - 1);
      near.stop();
      far.line().refuse();
      change(SIZE - 1);
    });
    near.start();
    near.awaitDone(THERE);
    far.assertWhole(List.of(big));
  }

  private interface Change {
    void make() throws IOException;
  }

  private void slowly(Change change) throws IOException {
    far.line().rate(1 << 20);
    near.destination(THERE, far.settings()).start().push(big);
    Near.await(() -> assertThat(far.line().bytesUp()).isGreaterThan(1 << 20));
    change.make();
    far.line().pass();
  }

  /** Turns every bit of one byte; a second time, back again. */
  private void change(int at) throws IOException {
    try (var file = writable()) {
      file.seek(at);
      var old = Math.max(0, file.read());
      file.seek(at);
      file.write(~old);
    }
  }

  private RandomAccessFile writable() throws IOException {
    var file = near.nix().real(big).toFile();
    assertThat(file.setWritable(true)).isTrue();
    return new RandomAccessFile(file, "rw");
  }

  private void assertCorrupt(String why) {
    var other = near.nix().addText("other", "other");
    near.push(other);
    Near.await(() -> assertThat(near.job(THERE, big).state()).isEqualTo("failed"));
    assertThat(near.job(THERE, big).reason().orElseThrow())
        .startsWith("corrupt here: ")
        .contains(big.baseName())
        .contains(why);
    Near.await(() -> assertThat(near.job(THERE, other).state()).isEqualTo("done"));
    far.assertWhole(List.of(other));
    assertThat(far.nix().validPaths()).containsExactly(other);
  }
}
