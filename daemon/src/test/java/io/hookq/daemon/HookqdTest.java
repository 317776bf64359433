package io.hookq.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.hookq.daemon.config.Config;
import io.hookq.daemon.config.Surroundings;
import io.hookq.daemon.control.ControlClient;
import io.hookq.daemon.control.ControlRefusedException;
import io.hookq.daemon.control.ControlRequest;
import io.hookq.daemon.control.DropRequest;
import io.hookq.daemon.control.EnqueueRequest;
import io.hookq.daemon.control.KickRequest;
import io.hookq.daemon.control.ListRequest;
import io.hookq.daemon.control.PauseRequest;
import io.hookq.daemon.control.RetryRequest;
import io.hookq.daemon.control.StatusRequest;
import io.hookq.daemon.control.VersionRequest;
import io.hookq.daemon.control.WaitRequest;
import io.hookq.daemon.control.WhyRequest;
import io.hookq.daemon.intake.MemorySource;
import io.hookq.daemon.queue.QueueCorruptException;
import io.hookq.daemon.queue.QueueFile;
import io.hookq.docs.Operations;
import io.hookq.ssh.GeneratedKey;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole daemon over a store in memory; its destination is a port that nobody listens on. */
@Timeout(120)
final class HookqdTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path folder;
  private final MemorySource source = new MemorySource();
  private Config config;
  private Surroundings surroundings;
  private ControlClient client;
  private @Nullable Hookqd daemon;

  @BeforeEach
  void configure() throws Exception {
    int port;
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = taken.getLocalPort();
    }
    Files.createDirectory(folder.resolve("gcroots"));
    surroundings =
        new Surroundings(
            Map.of("HOOKQ_GCROOTS", folder.resolve("gcroots/hookq").toString()), folder, false);
    config = config(port, "");
    client = new ControlClient(config.daemon().socket());
  }

  private Config config(int port, String more) throws Exception {
    return Config.parse(
        """
        [daemon]
        state-dir = "%1$s/state"
        socket = "%1$s/hookq.sock"
        allow-group = "no-such-group"
        [destinations.server]
        uri = "ssh://127.0.0.1:%2$d"
        ssh-config = false
        known-hosts = []
        %3$s
        """
            .formatted(folder, port, more),
        "hookq.toml",
        surroundings);
  }

  @AfterEach
  void stop() {
    if (daemon != null) {
      daemon.close();
    }
  }

  private Hookqd start() throws IOException {
    var started = Hookqd.start(config, surroundings, source);
    daemon = started;
    return started;
  }

  private static String printed(StorePath path) {
    return StoreDir.DEFAULT.print(path);
  }

  private static EnqueueRequest enqueue(StorePath path) {
    return new EnqueueRequest(List.of(printed(path)), Optional.empty(), "hook", Optional.empty());
  }

  private List<ListRequest.Entry> jobs() throws IOException {
    return client.call(new ListRequest(Optional.empty(), Optional.empty()), LONG).jobs();
  }

  private Path root(StorePath path) {
    return folder.resolve("gcroots/hookq").resolve(path.baseName());
  }

  @Test
  void what_is_enqueued_survives_the_daemon() throws Exception {
    var path = source.add('0', "a");
    var first = start();
    assertThat(client.call(enqueue(path), LONG).jobs()).isEqualTo(1);
    assertThat(Files.readSymbolicLink(root(path))).isEqualTo(Path.of(printed(path)));
    first.close();
    first.close();
    assertThat(config.daemon().socket()).doesNotExist();

    start();

    assertThat(jobs())
        .singleElement()
        .satisfies(job -> {
          assertThat(job.path()).isEqualTo(printed(path));
          assertThat(job.destination()).isEqualTo("server");
        });
    assertThat(Files.isSymbolicLink(root(path))).isTrue();
  }

  @Test
  void it_says_how_things_are_and_who_it_is() throws Exception {
    start();
    client.call(enqueue(source.add('0', "a")), LONG);

    assertThat(client.call(new StatusRequest(), LONG).document())
        .contains("\"name\":\"server\"", "\"spooled\":0", "\"lastHookAt\":\"");
    assertThat(client.call(new VersionRequest(), LONG).pid())
        .isEqualTo(ProcessHandle.current().pid());
  }

  @Test
  void waiting_for_what_cannot_arrive_ends_in_time() throws Exception {
    var path = source.add('0', "a");
    start();
    client.call(enqueue(path), LONG);
    var wait =
        new WaitRequest(
            List.of(printed(path)),
            Optional.of("server"),
            Optional.empty(),
            Optional.of(Duration.ofMillis(100)));

    assertThat(client.call(wait, LONG)).isEqualTo(new WaitRequest.Reply(true, List.of()));
  }

  @Test
  void waiting_ends_when_the_last_job_does_and_tells_what_failed() throws Exception {
    start();
    var nothing = new WaitRequest(List.of(), Optional.empty(), Optional.empty(), Optional.empty());
    assertThat(client.call(nothing, LONG)).isEqualTo(new WaitRequest.Reply(false, List.of()));

    var nowhere =
        new WaitRequest(List.of(), Optional.of("nowhere"), Optional.empty(), Optional.empty());
    assertThatExceptionOfType(ControlRefusedException.class)
        .isThrownBy(() -> client.call(nowhere, LONG))
        .withMessage("no such destination: 'nowhere' (one of server)");
  }

  @Test
  void the_spool_of_an_absent_daemon_is_taken_in_with_the_time_of_the_hook() throws Exception {
    var path = source.add('0', "a");
    var spool = folder.resolve("state/spool");
    Files.createDirectories(
        spool, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    var file = spool.resolve("%020d-%09d-7.json".formatted(1_700_000_000L, 0));
    Files.writeString(
        file, "{\"op\":\"enqueue\",\"paths\":[\"" + printed(path) + "\"],\"source\":\"hook\"}\n");
    Files.createDirectory(folder.resolve("gcroots/hookq"));
    var hooks = folder.resolve("gcroots/hookq/spool-" + path);
    Files.createSymbolicLink(hooks, Path.of(printed(path)));

    start();

    await().atMost(LONG).until(() -> jobs().size() == 1);
    await().atMost(LONG).until(() -> !Files.exists(file));
    assertThat(Files.isSymbolicLink(root(path))).isTrue();
    assertThat(Files.isSymbolicLink(hooks)).isFalse();
    await()
        .atMost(LONG)
        .untilAsserted(() ->
            assertThat(client.call(new StatusRequest(), LONG).document())
                .contains("\"lastHookAt\":\"" + Instant.ofEpochSecond(1_700_000_000L) + '"'));
  }

  @Test
  void what_is_queued_is_tried_right_after_the_start() throws Exception {
    var first = start();
    client.call(enqueue(source.add('0', "a")), LONG);
    first.close();
    try (var server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
      GeneratedKey.ed25519().writeTo(folder.resolve("key"));
      config = config(server.getLocalPort(), "ssh-key = \"" + folder.resolve("key") + '"');
      server.setSoTimeout((int) LONG.toMillis());

      var begun = System.nanoTime();
      start();
      server.accept().close();

      // Two seconds are promised; slow machines are forgiven ten times that.
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(20));
    }
  }

  @Test
  void five_thousand_calls_of_the_hook_are_taken_in_and_rooted_soon_after_a_long_absence()
      throws Exception {
    var spool = folder.resolve("state/spool");
    Files.createDirectories(
        spool, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    for (var i = 0; i < 5_000; i++) {
      Files.writeString(
          spool.resolve("%020d-%09d-7.json".formatted(1_700_000_000L, i)),
          "{\"op\":\"enqueue\",\"paths\":[\"/nix/store/%032d-p\"],\"source\":\"hook\"}\n"
              .formatted(i));
    }

    start();

    // Seconds; but some file systems take their time over many small files.
    await().atMost(LONG.multipliedBy(3)).until(() -> jobs().size() == 5_000);
    assertThat(jobs().getFirst().path()).isEqualTo("/nix/store/%032d-p".formatted(0));
    assertThat(jobs().getLast().path()).isEqualTo("/nix/store/%032d-p".formatted(4_999));
    try (var roots = Files.list(folder.resolve("gcroots/hookq"))) {
      assertThat(roots).hasSize(5_000);
    }
  }

  @Test
  void a_kick_reaches_the_destinations_there_are_and_no_others() throws Exception {
    start();
    assertThat(client.call(new KickRequest(Optional.empty()), LONG).destinations()).isEqualTo(1);
    assertThat(client.call(new KickRequest(Optional.of("server")), LONG))
        .isEqualTo(new KickRequest.Reply(1, List.of()));
    client.call(new PauseRequest(Optional.of("server")), LONG);
    assertThat(client.call(new KickRequest(Optional.empty()), LONG).paused())
        .containsExactly("server");
    assertThatExceptionOfType(ControlRefusedException.class)
        .isThrownBy(() -> client.call(new KickRequest(Optional.of("nowhere")), LONG))
        .withMessage("no such destination: 'nowhere' (one of server)");
  }

  @Test
  void jobs_of_a_destination_that_nobody_knows_are_no_empty_list() throws Exception {
    start();
    assertThatExceptionOfType(ControlRefusedException.class)
        .isThrownBy(
            () -> client.call(new ListRequest(Optional.empty(), Optional.of("nowhere")), LONG))
        .withMessage("no such destination: 'nowhere' (one of server)")
        .satisfies(e -> assertThat(e.refusalClass()).isEqualTo("bad-request"));
  }

  @Test
  void what_is_no_derivation_has_no_outputs() throws Exception {
    var path = source.add('0', "a");
    start();
    var request =
        new EnqueueRequest(List.of(), Optional.of(printed(path)), "push", Optional.empty());
    assertThatExceptionOfType(ControlRefusedException.class)
        .isThrownBy(() -> client.call(request, LONG))
        .withMessage("not a derivation: " + printed(path))
        .satisfies(e -> assertThat(e.refusalClass()).isEqualTo("bad-request"));
  }

  @Test
  void a_second_daemon_on_the_same_state_says_so_and_leaves_the_first_alone() throws Exception {
    start();

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> Hookqd.start(config, surroundings, source))
        .withMessageContaining("uses " + folder.resolve("state"));
    assertThat(jobs()).isEmpty();
  }

  @Test
  void a_daemon_that_cannot_start_leaves_nothing_open() throws Exception {
    Files.writeString(config.daemon().socket(), "in the way");
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> Hookqd.start(config, surroundings, source))
        .withMessageStartingWith("not a socket");

    Files.delete(config.daemon().socket());
    start();

    assertThat(jobs()).isEmpty();
  }

  @Test
  void a_credential_that_was_not_handed_in_is_missed_at_once() throws Exception {
    var asking =
        Config.parse(
            "[daemon]\nstate-dir = \"%s/other\"\n[destinations.s]\nuri = \"ssh://s?ssh-key=credential:k\"\n"
                .formatted(folder),
            "hookq.toml",
            surroundings);

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> Hookqd.start(asking, surroundings, source))
        .withMessage("credential:k: the daemon was given no credentials directory");
  }

  @Test
  void whoever_awaits_the_stop_returns_when_it_comes() throws Exception {
    var started = start();
    var closer = Thread.ofVirtual().start(started::close);

    started.awaitStop();

    closer.join();
  }

  @Test
  void damage_found_while_running_ends_the_daemon_and_the_next_one_begins_anew() throws Exception {
    var path = source.add('0', "a");
    var first = start();
    // A lane that notes its outage in the midst of the overwriting would mend what SQLite goes by.
    client.call(new PauseRequest(Optional.empty()), LONG);
    client.call(enqueue(path), LONG);
    overwriteAllOfTheQueue();
    // The hook spools what is refused so.
    assertThatExceptionOfType(ControlRefusedException.class)
        .isThrownBy(() -> client.call(enqueue(source.add('1', "b")), LONG))
        .satisfies(refused -> assertThat(refused.refusalClass()).isEqualTo("retry"));

    assertThatExceptionOfType(QueueCorruptException.class).isThrownBy(first::awaitStop);
    first.close();
    assertThat(config.daemon().database()).doesNotExist();

    start();

    assertThat(jobs()).extracting(ListRequest.Entry::path).contains(printed(path));
  }

  /** With the index of its log, or SQLite would go on for long with what it has in memory. */
  private void overwriteAllOfTheQueue() throws IOException {
    for (var suffix : List.of("", "-wal", "-shm")) {
      var file = Path.of(config.daemon().database() + suffix);
      try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        var noise = new byte[(int) channel.size()];
        new Random(7).nextBytes(noise);
        channel.write(ByteBuffer.wrap(noise), 0);
      }
    }
  }

  /**
   * It is stopped there by its log: nobody reads that, and it is full, so that the line that tells
   * of the queue set aside is never written to its end.
   */
  @Test
  void a_daemon_killed_right_after_setting_the_queue_aside_loses_nothing() throws Exception {
    var path = source.add('0', "a");
    start();
    client.call(enqueue(path), LONG);
    stop();
    overwriteTheMiddleOfTheQueue();
    var killed = daemonWithFullLog();
    try {
      await().atMost(LONG).until(() -> setAside() == 1 || !killed.isAlive());
      assertThat(killed.isAlive()).isTrue();
      assertThat(config.daemon().database()).doesNotExist();
    } finally {
      killed.destroyForcibly().waitFor();
    }
    assertThat(config.daemon().database()).doesNotExist();
    assertThat(Files.isSymbolicLink(root(path))).isTrue();

    start();

    assertThat(jobs()).extracting(ListRequest.Entry::path).containsExactly(printed(path));
    assertThat(Files.isSymbolicLink(root(path))).isTrue();
    assertThat(setAside()).isEqualTo(1);
  }

  private Process daemonWithFullLog() throws IOException {
    var file =
        Files.writeString(
            folder.resolve("hookq.toml"),
            """
            [daemon]
            state-dir = "%1$s/state"
            socket = "%1$s/hookq.sock"
            store = "unix://%1$s/no-nix"
            [destinations.server]
            uri = "ssh://127.0.0.1:1"
            """
                .formatted(folder));
    var full = "dd if=/dev/zero of=/proc/self/fd/3 oflag=nonblock bs=4096 3>&2 2>/dev/null";
    var builder =
        new ProcessBuilder(
            List.of(
                "sh",
                "-c",
                full + "; exec \"$@\"",
                "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx64m",
                "-Xlog:disable",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "io.hookq.daemon.cli.Main",
                "daemon",
                "--config",
                file.toString()));
    builder.environment().putAll(surroundings.environment());
    return builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
  }

  private long setAside() throws IOException {
    try (var files = Files.list(folder.resolve("state"))) {
      return files
          .filter(file -> file.getFileName().toString().matches("queue\\.sqlite\\.corrupt-[^-]*Z"))
          .count();
    }
  }

  @Test
  void a_daemon_killed_with_its_new_queue_before_it_has_read_the_roots_loses_nothing()
      throws Exception {
    var path = source.add('0', "a");
    start();
    client.call(enqueue(path), LONG);
    stop();
    overwriteTheMiddleOfTheQueue();
    // All that a daemon does up to then; its kill leaves what a close leaves, an empty queue.
    QueueFile.open(config.daemon().database(), InstantSource.system()).close();

    start();

    assertThat(jobs()).extracting(ListRequest.Entry::path).containsExactly(printed(path));
    assertThat(Files.isSymbolicLink(root(path))).isTrue();
  }

  private void overwriteTheMiddleOfTheQueue() throws IOException {
    try (var channel = FileChannel.open(config.daemon().database(), StandardOpenOption.WRITE)) {
      var noise = new byte[(int) channel.size() / 2];
      new Random(7).nextBytes(noise);
      channel.write(ByteBuffer.wrap(noise), channel.size() / 4);
    }
  }

  private Path spooled(String content) throws IOException {
    var file = folder.resolve("state/spool/%020d-%09d-7.json".formatted(1_700_000_000L, 0));
    return Files.writeString(file, content);
  }

  @Test
  void a_damaged_queue_is_set_aside_and_what_was_rooted_or_spooled_is_queued_again()
      throws Exception {
    var rooted = source.add('0', "rooted");
    var spooled = source.add('1', "spooled");
    var first = start();
    client.call(enqueue(rooted), LONG);
    first.close();
    overwriteTheMiddleOfTheQueue();
    spooled("{\"op\":\"enqueue\",\"paths\":[\"" + printed(spooled) + "\"],\"source\":\"hook\"}\n");

    start();

    await()
        .atMost(LONG)
        .untilAsserted(() ->
            assertThat(jobs())
                .extracting(ListRequest.Entry::path)
                .containsExactlyInAnyOrder(printed(rooted), printed(spooled)));
    assertThat(Files.isSymbolicLink(root(rooted))).isTrue();
    assertThat(Files.isSymbolicLink(root(spooled))).isTrue();
    try (var files = Files.newDirectoryStream(folder.resolve("state"), "queue.sqlite.corrupt-*Z")) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void a_queue_that_vanished_is_made_again_from_what_is_rooted() throws Exception {
    var path = source.add('0', "a");
    var first = start();
    client.call(enqueue(path), LONG);
    first.close();
    Files.delete(config.daemon().database());

    start();

    assertThat(jobs())
        .singleElement()
        .satisfies(job -> assertThat(job.path()).isEqualTo(printed(path)));
  }

  @Test
  void a_path_that_the_hook_rooted_and_could_not_spool_is_queued_at_start() throws Exception {
    var path = source.add('0', "a");
    Files.createDirectory(folder.resolve("gcroots/hookq"));
    var link = folder.resolve("gcroots/hookq/spool-" + path);
    Files.createSymbolicLink(link, Path.of(printed(path)));

    start();

    await().atMost(LONG).until(() -> jobs().size() == 1);
    await().atMost(LONG).until(() -> !Files.isSymbolicLink(link));
    assertThat(Files.isSymbolicLink(root(path))).isTrue();
  }

  @Test
  void the_roots_and_half_made_links_of_a_crash_are_removed_at_start() throws Exception {
    var queued = source.add('0', "queued");
    var first = start();
    client.call(enqueue(queued), LONG);
    first.close();
    var stale = root(source.add('1', "stale"));
    var half = folder.resolve("gcroots/hookq/.1-1.tmp");
    Files.createSymbolicLink(stale, Path.of("/nix/store/x"));
    Files.createSymbolicLink(half, Path.of("/nix/store/x"));

    start();

    await().atMost(LONG).until(() -> !Files.isSymbolicLink(stale) && !Files.isSymbolicLink(half));
    assertThat(Files.isSymbolicLink(root(queued))).isTrue();
  }

  @Test
  void files_have_the_modes_and_the_owner_of_the_contract() throws Exception {
    start();

    assertThat(mode("state")).isEqualTo("rwx------");
    assertThat(mode("state/spool")).isEqualTo("rwx------");
    assertThat(mode("gcroots/hookq")).isEqualTo("rwxr-xr-x");
    assertThat(mode("hookq.sock")).isEqualTo("rw-rw----");
    spooled("cut off");
    await().atMost(LONG).until(() -> Files.exists(folder.resolve("state/spool/rejected")));
    assertThat(mode("state/spool/rejected")).isEqualTo("rwx------");
    for (var name : List.of("state", "state/spool", "gcroots/hookq", "hookq.sock")) {
      assertThat(Files.getOwner(folder.resolve(name))).isEqualTo(Files.getOwner(folder));
    }
  }

  private String mode(String name) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(name)));
  }

  @Test
  void the_rehearsal_leaves_nothing_behind() throws Exception {
    Files.createDirectories(folder.resolve("state/.rehearsal/roots"));
    start();

    assertThat(folder.resolve("state/.rehearsal")).doesNotExist();
    assertThat(jobs()).isEmpty();
    assertThat(client.call(new StatusRequest(), LONG).document()).contains("\"lastHookAt\":null");
  }

  @Test
  void what_is_queued_is_dropped_by_name_only_and_loses_its_root() throws Exception {
    var path = source.add('0', "a");
    start();
    client.call(enqueue(path), LONG);

    assertThat(client.call(new DropRequest(List.of(), Optional.empty()), LONG).jobs()).isZero();
    assertThat(client.call(new RetryRequest(List.of(), Optional.empty()), LONG).jobs()).isZero();
    assertThat(jobs()).hasSize(1);
    assertThat(Files.isSymbolicLink(root(path))).isTrue();

    var dropped = client.call(new DropRequest(List.of("000000"), Optional.of("server")), LONG);
    assertThat(dropped.jobs()).isEqualTo(1);
    assertThat(jobs()).isEmpty();
    assertThat(Files.isSymbolicLink(root(path))).isFalse();
  }

  @Test
  void all_jobs_of_a_destination_that_left_the_config_can_be_swept_up() throws Exception {
    var path = source.add('0', "a");
    var first = start();
    client.call(enqueue(path), LONG);
    first.close();
    config =
        Config.parse(
            """
            [daemon]
            state-dir = "%1$s/state"
            socket = "%1$s/hookq.sock"
            [destinations.other]
            uri = "ssh://127.0.0.1:1"
            """
                .formatted(folder),
            "hookq.toml",
            surroundings);
    start();

    assertThat(client.call(new DropRequest(List.of(), Optional.of("server")), LONG).jobs())
        .isEqualTo(1);
    assertThat(jobs()).isEmpty();
    assertThatExceptionOfType(ControlRefusedException.class)
        .isThrownBy(() -> client.call(new DropRequest(List.of(), Optional.of("moon")), LONG))
        .withMessage("no such destination: 'moon' (one of other)");
  }

  @Test
  void a_path_may_be_called_by_the_beginning_of_its_hash_where_that_is_enough() throws Exception {
    var path = source.add('0', "a");
    start();
    client.call(enqueue(path), LONG);
    client.call(enqueue(source.add('0', "b")), LONG);

    var life = client.call(new WhyRequest(path.baseName()), LONG);
    assertThat(life.path()).isEqualTo(printed(path));
    assertThat(life.jobs()).hasSize(1);
    assertThat(life.jobs().getFirst().history().getFirst().event()).isEqualTo("enqueued");
    for (var wrong :
        Map.of(
                "0000", "several paths begin with 0000: ",
                "1111", "no job is known for a path that begins with 1111",
                "0!00", "not a store path: '0!00'",
                "/etc/passwd", "not a store path: ")
            .entrySet()) {
      assertThatExceptionOfType(ControlRefusedException.class)
          .isThrownBy(() -> client.call(new WhyRequest(wrong.getKey()), LONG))
          .withMessageStartingWith(wrong.getValue());
    }
    assertThat(refused(new WhyRequest("0000"))).is(Operations.says("several paths begin with …"));
    assertThat(refused(new WhyRequest("1111")))
        .is(Operations.says("no job is known for a path that begins with …"));
  }

  private String refused(ControlRequest<?> request) {
    var refusal =
        catchThrowableOfType(ControlRefusedException.class, () -> client.call(request, LONG));
    return String.valueOf(refusal.getMessage());
  }

  @Test
  void why_tells_of_the_time_in_which_the_destination_was_in_trouble() throws Exception {
    var path = source.add('0', "a");
    start();
    client.call(enqueue(path), LONG);

    await()
        .atMost(LONG)
        .untilAsserted(() -> {
          var job = client.call(new WhyRequest(printed(path)), LONG).jobs().getFirst();
          assertThat(job.waits())
              .singleElement()
              .satisfies(wait -> {
                assertThat(wait.kind()).isEqualTo("trouble");
                assertThat(wait.to()).isEmpty();
                assertThat(wait.reason()).isPresent();
              });
        });
  }
}
