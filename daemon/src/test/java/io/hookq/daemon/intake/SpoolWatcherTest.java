package io.hookq.daemon.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(120)
final class SpoolWatcherTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final int NOBODY = 65_534;

  @TempDir Path folder;
  private Path spool;
  private int user;
  private final List<String> taken = Collections.synchronizedList(new ArrayList<>());
  private final List<Instant> times = Collections.synchronizedList(new ArrayList<>());
  private volatile @Nullable RefusalClass refusing;
  private volatile @Nullable RuntimeException bug;
  private @Nullable SpoolWatcher watcher;

  @BeforeEach
  void make() throws Exception {
    spool = folder.resolve("spool");
    user = (Integer) Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS);
  }

  @AfterEach
  void close() throws Exception {
    if (watcher != null) {
      watcher.close();
    }
  }

  private SpoolWatcher watch() throws IOException {
    var started =
        SpoolWatcher.start(
            spool,
            user,
            SpoolWatcherTest::decode,
            this::take,
            () -> {},
            () -> {},
            InstantSource.fixed(NOW));
    watcher = started;
    return started;
  }

  /** Watches, and looks by itself many times a second. */
  private void poll(Runnable lookedThrough) throws IOException {
    watcher =
        SpoolWatcher.start(
            spool,
            user,
            SpoolWatcherTest::decode,
            this::take,
            () -> {},
            lookedThrough,
            InstantSource.fixed(NOW),
            Duration.ofMillis(50));
  }

  private static Order decode(byte[] line) {
    var text = new String(line, StandardCharsets.UTF_8);
    if (text.equals("gibberish")) {
      throw new IllegalArgumentException("says the decoder");
    }
    return new Order(List.of(text), Optional.empty(), Order.HOOK, Optional.empty());
  }

  private List<Optional<RefusedException>> take(List<Order> orders, Instant writtenAt) {
    var refusals = new ArrayList<Optional<RefusedException>>();
    for (var order : orders) {
      var text = order.paths().getFirst();
      var refusal = refusing;
      var wrong = bug;
      if (wrong != null && !text.equals("innocent")) {
        throw wrong;
      }
      if (refusal == null) {
        taken.add(text);
        refusals.add(Optional.empty());
      } else {
        refusals.add(Optional.of(new RefusedException(refusal, "says the intake")));
      }
      assertThat(order.source()).isEqualTo(Order.SPOOL);
    }
    times.add(writtenAt);
    return refusals;
  }

  private void makeSpool() throws IOException {
    if (!Files.exists(spool)) {
      Files.createDirectory(
          spool,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
  }

  /** As the hook does it, at {@code at}. */
  private Path spooled(Instant at, String content) throws IOException {
    makeSpool();
    var name = "%020d-%09d-77".formatted(at.getEpochSecond(), at.getNano());
    var temporary = Files.writeString(spool.resolve("." + name + ".tmp"), content);
    return Files.move(temporary, spool.resolve(name + ".json"), StandardCopyOption.ATOMIC_MOVE);
  }

  private void assertRejected(Path file, String reason) throws Exception {
    var rejected = spool.resolve("rejected").resolve(file.getFileName());
    await().atMost(LONG).until(() -> Files.exists(rejected, LinkOption.NOFOLLOW_LINKS));
    assertThat(file).doesNotExist();
    assertThat(Path.of(rejected + ".reason")).hasContent(reason + "\n");
    assertThat(taken).isEmpty();
  }

  @Test
  void what_lies_there_at_the_start_is_taken_in_oldest_first_and_deleted() throws Exception {
    var second = spooled(NOW.minusSeconds(1), "two\n");
    var first = spooled(NOW.minusSeconds(3_000_000_000L / 2), "one\n");
    var third = spooled(NOW.minusNanos(5), "three\n");

    watch();

    await().atMost(LONG).until(() -> taken.size() == 3);
    assertThat(taken).containsExactly("one", "two", "three");
    assertThat(times).containsExactly(NOW.minusNanos(5));
    await()
        .atMost(LONG)
        .untilAsserted(() -> {
          assertThat(first).doesNotExist();
          assertThat(second).doesNotExist();
          assertThat(third).doesNotExist();
        });
  }

  @Test
  void what_appears_later_is_taken_in_soon() throws Exception {
    var started = watch();

    spooled(NOW, "late\n");

    await().atMost(LONG).until(() -> taken.contains("late"));
    await().atMost(LONG).until(() -> started.count() == 0);
  }

  @Test
  void an_error_of_the_machine_does_not_end_the_watching() throws Exception {
    makeSpool();
    var looks = new AtomicInteger();
    poll(() -> {
      switch (looks.incrementAndGet()) {
        case 1 -> throw new OutOfMemoryError("as if");
        case 2 -> throw new IllegalStateException("a bug");
        default -> {}
      }
    });
    await().atMost(LONG).until(() -> looks.get() > 2);
    spooled(NOW, "after that\n");
    await().atMost(LONG).until(() -> taken.contains("after that"));
  }

  @Test
  void what_the_watch_is_not_told_of_is_found_by_the_poll() throws Exception {
    makeSpool();
    poll(() -> {});
    spooled(NOW, "watched\n");
    await().atMost(LONG).until(() -> taken.contains("watched"));
    // Another folder comes in its place with all that is in it: no event in the one that is
    // watched.
    var watched = spool;
    spool = spool.resolveSibling("other");
    spooled(NOW.plusNanos(1), "polled\n");
    Files.move(watched, watched.resolveSibling("away"));
    Files.move(spool, watched);

    await().atMost(LONG).until(() -> taken.contains("polled"));
  }

  @Test
  void the_folder_is_made_for_us_alone() throws Exception {
    watch();

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(spool)))
        .isEqualTo("rwx------");
  }

  @Test
  void a_folder_that_cannot_be_made_stops_nothing() throws Exception {
    spool = folder.resolve("missing/spool");

    assertThat(watch().count()).isZero();
  }

  @Test
  void five_thousand_files_of_a_long_absence_are_taken_in_oldest_first() throws Exception {
    for (var i = 4_999; i >= 0; i--) {
      spooled(NOW.plusNanos(i), "n" + i + "\n");
    }

    var started = watch();

    await().atMost(LONG).until(() -> started.count() == 0);
    assertThat(taken)
        .containsExactlyElementsOf(IntStream.range(0, 5_000).mapToObj(i -> "n" + i).toList());
  }

  @Test
  void long_lines_are_taken_in_a_few_at_a_time() throws Exception {
    for (var i = 0; i < 10; i++) {
      spooled(NOW.plusNanos(i), "x".repeat(900_000) + i + "\n");
    }

    var started = watch();

    await().atMost(LONG).until(() -> started.count() == 0);
    assertThat(times).as("one take each two lines").hasSize(5);
  }

  @Test
  void a_file_that_is_cut_off_is_set_aside_with_its_reason() throws Exception {
    var file = spooled(NOW, "{\"op\":\"enq");
    watch();

    assertRejected(file, "cut off: it does not end in a newline");
  }

  @Test
  void a_file_that_makes_no_sense_is_set_aside_with_its_reason() throws Exception {
    refusing = RefusalClass.BAD_REQUEST;
    var file = spooled(NOW, "nonsense\n");
    watch();

    assertRejected(file, "says the intake");
  }

  @Test
  void a_file_that_is_no_request_is_set_aside_with_its_reason() throws Exception {
    var file = spooled(NOW, "gibberish\n");
    watch();

    assertRejected(file, "says the decoder");
  }

  @Test
  void a_file_that_breaks_us_takes_no_other_along() throws Exception {
    bug = new IllegalStateException("a bug");
    var file = spooled(NOW, "x\n");
    spooled(NOW.plusNanos(1), "innocent\n");
    watch();

    var rejected = spool.resolve("rejected").resolve(file.getFileName());
    await().atMost(LONG).until(() -> Files.exists(rejected) && taken.contains("innocent"));
    assertThat(taken).containsExactly("innocent");
  }

  @Test
  void a_file_of_another_user_is_set_aside_unread() throws Exception {
    requireRoot();
    var file = spooled(NOW, "x\n");
    Files.setAttribute(file, "unix:uid", NOBODY);
    watch();

    assertRejected(file, "owned by user " + NOBODY);
  }

  @Test
  void a_file_of_roots_is_believed_by_another_user() throws Exception {
    requireRoot();
    user = NOBODY;
    spooled(NOW, "of root\n");
    Files.setAttribute(spool, "unix:uid", NOBODY);
    watch();

    await().atMost(LONG).until(() -> taken.contains("of root"));
  }

  @Test
  void a_folder_of_another_user_is_not_believed() throws Exception {
    requireRoot();
    var file = spooled(NOW, "x\n");
    Files.setAttribute(spool, "unix:uid", NOBODY);
    var started = watch();
    spooled(NOW.plusNanos(1), "y\n");

    started.close();

    assertThat(file).exists();
    assertThat(taken).isEmpty();
  }

  private void requireRoot() {
    assumeThat(user).as("only root may give files away").isZero();
  }

  @Test
  void a_file_that_breaks_us_is_set_aside_too() throws Exception {
    bug = new IllegalStateException("a bug");
    var file = spooled(NOW, "x\n");
    watch();

    assertRejected(file, "java.lang.IllegalStateException: a bug");
  }

  @Test
  void a_file_longer_than_any_line_is_set_aside() throws Exception {
    var file = spooled(NOW, "x".repeat((1 << 20) + 5) + "\n");
    watch();

    assertRejected(file, "longer than 1048577 bytes");
  }

  @Test
  void a_link_is_set_aside_unread() throws Exception {
    makeSpool();
    var secret = Files.writeString(folder.resolve("secret"), "secret\n");
    var link =
        Files.createSymbolicLink(
            spool.resolve("%020d-%09d-7.json".formatted(NOW.getEpochSecond(), 0)), secret);
    watch();

    assertRejected(link, "not a regular file");
    assertThat(secret).hasContent("secret\n");
  }

  @Test
  void a_name_that_the_hook_does_not_give_is_set_aside() throws Exception {
    makeSpool();
    var file = Files.writeString(spool.resolve("note.txt"), "x\n");
    watch();

    assertRejected(file, "not a name that the hook gives");
  }

  @ParameterizedTest
  @EnumSource(
      value = RefusalClass.class,
      names = {"RETRY", "INTERNAL", "NOT_VALID"})
  void what_is_refused_for_now_stays_and_is_tried_again(RefusalClass refusal) throws Exception {
    refusing = refusal;
    var file = spooled(NOW, "again\n");
    var started = watch();
    assertThat(started.count()).isEqualTo(1);
    assertThat(file).exists();

    refusing = null;

    await().atMost(LONG).until(() -> taken.contains("again"));
    await().atMost(LONG).until(() -> started.count() == 0);
  }

  @Test
  void a_path_that_never_became_valid_is_set_aside_in_the_end() throws Exception {
    refusing = RefusalClass.NOT_VALID;
    var file = spooled(NOW.minus(Duration.ofMinutes(11)), "gone\n");
    watch();

    assertRejected(file, "says the intake");
  }

  @Test
  void a_temporary_file_is_left_to_its_writer_until_that_must_be_dead() throws Exception {
    makeSpool();
    var fresh = "." + "%020d-%09d-7.tmp".formatted(NOW.getEpochSecond(), 0);
    var old = "." + "%020d-%09d-7.tmp".formatted(NOW.getEpochSecond() - 100, 0);
    Files.writeString(spool.resolve(fresh), "fresh\n");
    Files.writeString(spool.resolve(old), "old\n");
    watch();

    await().atMost(LONG).until(() -> taken.contains("old"));
    assertThat(spool.resolve(fresh)).exists();
    assertThat(taken).containsExactly("old");
  }

  @Test
  void a_folder_that_others_can_write_to_is_not_believed() throws Exception {
    var file = spooled(NOW, "x\n");
    Files.setPosixFilePermissions(spool, PosixFilePermissions.fromString("rwxrwx---"));
    var started = watch();
    spooled(NOW.plusNanos(1), "y\n");

    assertThat(started.count()).isEqualTo(2);
    assertThat(file).exists();

    started.close();
    assertThat(taken).isEmpty();
  }
}
