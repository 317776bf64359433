package io.hookq.hook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * All that the hook promises to Nix, to the daemon and to those who built something.
 *
 * <p>A build of the hook keeps the contract if the executable given to the constructor does.
 */
abstract class HookContract {
  static final String HASH = "0123456789abcdfghijklmnpqrsvwxyz";
  static final String HELLO = "/nix/store/" + HASH + "-hello-2.12";
  static final String WORLD = "/nix/store/" + HASH + "-world";
  static final String DRV = "/nix/store/" + HASH + "-hello-2.12.drv";

  /** The longest that the hook can be told to wait; a loaded machine's daemon may need it. */
  static final String PATIENT = "--timeout=750";

  /** One variable on Linux: 32 pages, with its name, the sign between and the NUL. */
  private static final int LONGEST_VARIABLE = 128 * 1024;

  private static final String NOBODY = "65534";

  private final Path executable;
  private final int randomEnvironments;

  @TempDir private Path folder;
  private Hook hook;

  @SuppressWarnings("NullAway.Init") // JUnit fills the two fields before each test
  HookContract(String executable, int randomEnvironments) {
    this.executable = Path.of("target", executable).toAbsolutePath();
    this.randomEnvironments = randomEnvironments;
  }

  @BeforeEach
  void install() throws IOException {
    assertThat(executable).as("built by `make -C hook all sanitize`").isExecutable();
    hook = Hook.installed(executable, folder);
  }

  // The daemon is there.

  @Test
  void an_acknowledged_build_leaves_no_trace() throws Exception {
    try (var daemon = FakeDaemon.listen(hook.socket(), FakeDaemon.acking())) {
      hook.outPaths(HELLO, WORLD).drvPath(DRV).run(PATIENT).silent();
      assertThat(daemon.lines())
          .singleElement()
          .satisfies(line ->
              assertThat(Message.parse(line))
                  .isEqualTo(new Message(List.of(HELLO, WORLD), Optional.of(DRV))));
    }
    assertThat(hook.spoolFiles()).isEmpty();
    assertThat(Hook.list(hook.gcRoots())).isEmpty();
  }

  @Test
  void empty_out_paths_are_sent_with_the_derivation() throws Exception {
    try (var daemon = FakeDaemon.listen(hook.socket(), FakeDaemon.acking())) {
      hook.outPaths("").drvPath(DRV).run(PATIENT).silent();
      hook.drvPath(DRV).run(PATIENT).silent();
      assertThat(daemon.lines())
          .hasSize(2)
          .allSatisfy(line ->
              assertThat(Message.parse(line)).isEqualTo(new Message(List.of(), Optional.of(DRV))));
    }
  }

  @Test
  void a_build_without_a_derivation_is_sent_without_one() throws Exception {
    try (var daemon = FakeDaemon.listen(hook.socket(), FakeDaemon.acking())) {
      hook.outPaths(HELLO).drvPath("").run(PATIENT).silent();
      assertThat(Message.parse(daemon.lines().getFirst()))
          .isEqualTo(new Message(List.of(HELLO), Optional.empty()));
    }
  }

  @Test
  void any_spacing_between_paths_is_understood() throws Exception {
    hook.with("OUT_PATHS", "  " + HELLO + " \t\n  " + WORLD + "\r\n ").run().harmless();
    assertThat(hook.spooled())
        .containsExactly(new Message(List.of(HELLO, WORLD), Optional.empty()));
  }

  @Test
  void paths_of_another_store_are_sent_and_escaped() throws Exception {
    var odd = "/tmp/a \"quoted\\ store".replace(' ', '_') + "/" + HASH + "-x";
    hook.outPaths(odd).run().harmless();
    assertThat(hook.spooled()).containsExactly(new Message(List.of(odd), Optional.empty()));
  }

