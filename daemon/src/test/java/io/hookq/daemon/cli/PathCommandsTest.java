package io.hookq.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hookq.daemon.control.CheckRequest;
import io.hookq.daemon.control.DropRequest;
import io.hookq.daemon.control.ListRequest;
import io.hookq.daemon.control.PauseRequest;
import io.hookq.daemon.control.ReconcileRequest;
import io.hookq.daemon.control.ResumeRequest;
import io.hookq.daemon.control.RetryRequest;
import io.hookq.daemon.control.WaitRequest;
import io.hookq.daemon.control.WhyRequest;
import io.hookq.daemon.intake.RefusalClass;
import io.hookq.daemon.status.Contract;
import io.hookq.daemon.status.ProgressLine;
import io.hookq.daemon.status.Reports;
import io.hookq.daemon.status.ScreenStyle;
import io.hookq.docs.Operations;
import io.hookq.peers.TempFolder;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands about single paths and destinations, against a daemon that says what it is told. */
class PathCommandsTest {
  private static final String HELLO = "/nix/store/3n58xw4373jp0ljirf06d8077j15pc4j-hello-2.12";
  private static final String WORLD = "/nix/store/9h2xvzjm43xmhw2gzqsbfjq4wl8yrfyl-world-1";
  private static final String DRV = "/nix/store/0h2xvzjm43xmhw2gzqsbfjq4wl8yrfyl-hello.drv";

  @AutoClose private final TempFolder folder = TempFolder.create();
  @AutoClose private final StubbornDaemon daemon;
  private Typed.At shell = new Typed.At(folder.path());

  PathCommandsTest() throws IOException {
    daemon = new StubbornDaemon(folder.resolve("s"));
  }

  @BeforeEach
  void name_the_socket() {
    shell = new Typed.At(folder.path()).with("HOOKQ_SOCKET", folder.resolve("s"));
  }

  /** A time as the machine's clock shows it, so that the test holds in every zone. */
  private static Instant local(String time) {
    return LocalDateTime.parse("2026-11-21T" + time).atZone(ZoneId.systemDefault()).toInstant();
  }

  private static ListRequest.Entry job(String state, Optional<String> reason) {
    return new ListRequest.Entry(
        7,
        HELLO,
        "server",
        state,
        1,
        Optional.empty(),
        reason,
        local("10:00:00"),
        local("10:05:09"),
        false);
  }

  // ── retry and drop ─────────────────────────────────────────────────────────────────────────

  @Test
  void retry_takes_all_or_what_is_named_in_any_of_its_names() throws IOException {
    assertThat(shell.type("retry", "--all", "--to", "server"))
        .isEqualTo(new Typed(0, "queued 2 jobs\n", ""));
    Files.createSymbolicLink(folder.resolve("result"), Path.of(HELLO));
    var base = WORLD.substring("/nix/store/".length());
    assertThat(shell.type("retry", "./result", base, "3n58xw43").status()).isZero();
    assertThat(daemon.asked)
        .containsExactly(
            new RetryRequest(List.of(), Optional.of("server")),
            new RetryRequest(List.of(HELLO, WORLD, "3n58xw43"), Optional.empty()));
  }

  @Test
  void drop_says_how_many_jobs_it_dropped() {
    daemon.changed = 1;
    assertThat(shell.type("drop", HELLO)).isEqualTo(new Typed(0, "dropped 1 job\n", ""));
    assertThat(daemon.asked).containsExactly(new DropRequest(List.of(HELLO), Optional.empty()));
  }