  @Test
  void out_paths_as_long_as_linux_allows_arrive_whole() throws Exception {
    var paths = new ArrayList<String>();
    var room = LONGEST_VARIABLE - "OUT_PATHS=".length() - 1;
    for (var i = 0; room > 2 * HELLO.length() + 24; i++) {
      var path = HELLO + "-" + i;
      paths.add(path);
      room -= path.length() + 1;
    }
    // One name that fills the variable to its last byte; the last path had a blank counted too.
    paths.add(HELLO + "-".repeat(room - HELLO.length()));
    var whole = hook.outPaths(paths.toArray(String[]::new));
    try (var daemon = FakeDaemon.listen(hook.socket(), FakeDaemon.acking())) {
      whole.run(PATIENT).silent();
      assertThat(Message.parse(daemon.lines().getFirst()).paths()).isEqualTo(paths);
    }
    var run = whole.run();
    run.reports("spooled " + paths.size() + " paths");
    assertThat(hook.spooled().getFirst().paths()).isEqualTo(paths);
    // Rooting thousands may take longer than the hook has; it then says so.
    if (!run.stderr().contains("not rooted: ")) {
      assertThat(Hook.list(hook.gcRoots())).hasSize(paths.size());
    }
  }

  // The daemon is not there, or not itself.

  @Test
  void without_a_daemon_the_build_is_spooled_and_rooted() throws Exception {
    hook.outPaths(HELLO, WORLD)
        .drvPath(DRV)
        .run()
        .reports("spooled 2 paths because no daemon at", "No such file or directory");
    assertThat(hook.spooled())
        .containsExactly(new Message(List.of(HELLO, WORLD), Optional.of(DRV)));
    var file = hook.spoolFiles().getFirst();
    assertThat(file.getFileName().toString()).matches("[0-9]{20}-[0-9]{9}-[0-9]+\\.json");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(Files.getOwner(file)).isEqualTo(Files.getOwner(hook.spool()));

    var roots = Hook.list(hook.gcRoots());
    assertThat(roots)
        .extracting(root -> root.getFileName().toString())
        .containsExactly("spool-" + HASH + "-hello-2.12", "spool-" + HASH + "-world");
    assertThat(Files.readSymbolicLink(roots.getFirst())).isEqualTo(Path.of(HELLO));
  }

  @Test
  void a_socket_nobody_listens_on_is_no_daemon() throws Exception {
    FakeDaemon.listen(hook.socket(), FakeDaemon.acking()).close();
    assertThat(hook.socket()).exists();
    hook.outPaths(HELLO).run().reports("spooled 1 path because no daemon at");
    assertThat(hook.spooled()).hasSize(1);
  }

  @Test
  void a_socket_path_that_is_too_long_is_no_daemon() throws Exception {
    hook.outPaths(HELLO)
        .run("--socket", "/" + "x".repeat(300))
        .reports("spooled 1 path because the socket's path is longer than");
    assertThat(hook.spooled()).hasSize(1);
  }

  @Test
  void an_unresponsive_daemon_is_given_up() throws Exception {
    try (var daemon = FakeDaemon.listen(hook.socket(), FakeDaemon.Visit::stayUntilClosed)) {
      hook.outPaths(HELLO)
          .run()
          .reports("spooled 1 path because the daemon did not answer in time");
      assertThat(daemon.lines()).isEmpty();
    }
    assertThat(hook.spooled()).hasSize(1);
  }

  @Test
  void a_daemon_that_reads_and_says_nothing_is_given_up() throws Exception {
    FakeDaemon.Manner silent =
        visit -> {
          visit.readLine();
          visit.stayUntilClosed();
        };
    try (var daemon = FakeDaemon.listen(hook.socket(), silent)) {
      hook.outPaths(HELLO).run("--timeout", "50").reports("did not answer in time");
      assertThat(daemon.lines()).hasSizeLessThanOrEqualTo(1);
    }
    assertThat(hook.spooled()).hasSize(1);
  }

  @Test
  void a_daemon_that_does_not_read_a_long_message_is_given_up() throws Exception {
    var paths = IntStream.range(0, 2000).mapToObj(i -> HELLO + "-" + i).toArray(String[]::new);
    try (var daemon = FakeDaemon.listen(hook.socket(), FakeDaemon.Visit::stayUntilClosed)) {
      hook.outPaths(paths).run().reports("spooled 2000 paths because");
      assertThat(daemon.lines()).isEmpty();
    }
    assertThat(hook.spooled().getFirst().paths()).hasSize(2000);
  }

  @Test
  void a_trickling_daemon_does_not_prolong_the_wait() throws Exception {
    FakeDaemon.Manner trickling =
        visit -> {
          visit.readLine();
          while (visit.pause(5)) {
            visit.write(" ".getBytes(StandardCharsets.US_ASCII));
          }
        };
    try (var daemon = FakeDaemon.listen(hook.socket(), trickling)) {
      hook.outPaths(HELLO).run().reports("did not answer in time");
      assertThat(daemon.lines()).hasSizeLessThanOrEqualTo(1);
    }
    assertThat(hook.spooled()).hasSize(1);
  }

  @Test
  void an_answer_in_small_pieces_is_an_answer() throws Exception {
    FakeDaemon.Manner inPieces =
        visit -> {
          visit.readLine();
          for (var b : "{\"ok\":true}\n".getBytes(StandardCharsets.US_ASCII)) {
            visit.write(new byte[] {b});
          }
        };
    try (var daemon = FakeDaemon.listen(hook.socket(), inPieces)) {
      hook.outPaths(HELLO).run(PATIENT).silent();
      assertThat(daemon.lines()).hasSize(1);
    }
  }

  @Test
  void a_daemon_that_hangs_up_is_no_ack() throws Exception {
    try (var daemon = FakeDaemon.listen(hook.socket(), FakeDaemon.Visit::readLine)) {
      hook.outPaths(HELLO).run(PATIENT).reports("hung up without a whole answer");
      assertThat(daemon.lines()).hasSize(1);
    }
    assertThat(hook.spooled()).hasSize(1);
  }

  @Test
  void a_daemon_that_hangs_up_at_once_is_no_ack() throws Exception {
    var paths = IntStream.range(0, 2000).mapToObj(i -> HELLO + "-" + i).toArray(String[]::new);
    try (var daemon = FakeDaemon.listen(hook.socket(), visit -> {})) {
      hook.outPaths(paths).run(PATIENT).reports("spooled 2000 paths because the ");
      assertThat(daemon.lines()).isEmpty();
    }
    assertThat(hook.spooled()).hasSize(1);
  }

  @Test
  void the_words_of_a_refusing_daemon_are_passed_on() throws Exception {
    var refusal =
        "{\"ok\": false, \"error\": \"disk \\u0022full\\u0022 \\u001b[31m für\\n alle\", \"class\": \"retry\"}\n";
    try (var daemon = FakeDaemon.listen(hook.socket(), FakeDaemon.answering(refusal))) {
      hook.outPaths(HELLO)
          .run(PATIENT)
          .reports("spooled 1 path because the daemon said: disk \"full\" ?[31m f?r? alle");
      assertThat(daemon.lines()).hasSize(1);
    }
    assertThat(hook.spooled()).hasSize(1);
    assertThat(Hook.list(hook.gcRoots())).hasSize(1);
  }

  @Test
  void the_words_of_a_chatty_daemon_are_cut() throws Exception {
    var refusal = "{\"ok\": false, \"error\": \"" + "word ".repeat(2000) + "\"}\n";
    try (var daemon = FakeDaemon.listen(hook.socket(), FakeDaemon.answering(refusal))) {
      var run = hook.outPaths(HELLO).run(PATIENT);
      run.reports("the daemon said: word word");
      assertThat(run.stderr()).hasSizeLessThanOrEqualTo(512);
      assertThat(daemon.lines()).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\n",
        "ok\n",
        "true\n",
        "{}\n",
        "[{\"ok\": true}]\n",
        "{\"ok\": true",
        "{\"ok\": true}",
        "{\"ok\": true\n}\n",
        "{\"ok\": true}}\n",
        "{\"ok\": true} {\"ok\": true}\n",
        "{\"ok\": true,}\n",
        "{\"ok\": truer}\n",
        "{\"ok\": \"true\"}\n",
        "{\"ok\": 1}\n",
        "{\"ok\": null}\n",
        "{\"ok\": [true]}\n",
        "{\"ok\": {\"ok\": true}}\n",
        "{\"OK\": true}\n",
        "{\"ok \": true}\n",
        "{\"okay\": true}\n",
        "{'ok': true}\n",
        "{ok: true}\n",
        "{\"ok\": false}\n",
        "{\"ok\": false, \"ok\": true}\n",
        "{\"ok\": true, \"ok\": false}\n",
        "{\"error\": \"\\\"ok\\\": true\"}\n",
        "{\"error\": \"\\\\\", \"ok\": true\"}\n",
        "{\"nested\": {\"ok\": true}}\n",
        "{\"jobs\": 01, \"ok\": true}\n",
        "{\"error\": \"a\tb\", \"ok\": true}\n",
        "{\"error\": \"\\x\", \"ok\": true}\n",
        "{\"error\": \"\\u12g4\", \"ok\": true}\n",
        "{\"ok\": true} // fine\n",
        "HTTP/1.1 200 OK\r\n\r\n{\"ok\": true}\n",
        "\u0000{\"ok\": true}\n",
      })
  void an_answer_that_is_no_ack_means_spool(String answer) throws Exception {
    try (var daemon = FakeDaemon.listen(hook.socket(), FakeDaemon.answering(answer))) {
      hook.outPaths(HELLO).run(PATIENT).reports("spooled 1 path because");
      assertThat(daemon.lines()).hasSizeLessThanOrEqualTo(1);
    }
    assertThat(hook.spooled()).hasSize(1);
  }