  @Test
  void sweeping_up_nothing_is_fine_and_a_path_without_a_job_is_not() {
    daemon.changed = 0;
    assertThat(shell.type("retry", "--all")).isEqualTo(new Typed(0, "queued 0 jobs\n", ""));
    assertThat(shell.type("retry", HELLO))
        .isEqualTo(
            new Typed(
                1,
                "",
                "hookq: no failed or gone job for "
                    + HELLO
                    + "\nhint: hookq why PATH tells what became of it\n"));
    assertThat(shell.type("retry", HELLO).err())
        .is(Operations.says("no failed or gone job for PATH"));
    assertThat(shell.type("drop", HELLO).err()).is(Operations.says("no job for PATH"));
    assertThat(shell.type("drop", HELLO, WORLD).err())
        .startsWith("hookq: no job for any of these paths\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"retry", "drop"})
  void it_must_be_said_what_is_meant(String command) {
    assertThat(shell.type(command))
        .isEqualTo(
            new Typed(
                2,
                "",
                "hookq: nothing to " + command + "\nhint: name store paths, or say --all\n"));
    assertThat(shell.type(command, "--all", HELLO))
        .isEqualTo(new Typed(2, "", "hookq: either paths or --all, not both\n"));
    assertThat(daemon.asked).isEmpty();
  }

  // ── pause and resume ───────────────────────────────────────────────────────────────────────

  @Test
  void pause_and_resume_mean_one_destination_or_all() {
    daemon.destinations = 2;
    assertThat(shell.type("pause")).isEqualTo(new Typed(0, "paused 2 destinations\n", ""));
    assertThat(shell.type("resume", "server")).isEqualTo(new Typed(0, "resumed server\n", ""));
    assertThat(daemon.asked)
        .containsExactly(
            new PauseRequest(Optional.empty()), new ResumeRequest(Optional.of("server")));
    daemon.refuse(RefusalClass.BAD_REQUEST, "no such destination: 'moon' (one of server)");
    assertThat(shell.type("pause", "moon").status()).isEqualTo(2);
  }

  // ── why ────────────────────────────────────────────────────────────────────────────────────

  private static WhyRequest.Change change(
      String at, String event, String state, int attempts, String reason) {
    return new WhyRequest.Change(
        local(at),
        event,
        state,
        attempts,
        reason.isEmpty() ? Optional.empty() : Optional.of(reason));
  }

  private static WhyRequest.Reply done() {
    return new WhyRequest.Reply(
        HELLO,
        Optional.of(true),
        Optional.of(
            new WhyRequest.Origin(
                local("09:59:59"), true, Optional.of(DRV), List.of("key-1"), false)),
        Optional.of(local("10:00:00")),
        List.of(
            new WhyRequest.Life(
                job("done", Optional.empty()),
                Optional.of(DRV),
                "hook",
                List.of(
                    change("10:00:00", "enqueued", "queued", 0, ""),
                    change("10:05:00", "started", "uploading", 0, ""),
                    change("10:05:01", "refused", "queued", 1, "it lacks\na valid signature"),
                    change("10:05:09", "arrived", "done", 1, "")),
                List.of(
                    new WhyRequest.Wait(
                        "trouble",
                        local("10:00:01"),
                        Optional.of(local("10:04:59")),
                        Optional.of("server cannot be reached")),
                    new WhyRequest.Wait(
                        "paused", local("10:05:02"), Optional.empty(), Optional.empty())))));
  }

  @Test
  void why_tells_the_life_of_a_path_in_sentences_with_times() {
    daemon.life = done();
    assertThat(shell.type("why", HELLO))
        .isEqualTo(
            new Typed(
                0,
                """
                %s
                  to server: done
                    2026-11-21 10:00:00  queued by the hook after the build of %s
                    2026-11-21 10:00:01  waits, because the destination is in trouble, until \
                2026-11-21 10:04:59: server cannot be reached
                    2026-11-21 10:05:00  the upload began
                    2026-11-21 10:05:01  refused, attempt 1: it lacks; a valid signature
                    2026-11-21 10:05:02  waits, because the destination is paused, and still does
                    2026-11-21 10:05:09  done: it is valid there, with its closure
                """
                    .formatted(HELLO, DRV),
                ""));
    assertThat(daemon.asked).containsExactly(new WhyRequest(HELLO));
  }

  @Test
  void why_names_the_rule_that_left_a_path_out() {
    var skipped = job("skipped", Optional.of("filter.exclude: -source$"));
    daemon.life =
        new WhyRequest.Reply(
            HELLO,
            Optional.of(true),
            Optional.empty(),
            Optional.empty(),
            List.of(
                new WhyRequest.Life(
                    skipped,
                    Optional.empty(),
                    "push",
                    List.of(
                        change("10:00:00", "enqueued", "queued", 0, ""),
                        change("10:00:01", "left-out", "skipped", 0, "filter.exclude: -source$")),
                    List.of())));
    assertThat(shell.type("why", HELLO).out())
        .contains("to server: left out by the filter: filter.exclude: -source$")
        .contains("10:00:01  left out by the filter: filter.exclude: -source$");
  }

  private void origin(boolean ultimate, Optional<String> deriver, String key, boolean addressed) {
    daemon.life =
        new WhyRequest.Reply(
            HELLO,
            Optional.of(true),
            Optional.of(
                new WhyRequest.Origin(
                    local("09:00:00"),
                    ultimate,
                    deriver,
                    key.isEmpty() ? List.of() : List.of(key),
                    addressed)),
            Optional.empty(),
            List.of());
  }

  @Test
  void why_of_a_path_never_seen_says_what_could_be_the_cause() {
    origin(true, Optional.of(DRV), "", false);
    var typed = shell.type("why", HELLO);
    assertThat(typed.status()).isEqualTo(1);
    assertThat(typed.out())
        .startsWith(
            HELLO + "\n  hookq knows of no job for it\n  it was built here at 2026-11-21 09")
        .contains("before the hook was set up", "hookq push queues it");
    origin(false, Optional.of(DRV), "cache.nixos.org-1", false);
    assertThat(shell.type("why", HELLO).out())
        .contains("it was substituted, not built", "signed by cache.nixos.org-1");
    origin(false, Optional.of(DRV), "", false);
    assertThat(shell.type("why", HELLO).out()).contains("from a remote builder or by a copy");
    origin(false, Optional.empty(), "", true);
    assertThat(shell.type("why", HELLO).out()).contains("it is a source or was fetched");
    daemon.life =
        new WhyRequest.Reply(
            HELLO, Optional.of(false), Optional.empty(), Optional.empty(), List.of());
    assertThat(shell.type("why", HELLO).out())
        .contains("it is not valid here: it was not built yet, or it was collected as garbage");
    daemon.life =
        new WhyRequest.Reply(
            HELLO, Optional.empty(), Optional.empty(), Optional.empty(), List.of());
    assertThat(shell.type("why", HELLO).out()).contains("the Nix daemon does not answer");
  }

  @Test
  void why_of_the_beginning_of_a_hash_is_for_the_daemon_to_complete() {
    daemon.refuse(RefusalClass.NOT_VALID, "no job is known for a path that begins with 3n58");
    assertThat(shell.type("why", "3n58"))
        .isEqualTo(new Typed(1, "", "hookq: no job is known for a path that begins with 3n58\n"));
    assertThat(shell.type("why", "nothing-like-it").status()).isEqualTo(2);
  }

  @Test
  void why_as_json_has_just_the_fields_of_the_contract() throws IOException {
    daemon.life = done();
    assertThat(fields(shell.type("why", HELLO, "--json")))
        .containsExactlyInAnyOrderElementsOf(Contract.fieldsOf("why"));
    origin(true, Optional.empty(), "", false);
    var unknown = shell.type("why", HELLO, "--json");
    assertThat(unknown.status()).isEqualTo(1);
    assertThat(unknown.out()).hasLineCount(1).endsWith("\"jobs\":[]}\n");
  }

  /** Every field of a document, with the names of those around it, as the contract writes them. */
  private static List<String> fields(Typed typed) throws IOException {
    var fields = new ArrayList<String>();
    collect("", new ObjectMapper().readTree(typed.out()), fields);
    return fields.stream().distinct().toList();
  }

  private static void collect(String prefix, JsonNode node, List<String> fields) {
    node.properties()
        .forEach(field -> {
          var name = prefix + field.getKey();
          fields.add(name);
          if (field.getValue().isObject()) {
            collect(name + ".", field.getValue(), fields);
          }
          for (var element : field.getValue().isArray() ? field.getValue() : List.<JsonNode>of()) {
            collect(name + "[].", element, fields);
          }
        });
  }

  // ── check ──────────────────────────────────────────────────────────────────────────────────

  private static CheckRequest.Answer answer(String name, String missing, String error) {
    return new CheckRequest.Answer(
        name,
        2,
        missing.isEmpty() ? List.of() : List.of(missing),
        error.isEmpty() ? Optional.empty() : Optional.of(error));
  }

  @Test
  void check_says_what_a_destination_lacks() {
    daemon.checked = new CheckRequest.Reply(List.of(answer("server", "", "")));
    assertThat(shell.type("check", HELLO, WORLD, "--closure", "--to", "server"))
        .isEqualTo(new Typed(0, "server has all 2 paths\n", ""));
    assertThat(daemon.asked)
        .containsExactly(new CheckRequest(List.of(HELLO, WORLD), true, Optional.of("server")));
    daemon.checked = new CheckRequest.Reply(List.of(answer("server", WORLD, "")));
    assertThat(shell.type("check", HELLO, WORLD))
        .isEqualTo(new Typed(1, "server lacks " + WORLD + "\n", ""));
  }

  @Test
  void check_of_a_destination_out_of_reach_is_a_no_with_the_reason() {
    daemon.checked =
        new CheckRequest.Reply(
            List.of(answer("server", "", "no route to host"), answer("attic", "", "")));
    assertThat(shell.type("check", HELLO, WORLD))
        .isEqualTo(
            new Typed(
                1, "attic has all 2 paths\n", "hookq: server cannot be asked: no route to host\n"));
  }

  @Test
  void what_a_server_says_moves_nothing_on_the_terminal() {
    var words = "no\u001b[2J\u009b31m\nsecond \u202eline";
    daemon.checked = new CheckRequest.Reply(List.of(answer("server", "", words)));
    assertThat(shell.type("check", HELLO).err())
        .isEqualTo("hookq: server cannot be asked: no?[2J?31m; second ?line\n");
  }

  @Test
  void check_as_json_has_just_the_fields_of_the_contract() throws IOException {
    daemon.checked = new CheckRequest.Reply(List.of(answer("server", WORLD, "")));
    var typed = shell.type("check", HELLO, "--json");
    assertThat(typed.status()).isEqualTo(1);
    assertThat(typed.out())
        .isEqualTo(
            "{\"destinations\":[{\"name\":\"server\",\"asked\":2,\"missing\":[\""
                + WORLD
                + "\"],\"error\":null}]}\n");
    assertThat(Contract.fieldsOf("check")).isEqualTo(fields(typed));
  }

  @ParameterizedTest
  @ValueSource(strings = {"check", "why"})
  void a_path_must_be_named(String command) {
    assertThat(shell.type(command))
        .isEqualTo(
            new Typed(
                2,
                "",
                "hookq: missing required parameter: 'PATH'\nhint: hookq "
                    + command
                    + " --help says what there is\n"));
  }

  // ── reconcile ──────────────────────────────────────────────────────────────────────────────

  private static ReconcileRequest.Answer compared(
      long filtered, List<ReconcileRequest.Missing> paths, long queued, String error) {
    return new ReconcileRequest.Answer(
        "server",
        1_204,
        filtered,
        2,
        3 << 20,
        queued,
        paths,
        error.isEmpty() ? Optional.empty() : Optional.of(error));
  }

  @Test
  void reconcile_says_what_is_queued_now() {
    daemon.reconciled = new ReconcileRequest.Reply(9, List.of(compared(4, List.of(), 2, "")));
    assertThat(shell.type("reconcile", "--to", "server", "--remote-built"))
        .isEqualTo(
            new Typed(
                0,
                "server misses 2 (3.0 MiB) of 1,204 built here, 4 filtered, which are queued\n",
                ""));
    assertThat(daemon.asked)
        .containsExactly(new ReconcileRequest(Optional.of("server"), true, false));
  }

  @Test
  void a_dry_run_lists_what_is_missing_with_sizes() throws IOException {
    daemon.reconciled =
        new ReconcileRequest.Reply(
            9,
            List.of(
                compared(
                    0,
                    List.of(
                        new ReconcileRequest.Missing(HELLO, 2 << 20),
                        new ReconcileRequest.Missing(WORLD, 120)),
                    0,
                    "")));
    assertThat(shell.type("reconcile", "--dry-run").out())
        .isEqualTo(
            """
               2.0 MiB  %s
                 120 B  %s
            server misses 2 (3.0 MiB) of 1,204 built here
            """
                .formatted(HELLO, WORLD));
    assertThat(Contract.fieldsOf("reconcile"))
        .isEqualTo(fields(shell.type("reconcile", "--dry-run", "--json")));
  }

  @Test
  void reconcile_with_a_destination_out_of_reach_is_a_no_with_the_reason() {
    daemon.reconciled =
        new ReconcileRequest.Reply(9, List.of(compared(0, List.of(), 0, "no route to host")));
    assertThat(shell.type("reconcile"))
        .isEqualTo(new Typed(1, "", "hookq: server cannot be asked: no route to host\n"));
  }

  // ── metrics ────────────────────────────────────────────────────────────────────────────────

  @Test
  void metrics_go_into_a_file_whole_and_for_everybody_to_read() throws IOException {
    assertThat(shell.type("metrics", "--textfile", "hookq.prom")).isEqualTo(new Typed(0, "", ""));
    var file = folder.resolve("hookq.prom");
    assertThat(file).hasContent(shell.type("metrics").out());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-r--r--");
    try (var files = Files.list(folder.path())) {
      assertThat(files.map(Path::getFileName).map(Path::toString))
          .containsExactlyInAnyOrder("hookq.prom", "s");
    }
  }

  @Test
  void metrics_that_cannot_be_written_leave_nothing_behind() throws IOException {
    Files.createDirectories(folder.resolve("taken/x"));
    var typed = shell.type("metrics", "--textfile", "taken");
    assertThat(typed.status()).isEqualTo(1);
    assertThat(typed.err())
        .isEqualTo("hookq: a folder, not a file to write: " + folder.resolve("taken") + "\n");
    assertThat(shell.type("metrics", "--textfile", "no/such/folder/f").err())
        .isEqualTo("hookq: no such folder: " + folder.resolve("no/such/folder") + "\n");
    try (var files = Files.list(folder.path())) {
      assertThat(files.map(Path::getFileName).map(Path::toString))
          .containsExactlyInAnyOrder("taken", "s");
    }
  }

  // ── push and wait ──────────────────────────────────────────────────────────────────────────

  @Test
  void push_queues_a_line_as_soon_as_it_comes() throws Exception {
    var pipe = new PipedOutputStream();
    var in = new PipedInputStream(pipe);
    var typed = CompletableFuture.supplyAsync(() -> shell.reading(in).type("push", "--stdin"));
    for (var path : List.of(HELLO, WORLD)) {
      pipe.write((path + "\n").getBytes(StandardCharsets.UTF_8));
      pipe.flush();
      await()
          .untilAsserted(() ->
              assertThat(daemon.enqueued)
                  .anyMatch(request -> request.paths().equals(List.of(path))));
      assertThat(typed).isNotDone();
    }
    pipe.close();
    assertThat(typed.get(60, TimeUnit.SECONDS)).isEqualTo(new Typed(0, "queued 2 paths\n", ""));
  }

  @Test
  void a_bad_line_is_said_and_the_others_are_queued() {
    var typed = shell.reading("nonsense\n" + HELLO + "\n" + WORLD + "\n").type("push", "-");
    assertThat(typed)
        .isEqualTo(new Typed(2, "queued 2 paths\n", "hookq: no such file: nonsense\n"));
    daemon.enqueued.clear();
    daemon.notValid = WORLD;
    typed = shell.reading(DRV + "\n" + WORLD + "\n" + HELLO + "\n").type("push", "-");
    assertThat(typed)
        .isEqualTo(new Typed(1, "queued 2 paths\n", "hookq: not valid: " + WORLD + "\n"));
  }

  @Test
  void push_and_wait_waits_for_all_of_very_many_paths_and_no_others() {
    var paths = new StringBuilder();
    IntStream.range(0, 8_000)
        .forEach(i -> paths.append("/nix/store/%032d-%s\n".formatted(i, "n".repeat(211))));
    assertThat(shell.reading(paths.toString()).type("push", "-", "--wait").status()).isZero();
    var waited = daemon.waited.stream().flatMap(request -> request.paths().stream()).toList();
    assertThat(waited).hasSize(8_000).doesNotHaveDuplicates();
  }

  @Test
  void push_and_wait_waits_for_just_the_outputs_of_a_derivation() {
    daemon.outputs = List.of(HELLO, WORLD);
    daemon.end = new WaitRequest.Reply(false, List.of(job("gone", Optional.of("no longer valid"))));
    var typed = shell.type("push", "--outputs-of", DRV, "--wait");
    assertThat(typed.status()).isEqualTo(1);
    assertThat(typed.err())
        .isEqualTo("hookq: gone to server: " + HELLO + ": no longer valid\n")
        .is(Operations.says("gone to NAME: PATH: …"));
    assertThat(daemon.waited.getFirst().paths()).containsExactly(HELLO, WORLD);
  }

  @Test
  void push_and_wait_tells_what_a_filter_left_out_and_does_not_call_it_a_failure() {
    daemon.jobs = List.of(job("skipped", Optional.of("filter.exclude: \"^hello\"")));
    assertThat(shell.type("push", "--wait", HELLO))
        .isEqualTo(
            new Typed(
                0,
                "queued 1 path\n",
                "hookq: left out by the filter of server: %s: filter.exclude: \"^hello\"\n"
                    .formatted(HELLO)));
    assertThat(shell.type("push", "--wait", HELLO).err())
        .is(Operations.says("left out by the filter of NAME: PATH: …"));
    assertThat(shell.type("push", "--wait", WORLD).err()).isEmpty();
  }

  @Test
  void list_marks_the_jobs_of_a_destination_that_left_the_config() {
    var orphan =
        new ListRequest.Entry(
            8,
            WORLD,
            "old",
            "queued",
            0,
            Optional.empty(),
            Optional.empty(),
            Reports.NOW,
            Reports.NOW,
            true);
    daemon.jobs = List.of(job("done", Optional.empty()), orphan);
    var lines = shell.type("list").out().lines().toList();
    assertThat(lines.get(1)).startsWith("done    server          ");
    assertThat(lines.get(2)).startsWith("queued  old (orphaned)  ");
  }

  @Test
  void waiting_shows_progress_on_a_terminal_only() {
    assertThat(shell.with("TERM", "xterm").type("wait").out()).isEmpty();
    var terminal = shell.on(new ScreenStyle(100, false, true));
    assertThat(terminal.type("wait").out())
        .startsWith(
            "\r\u001b[?7l1,503 queued, 1 uploading · 2 spooled · server 54% 18.2 MiB/s ETA 19s · o")
        .endsWith("\r\u001b[?7l\u001b[K\u001b[?7h\r");
    assertThat(terminal.with("TERM", "dumb").type("wait").out()).isEmpty();
  }

  @Test
  void progress_names_the_state_of_a_destination_that_does_not_move() {
    var all = Optional.<String>empty();
    var ascii = new ScreenStyle(200, false, false);
    assertThat(ProgressLine.of(Reports.busy(), all, Reports.NOW, ascii))
        .endsWith("- office waiting, next try in 1m 35s");
    assertThat(ProgressLine.of(Reports.fresh(), all, Reports.NOW, ascii))
        .isEqualTo("0 queued, 0 uploading");
  }

  @Test
  void progress_of_one_destination_tells_of_no_other() {
    var terminal = shell.on(new ScreenStyle(100, false, true)).with("TERM", "xterm");
    assertThat(terminal.type("wait", "--to", "server").out())
        .contains("3 queued, 1 uploading · 2 spooled · server 54% 18.2 MiB/s ETA 19s\u001b[K");
    assertThat(terminal.type("push", "--wait", "--to", "office", HELLO).out())
        .contains("1,500 queued, 0 uploading · 2 spooled · office waiting, next try in 1m 35s");
  }

  @Test
  void without_a_daemon_each_of_them_exits_with_3() {
    var alone = shell.with("HOOKQ_SOCKET", folder.resolve("nobody"));
    for (var line :
        List.of(
            "retry --all",
            "drop --all",
            "pause",
            "resume",
            "why " + HELLO,
            "check " + HELLO,
            "reconcile",
            "metrics",
            "metrics --textfile x")) {
      var typed = alone.type(line.split(" ", -1));
      assertThat(typed.status()).as(line).isEqualTo(3);
      assertThat(typed.out()).isEmpty();
      assertThat(typed.err()).contains("\nhint: is the daemon running?");
    }
    assertThat(folder.resolve("x")).doesNotExist();
  }
}