  @Test
  void an_endless_or_deeply_nested_answer_means_spool() throws Exception {
    var answers =
        List.of(
            "x".repeat(1 << 20),
            "[".repeat(10_000) + "\n",
            "{\"a\":".repeat(2_000) + "\n",
            "{\"ok\": true, \"a\": " + "[".repeat(1000) + "]".repeat(1000) + "}\n");
    for (var answer : answers) {
      Files.deleteIfExists(hook.socket());
      try (var daemon = FakeDaemon.listen(hook.socket(), FakeDaemon.answering(answer))) {
        hook.outPaths(HELLO).run(PATIENT).reports("spooled 1 path because");
        assertThat(daemon.lines()).hasSizeLessThanOrEqualTo(1);
      }
    }
    assertThat(hook.spooled()).hasSize(answers.size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"ok\":true}\n",
        " { \"ok\" : true , \"jobs\" : 2 } \r\n",
        "{\"\\u006fk\": true}\n",
        "{\"jobs\": -0.5e+10, \"later\": [null, false, {\"ok\": false}, \"ä\\ud83d\\ude00\"], \"ok\": true}\n",
        "{\"ok\": true}\n{\"ok\": false}\n",
      })
  void any_spelling_of_an_ack_is_an_ack(String answer) throws Exception {
    try (var daemon = FakeDaemon.listen(hook.socket(), FakeDaemon.answering(answer))) {
      hook.outPaths(HELLO).run(PATIENT).silent();
      assertThat(daemon.lines()).hasSize(1);
    }
  }

  @Test
  void the_hook_and_a_strict_parser_agree_on_what_is_an_ack() throws Exception {
    var seed = System.nanoTime();
    var random = new Random(seed);
    for (var i = 0; i < 200; i++) {
      var answer = damaged("{\"ok\": true, \"jobs\": [2, \"\\u00e4\\\\\"], \"a\": {}}", random);
      var message = "seed %d, answer %d: %s".formatted(seed, i, escaped(answer));
      Files.deleteIfExists(hook.socket());
      try (var daemon = FakeDaemon.listen(hook.socket(), FakeDaemon.answering(answer))) {
        var run = hook.outPaths(HELLO).run(PATIENT).harmless();
        assertThat(daemon.lines()).hasSizeLessThanOrEqualTo(1);
        if (!run.stderr().contains("in time")) { // a loaded machine proves nothing
          assertThat(run.stderr().isEmpty()).as(message).isEqualTo(isAck(answer));
        }
      }
    }
  }

  private static byte[] damaged(String answer, Random random) {
    var bytes = (answer + "\n").getBytes(StandardCharsets.UTF_8);
    for (var changes = random.nextInt(3); changes > 0; changes--) {
      // Mostly what JSON is made of, so that many of the changed ones are JSON still.
      var from = "{}[]\":, \\truefalsnk0123-e.".getBytes(StandardCharsets.US_ASCII);
      var change =
          random.nextInt(5) == 0 ? (byte) random.nextInt(256) : from[random.nextInt(from.length)];
      bytes[random.nextInt(bytes.length - 1)] = change;
    }
    return bytes;
  }

  private static boolean isAck(byte[] answer) {
    var line = new String(answer, StandardCharsets.ISO_8859_1);
    line = line.substring(0, line.indexOf('\n'));
    try {
      var text =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(line.getBytes(StandardCharsets.ISO_8859_1)))
              .toString();
      var json = Message.STRICT.readTree(text);
      return json.isObject() && json.path("ok").isBoolean() && json.path("ok").booleanValue();
    } catch (CharacterCodingException | JsonProcessingException e) {
      return false;
    }
  }

  private static String escaped(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1).replaceAll("[^ -~]", "?");
  }

  @Test
  void a_full_backlog_means_spool() throws Exception {
    var waiting = new ArrayList<SocketChannel>();
    var address = UnixDomainSocketAddress.of(hook.socket());
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(address, 1);
      fillBacklog(address, waiting);
      hook.outPaths(HELLO).run().reports("spooled 1 path because");
    } finally {
      for (var channel : waiting) {
        channel.close();
      }
    }
    assertThat(hook.spooled()).hasSize(1);
  }

  private static void fillBacklog(UnixDomainSocketAddress address, List<SocketChannel> waiting)
      throws IOException {
    for (var i = 0; i < 16; i++) {
      var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      waiting.add(channel);
      channel.configureBlocking(false);
      try {
        if (!channel.connect(address)) {
          return;
        }
      } catch (IOException full) {
        return;
      }
    }
  }

  // Nothing to do, or nothing right.

  @Test
  void nothing_built_is_nothing_to_do() throws Exception {
    hook.run().silent();
    hook.outPaths("").drvPath("").run().silent();
    hook.outPaths("  \n").run().silent();
    assertThat(hook.spoolFiles()).isEmpty();
  }

  @Test
  void what_is_not_a_store_path_is_reported_and_the_rest_goes_on() throws Exception {
    hook.outPaths("/etc/passwd", HELLO, "/nix/store/" + HASH + "-x/../../etc")
        .drvPath("/etc/passwd")
        .run()
        .reports(
            "left out 2 words that are not store paths, the first: '/etc/passwd'",
            "left out a DRV_PATH that is not a derivation's path: '/etc/passwd'",
            "spooled 1 path");
    assertThat(hook.spooled()).containsExactly(new Message(List.of(HELLO), Optional.empty()));
    assertThat(Hook.list(hook.gcRoots())).hasSize(1);
  }

  @Test
  void only_wrong_paths_leave_nothing_behind() throws Exception {
    hook.outPaths("/etc/passwd").run().reports("left out what is not a store path: '/etc/passwd'");
    assertThat(hook.spoolFiles()).isEmpty();
  }

  @Test
  void random_environments_end_in_status_0_and_the_right_message() throws Exception {
    var seed = System.nanoTime();
    var random = new Random(seed);
    var expected = new ArrayList<Message>();
    var script = new ByteArrayOutputStream();
    var spool = Files.createDirectory(memory().resolve("spool"));
    try {
      Files.setPosixFilePermissions(spool, PosixFilePermissions.fromString("rwx------"));
      for (var i = 0; i < randomEnvironments; i++) {
        var environment = RandomEnvironment.next(random);
        environment.expected().ifPresent(expected::add);
        script.writeBytes(environment.assignment());
        script.writeBytes(
            "\"$HOOK\"; echo \"status $?\" >&2\n".getBytes(StandardCharsets.US_ASCII));
      }
      var file = Files.write(folder.resolve("script"), script.toByteArray());
      var stderr = folder.resolve("stderr");
      var shell =
          new ProcessBuilder("sh", file.toString())
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(stderr.toFile());
      shell.environment().put("HOOK", hook.executable().toString());
      shell.environment().put("HOOKQ_SOCKET", hook.socket().toString());
      shell.environment().put("HOOKQ_SPOOL", spool.toString());
      shell.environment().put("HOOKQ_GCROOTS", folder.resolve("none").toString());
      assertThat(shell.start().waitFor()).isZero();

      var lines = Files.readAllLines(stderr, StandardCharsets.ISO_8859_1);
      assertThat(lines.stream().filter(line -> line.equals("status 0")))
          .as("seed %d", seed)
          .hasSize(randomEnvironments);
      for (var i = 0; i < lines.size(); i++) {
        var afterLine = i > 0 && lines.get(i - 1).startsWith("hookq: ");
        assertThat(lines.get(i))
            .as("seed %d", seed)
            .matches(afterLine ? "status 0" : "status 0|hookq: [ -~]+");
      }
      var spooled = new ArrayList<Message>();
      for (var message : Hook.list(spool)) {
        spooled.add(Message.parse(Files.readAllBytes(message)));
      }
      assertThat(spooled).as("seed %d", seed).isEqualTo(expected);
    } finally {
      for (var message : Hook.list(spool)) {
        Files.delete(message);
      }
      Files.delete(spool);
      Files.delete(spool.getParent());
    }
  }

  /** A new folder in memory where there is one: ten thousand fsyncs are no part of the question. */
  private Path memory() throws IOException {
    var shared = Path.of("/dev/shm");
    return Files.createTempDirectory(Files.isWritable(shared) ? shared : folder, "hookq");
  }

  // The spool and the roots.

  @Test
  void a_spool_that_is_missing_is_reported_and_not_made() throws Exception {
    Files.delete(hook.spool());
    hook.outPaths(HELLO, WORLD)
        .run()
        .reports("lost 2 paths because no daemon at", "spool", "No such file or directory");
    assertThat(hook.spool()).doesNotExist();
  }

  @Test
  void a_spool_that_is_a_link_is_not_followed() throws Exception {
    var elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    Files.delete(hook.spool());
    Files.createSymbolicLink(hook.spool(), elsewhere);
    hook.outPaths(HELLO).run().reports("lost 1 path");
    assertThat(Hook.list(elsewhere)).isEmpty();
  }

  @Test
  void a_spool_that_is_a_file_is_left_alone() throws Exception {
    Files.delete(hook.spool());
    Files.createFile(hook.spool());
    hook.outPaths(HELLO).run().reports("lost 1 path", "Not a directory");
    assertThat(hook.spool()).isEmptyFile();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rwxrwxr-x", "rwxr-xrwx", "rwxrwxrwx"})
  void a_spool_that_others_can_write_is_refused(String mode) throws Exception {
    Files.setPosixFilePermissions(hook.spool(), PosixFilePermissions.fromString(mode));
    hook.outPaths(HELLO).run().reports("lost 1 path", "group or others may write there");
    assertThat(hook.spoolFiles()).isEmpty();
  }

  @Test
  void a_spool_that_cannot_be_written_is_reported() throws Exception {
    var unprivileged = isRoot() ? asNobody() : hook;
    Files.setPosixFilePermissions(hook.spool(), PosixFilePermissions.fromString("r-xr-xr-x"));
    unprivileged.outPaths(HELLO).run().reports("lost 1 path", "Permission denied");
    assertThat(hook.spoolFiles()).isEmpty();
  }

  @Test
  void root_gives_the_file_to_the_owner_of_the_spool() throws Exception {
    requireRoot();
    Files.setAttribute(hook.spool(), "unix:uid", Integer.valueOf(NOBODY));
    hook.outPaths(HELLO).run().reports("spooled 1 path");
    assertThat(Files.getAttribute(hook.spoolFiles().getFirst(), "unix:uid"))
        .isEqualTo(Integer.valueOf(NOBODY));
  }

  @Test
  void another_users_spool_is_refused_unless_root_runs_the_hook() throws Exception {
    requireRoot();
    Files.setAttribute(hook.spool(), "unix:uid", 12345);
    asNobody().outPaths(HELLO).run().reports("lost 1 path", "it belongs to another user");
    assertThat(hook.spoolFiles()).isEmpty();
  }

  @Test
  void a_full_disk_is_reported_and_leaves_no_half_file() throws Exception {
    requireRoot();
    mount(hook.spool(), "size=4k,mode=0755");
    try {
      var filler = hook.spool().resolve("filler");
      Files.write(filler, new byte[4096]);
      hook.outPaths(HELLO).run().reports("lost 1 path", "No space left on device");
      assertThat(hook.spoolFiles()).containsExactly(filler);
    } finally {
      unmount(hook.spool());
    }
  }

  @Test
  void a_hook_whose_time_is_up_spools_without_waiting_for_the_disk() throws Exception {
    var met = folder.resolve("met");
    FakeDaemon.Manner remembering =
        visit -> {
          Files.createFile(met);
          visit.stayUntilClosed();
        };
    // Stopped in the middle of its exchange, it wakes when its second is over.
    var stopped =
        hook.startedBy(
            "sh",
            "-c",
            """
            "$@" & hook=$!
            until [ -e "$MET" ]; do sleep 0.01; done
            kill -STOP $hook; sleep 1.1; kill -CONT $hook
            wait $hook
            """,
            "sh");
    try (var daemon = FakeDaemon.listen(hook.socket(), remembering)) {
      stopped
          .with("MET", met.toString())
          .outPaths(HELLO)
          .run(PATIENT)
          .reports("spooled 1 path", "in time", "no time was left to synchronise");
      assertThat(daemon.lines()).isEmpty();
    }
    assertThat(hook.spooled()).hasSize(1);
  }

  @Test
  void a_report_that_nobody_reads_does_not_hold_up_the_build() throws Exception {
    // Nix's pipe, full: the hook's line does not fit any more.
    var unread =
        hook.startedBy(
            "sh",
            "-c",
            """
            { head -c 65536 /dev/zero >&2; "$@"; echo $? >"$STATUS.new"; mv "$STATUS.new" "$STATUS"; } 2>&1 >/dev/null |
              until [ -e "$STATUS" ]; do sleep 0.01; done
            """,
            "sh");
    var status = folder.resolve("status");
    unread.with("STATUS", status.toString()).outPaths(HELLO).run().silent();
    assertThat(status).hasContent("0\n");
    assertThat(hook.spooled()).hasSize(1);
  }

  @Test
  void a_limit_on_file_sizes_does_not_kill_the_hook() throws Exception {
    // The limit holds for the report too where that goes to a file.
    var limited = hook.startedBy("sh", "-c", "ulimit -f 0; exec \"$@\" 2>/dev/null", "sh");
    limited.outPaths(HELLO).run().harmless();
    assertThat(hook.spoolFiles()).isEmpty();
  }

  @Test
  void fifty_hooks_at_once_spool_fifty_files() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var runs = new ArrayList<Callable<HookRun>>();
      for (var i = 0; i < 50; i++) {
        var one = hook.outPaths(HELLO + "-" + i, WORLD);
        runs.add(one::run);
      }
      for (var run : threads.invokeAll(runs)) {
        run.get().reports("spooled 2 paths");
      }
    }
    assertThat(hook.spooled()).hasSize(50).doesNotHaveDuplicates();
    assertThat(Hook.list(hook.gcRoots())).hasSize(51);
  }

  @Test
  void a_root_that_is_there_already_is_replaced() throws Exception {
    var root = hook.gcRoots().resolve("spool-" + HASH + "-hello-2.12");
    Files.createSymbolicLink(root, Path.of("/elsewhere"));
    hook.outPaths(HELLO).run().reports("spooled 1 path");
    assertThat(Files.readSymbolicLink(root)).isEqualTo(Path.of(HELLO));
    assertThat(Hook.list(hook.gcRoots())).containsExactly(root);
  }

  @Test
  void a_missing_folder_for_roots_is_no_trouble() throws Exception {
    Files.delete(hook.gcRoots());
    var run = hook.outPaths(HELLO).run();
    run.reports("spooled 1 path");
    assertThat(run.stderr()).doesNotContain("rooted");
  }

  @Test
  void a_folder_for_roots_that_is_a_link_is_not_followed() throws Exception {
    var elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    Files.delete(hook.gcRoots());
    Files.createSymbolicLink(hook.gcRoots(), elsewhere);
    hook.outPaths(HELLO).run().reports("spooled 1 path", "not rooted");
    assertThat(Hook.list(elsewhere)).isEmpty();
  }

  @Test
  void what_is_in_the_way_of_a_root_is_reported_and_left_alone() throws Exception {
    var inTheWay = Files.createDirectory(hook.gcRoots().resolve("spool-" + HASH + "-hello-2.12"));
    hook.outPaths(HELLO).run().reports("spooled 1 path", "not rooted");
    assertThat(Hook.list(hook.gcRoots())).containsExactly(inTheWay);
    assertThat(Files.isDirectory(inTheWay, LinkOption.NOFOLLOW_LINKS)).isTrue();
  }

  // Options and the environment around them.

  @Test
  void an_option_wins_over_the_environment() throws Exception {
    var spool = Files.createDirectory(folder.resolve("other-spool"));
    var roots = Files.createDirectory(folder.resolve("other-roots"));
    Files.setPosixFilePermissions(spool, PosixFilePermissions.fromString("rwx------"));
    Files.setPosixFilePermissions(roots, PosixFilePermissions.fromString("rwx------"));
    hook.outPaths(HELLO)
        .run("--socket", "/elsewhere/sock", "--spool=" + spool, "--gcroots", roots.toString())
        .reports("spooled 1 path because no daemon at /elsewhere/sock");
    assertThat(Hook.list(spool)).hasSize(1);
    assertThat(Hook.list(roots)).hasSize(1);
    assertThat(hook.spoolFiles()).isEmpty();
    assertThat(Hook.list(hook.gcRoots())).isEmpty();
  }

  @Test
  void without_anything_set_the_platforms_places_are_used() throws Exception {
    var help = hook.runBare("--help");
    assertThat(help.status()).isZero();
    assertThat(help.stderr()).isEmpty();
    assertThat(help.stdout())
        .startsWith(
            "usage: hookq-hook [--socket PATH] [--spool DIR] [--gcroots DIR] [--timeout MS]\n")
        .contains("/hookq/hookq.sock", "/var/lib/hookq/spool", "/nix/var/nix/gcroots/hookq", "250");
  }

  @Test
  void the_version_is_printed() throws Exception {
    var run = hook.run("--version");
    assertThat(run.status()).isZero();
    assertThat(run.stderr()).isEmpty();
    assertThat(run.stdout()).matches("hookq-hook [0-9]+\\.[0-9]+\\.[0-9]+\\S*\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--nonsense",
        "nonsense",
        "-h",
        "--socket",
        "--socket=",
        "--timeout=0",
        "--timeout=751",
        "--timeout=-1",
        "--timeout=1s",
        "--timeout=99999999999999999999",
        "--spool",
        "--help=",
        "",
        "--socke=x",
      })
  void a_wrong_option_is_status_2_for_people_and_no_hindrance_for_nix(String option)
      throws Exception {
    var byHand = hook.run(option);
    assertThat(byHand.status()).isEqualTo(2);
    assertThat(byHand.stdout()).isEmpty();
    assertThat(byHand.stderr()).matches("hookq: [ -~]+\n");

    hook.outPaths(HELLO)
        .run(option)
        .reports(": '" + option.split("=", 2)[0].replaceAll("--timeout", ""), "; spooled 1 path");
    hook.outPaths("").run(option).harmless();
    hook.drvPath("").run(option).harmless();
    assertThat(hook.spooled()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "--version"})
  void under_nix_nothing_is_printed_on_stdout(String option) throws Exception {
    hook.outPaths(HELLO)
        .run(option)
        .reports("--help and --version are for calls without OUT_PATHS", "spooled 1 path");
    assertThat(hook.spooled()).hasSize(1);
  }

  @Test
  void closed_standard_descriptors_are_not_mistaken_for_files() throws Exception {
    hook.startedBy("sh", "-c", "exec \"$@\" <&- >&- 2>&-", "sh")
        .outPaths("junk", HELLO)
        .run()
        .silent();
    assertThat(hook.spooled()).containsExactly(new Message(List.of(HELLO), Optional.empty()));
  }

  private static boolean isRoot() throws IOException {
    return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
  }

  private static void requireRoot() throws IOException {
    Assumptions.assumeTrue(
        Files.exists(Path.of("/proc/self")) && isRoot(), "only root may change owners and mount");
  }

  private Hook asNobody() {
    return hook.startedBy("setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups");
  }

  private static void mount(Path where, String options) throws Exception {
    var mounted =
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", options, "tmpfs", where.toString())
            .inheritIO()
            .start()
            .waitFor();
    Assumptions.assumeTrue(mounted == 0, "this root may not mount");
  }

  private static void unmount(Path where) throws Exception {
    assertThat(new ProcessBuilder("umount", where.toString()).inheritIO().start().waitFor())
        .isZero();
  }
}
