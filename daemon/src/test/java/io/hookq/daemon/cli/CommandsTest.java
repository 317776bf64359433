package io.hookq.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.hookq.daemon.control.KickRequest;
import io.hookq.daemon.control.ListRequest;
import io.hookq.daemon.control.WaitRequest;
import io.hookq.daemon.intake.RefusalClass;
import io.hookq.daemon.status.Contract;
import io.hookq.daemon.status.Reports;
import io.hookq.daemon.status.ScreenStyle;
import io.hookq.docs.Operations;
import io.hookq.peers.TempFolder;
import io.hookq.store.StoreDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandsTest {
  private static final String HELLO = "/nix/store/3n58xw4373jp0ljirf06d8077j15pc4j-hello-2.12";
  private static final String WORLD = "/nix/store/9h2xvzjm43xmhw2gzqsbfjq4wl8yrfyl-world-1";
  private static final String DRV = "/nix/store/0h2xvzjm43xmhw2gzqsbfjq4wl8yrfyl-hello.drv";

  @AutoClose private final TempFolder folder = TempFolder.create();
  @AutoClose private final StubbornDaemon daemon;
  private final Path socket = folder.resolve("s");
  private Typed.At shell = new Typed.At(folder.path());

  CommandsTest() throws IOException {
    daemon = new StubbornDaemon(folder.resolve("s"));
  }

  @BeforeEach
  void name_the_socket() {
    shell = new Typed.At(folder.path()).with("HOOKQ_SOCKET", socket);
  }

  private static ListRequest.Entry job(String state, String path, String reason) {
    return new ListRequest.Entry(
        7,
        path,
        "server",
        state,
        2,
        state.equals("queued") ? Optional.of(Reports.NOW.plusSeconds(90)) : Optional.empty(),
        reason.isEmpty() ? Optional.empty() : Optional.of(reason),
        Reports.NOW.minus(Duration.ofHours(2)),
        Reports.NOW.minus(Duration.ofMinutes(3)),
        false);
  }

  // ── push ───────────────────────────────────────────────────────────────────────────────────

  @Test
  void push_enqueues_store_paths_and_says_how_many() {
    var typed = shell.type("push", HELLO, WORLD, "--to", "server");
    assertThat(typed).isEqualTo(new Typed(0, "queued 2 paths for server\n", ""));
    var request = daemon.enqueued.getFirst();
    assertThat(request.paths()).containsExactly(HELLO, WORLD);
    assertThat(request.source()).isEqualTo("push");
    assertThat(request.destination()).contains("server");
  }

  @Test
  void push_says_when_nobody_could_check_the_paths() {
    daemon.unchecked = true;
    assertThat(shell.type("push", HELLO).err())
        .is(Operations.says("queued unchecked, because the Nix daemon could not be asked"));
    assertThat(shell.type("push", HELLO))
        .isEqualTo(
            new Typed(
                0,
                "queued 1 path\n",
                """
                hookq: queued unchecked, because the Nix daemon could not be asked
                hint: a path that is not valid will be listed as gone
                """));
  }

  @Test
  void push_takes_paths_of_the_daemons_own_store() {
    daemon.storeDir = new StoreDir("/gnu/store");
    var path = HELLO.replace("/nix/store", "/gnu/store");
    assertThat(shell.type("push", path).status()).isZero();
    assertThat(daemon.enqueued.getFirst().paths()).containsExactly(path);
    assertThat(shell.type("push", HELLO).status()).isNotZero();
  }

  @Test
  void push_to_all_destinations_says_how_many_those_are() {
    daemon.destinations = 2;
    assertThat(shell.type("push", HELLO).out()).isEqualTo("queued 1 path for 2 destinations\n");
  }

  @Test
  void push_takes_links_and_files_inside_for_their_store_path() throws IOException {
    Files.createSymbolicLink(folder.resolve("result"), Path.of(HELLO));
    Files.createSymbolicLink(folder.resolve("again"), Path.of("result"));
    var typed = shell.type("push", "./result", "again", "again/bin/x", WORLD + "/share/doc");
    assertThat(typed.err()).isEmpty();
    assertThat(daemon.enqueued.getFirst().paths()).containsExactly(HELLO, WORLD);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-", "--stdin"})
  void push_reads_paths_from_stdin(String option) {
    var typed = shell.reading("\n" + HELLO + "\n  " + WORLD + "  \n").type("push", option);
    assertThat(typed.out()).isEqualTo("queued 2 paths\n");
    assertThat(daemon.enqueued.getFirst().paths()).containsExactly(HELLO, WORLD);
  }

  @Test
  void push_of_an_empty_stdin_is_fine_and_asks_nobody() {
    assertThat(shell.type("push", "-")).isEqualTo(new Typed(0, "", ""));
    assertThat(daemon.enqueued).isEmpty();
  }

  @Test
  void push_of_very_many_paths_stays_below_the_longest_line() {
    var paths = new StringBuilder();
    IntStream.range(0, 8_000)
        .forEach(i -> paths.append("/nix/store/%032d-%s\n".formatted(i, "n".repeat(211))));
    assertThat(shell.reading(paths.toString()).type("push", "-").status()).isZero();
    var sent = new ArrayList<String>();
    daemon.enqueued.forEach(request -> sent.addAll(request.paths()));
    assertThat(sent).hasSize(8_000);
  }

  @Test
  void push_takes_the_outputs_of_a_derivation() {
    var typed = shell.type("push", "--outputs-of", DRV);
    assertThat(typed.out()).isEqualTo("queued the outputs of " + DRV + " (1 job)\n");
    assertThat(daemon.enqueued.getFirst().derivation()).contains(DRV);
    assertThat(daemon.enqueued.getFirst().paths()).isEmpty();
  }

  @Test
  void push_and_wait_waits_for_just_these_paths() {
    assertThat(shell.type("push", "--wait", HELLO).status()).isZero();
    assertThat(daemon.waited.getFirst().paths()).containsExactly(HELLO);
    daemon.end = new WaitRequest.Reply(false, List.of(job("failed", HELLO, "refused")));
    var typed = shell.type("push", "--wait", HELLO);
    assertThat(typed.status()).isEqualTo(1);
    assertThat(typed.err()).isEqualTo("hookq: failed to server: " + HELLO + ": refused\n");
  }

  @Test
  void push_of_a_link_to_itself_is_a_usage_error() throws IOException {
    Files.createSymbolicLink(folder.resolve("loop"), Path.of("loop"));
    assertThat(shell.type("push", "loop"))
        .isEqualTo(new Typed(2, "", "hookq: links that lead in a circle: loop\n"));
  }

  @ParameterizedTest
  @CsvSource({
    "'', 'not a store path: \"\"'",
    "/nix/store, not a store path: /nix/store (leads to the whole of /nix/store)",
    "/nix/store/, not a store path: /nix/store/ (leads to the whole of /nix/store)",
    "/nix/store/.., not a store path: /nix/store/.. (does not lead to /nix/store)",
    "/nix/store/short, /nix/store/short: not a store path: 'short' (too short)",
    "/etc/passwd, not a store path: /etc/passwd (does not lead to /nix/store)",
    "missing, no such file: missing"
  })
  void push_of_what_is_no_store_path_is_a_usage_error(String argument, String words) {
    var typed = shell.type("push", HELLO, argument);
    assertThat(typed.status()).isEqualTo(2);
    assertThat(typed.out()).isEmpty();
    assertThat(typed.err()).startsWith("hookq: " + words + "\n");
    assertThat(daemon.enqueued).isEmpty();
  }

  @Test
  void push_takes_a_store_path_in_any_of_its_spellings() throws IOException {
    Files.createSymbolicLink(folder.resolve("result"), Path.of(HELLO));
    Files.createSymbolicLink(folder.resolve("link"), folder.resolve("result"));
    var base = HELLO.substring("/nix/store/".length());
    for (var argument : List.of(HELLO + "/", HELLO + "/bin/x", base, "link/", ".//link/bin/x")) {
      var typed = shell.type("push", argument);
      assertThat(typed).as(argument).isEqualTo(new Typed(0, "queued 1 path\n", ""));
      assertThat(daemon.enqueued.removeLast().paths()).as(argument).containsExactly(HELLO);
    }
  }

  @Test
  void lines_on_stdin_may_end_as_on_windows_or_not_at_all_and_come_twice() {
    var typed = shell.reading(HELLO + "\r\n\r\n" + WORLD + "\r\n" + HELLO).type("push", "-");
    assertThat(typed).isEqualTo(new Typed(0, "queued 2 paths\n", ""));
  }

  @Test
  void push_of_nothing_is_a_usage_error() {
    var typed = shell.type("push");
    assertThat(typed.status()).isEqualTo(2);
    assertThat(typed.err()).startsWith("hookq: nothing to push\nhint: ");
  }

  @Test
  void a_refusal_is_told_in_the_daemons_words() {
    daemon.refuse(RefusalClass.NOT_VALID, "not valid here: " + HELLO);
    assertThat(shell.type("push", HELLO))
        .isEqualTo(new Typed(1, "", "hookq: not valid here: " + HELLO + "\n"));
    daemon.refuse(RefusalClass.BAD_REQUEST, "no such destination: 'moon'");
    assertThat(shell.type("push", HELLO, "--to", "moon").status()).isEqualTo(2);
  }

  // ── status ─────────────────────────────────────────────────────────────────────────────────

  @Test
  void status_is_a_screen() {
    var typed = shell.on(new ScreenStyle(80, false, true)).type("status");
    assertThat(typed.status()).isZero();
    assertThat(typed.out()).startsWith("hookq 0.1.0 · up 3d 4h").contains("server  ssh://");
  }

  @Test
  void status_as_json_is_one_document_on_one_line() throws IOException {
    var typed = shell.type("status", "--json");
    assertThat(typed.out()).endsWith("}\n").hasLineCount(1);
    assertThat(new ObjectMapper().readTree(typed.out()).get("pid").asInt()).isEqualTo(4711);
  }

  @Test
  void without_a_daemon_the_exit_status_is_3() {
    for (var command : List.of("status", "list", "wait", "kick", "push " + HELLO)) {
      var typed = shell.with("HOOKQ_SOCKET", folder.resolve("nobody")).type(command.split(" ", -1));
      assertThat(typed.status()).as(command).isEqualTo(3);
      assertThat(typed.out()).isEmpty();
      assertThat(typed.err())
          .startsWith("hookq: ")
          .contains("\nhint: ")
          .contains("nobody")
          .is(Operations.says("the daemon is not reachable at …"));
      assertThat(typed.err()).doesNotContain("\tat ");
    }
  }

  @Test
  void with_debug_there_is_a_stack_trace() {
    var typed = shell.with("HOOKQ_SOCKET", folder.resolve("nobody")).type("status", "--debug");
    assertThat(typed.err()).contains("\tat ");
  }

  // ── list ───────────────────────────────────────────────────────────────────────────────────

  @Test
  void list_is_an_aligned_table() {
    daemon.jobs =
        List.of(
            job("queued", HELLO, "refused: no\nsignature"),
            job("done", WORLD, ""),
            job("failed", WORLD, "refused"));
    assertThat(shell.type("list").out())
        .isEqualTo(
            """
            STATE   TO      TRIES  SINCE  PATH
            queued  server      2     3m  %s  refused: no; signature; next try in 1m 30s
            done    server      2     3m  %s
            failed  server      2     3m  %s  refused
            """
                .formatted(HELLO, WORLD, WORLD));
  }

  @Test
  void on_a_terminal_a_long_reason_goes_on_its_own_line() {
    daemon.jobs = List.of(job("failed", HELLO, "word ".repeat(40)));
    var lines = shell.on(new ScreenStyle(100, false, true)).type("list").out().lines().toList();
    assertThat(lines.get(1)).endsWith(HELLO);
    assertThat(lines.get(2)).startsWith("    word word").endsWith("…").hasSize(100);
  }

  @Test
  void list_passes_its_choice_on() {
    assertThat(shell.type("list", "--state", "failed", "--to", "server").out()).isEmpty();
    assertThat(daemon.listed)
        .containsExactly(new ListRequest(Optional.of("failed"), Optional.of("server")));
  }

  @Test
  void list_as_json_has_just_the_fields_of_the_contract() throws IOException {
    assertThat(shell.type("list", "--json").out()).isEqualTo("[]\n");
    daemon.jobs = List.of(job("queued", HELLO, ""));
    var typed = shell.type("list", "--json");
    assertThat(typed.out())
        .isEqualTo(
            """
            [{"id":7,"path":"%s","destination":"server","state":"queued","attempts":2,\
            "notBefore":"2026-11-21T12:01:30Z","reason":null,\
            "enqueuedAt":"2026-11-21T10:00:00Z","updatedAt":"2026-11-21T11:57:00Z","orphaned":false}]
            """
                .formatted(HELLO));
    var fields = new ArrayList<String>();
    new ObjectMapper().readTree(typed.out()).get(0).fieldNames().forEachRemaining(fields::add);
    assertThat(Contract.fieldsOf("list")).isEqualTo(fields);
  }

  // ── wait ───────────────────────────────────────────────────────────────────────────────────

  @Test
  void wait_returns_0_when_all_is_done() {
    assertThat(shell.type("wait")).isEqualTo(new Typed(0, "", ""));
    assertThat(daemon.waited.getFirst())
        .isEqualTo(
            new WaitRequest(List.of(), Optional.empty(), Optional.empty(), Optional.empty()));
  }

  @Test
  void wait_returns_1_when_a_job_failed() {
    daemon.end = new WaitRequest.Reply(false, List.of(job("failed", HELLO, "refused")));
    assertThat(shell.type("wait").status()).isEqualTo(1);
  }

  @Test
  void wait_returns_4_when_it_timed_out() {
    daemon.end = new WaitRequest.Reply(true, List.of());
    var typed = shell.type("wait", "--timeout", "1m30s", "--to", "server");
    assertThat(typed.status()).isEqualTo(4);
    assertThat(typed.err()).startsWith("hookq: timed out after 1m 30s\nhint: ");
    assertThat(daemon.waited.getFirst().timeout()).contains(Duration.ofSeconds(90));
    assertThat(daemon.waited.getFirst().destination()).contains("server");
  }

  @ParameterizedTest
  @CsvSource({
    "10m, 2026-11-21T11:50:00Z",
    "2026-11-20T00:00:00Z, 2026-11-20T00:00:00Z",
    "2026-11-20T01:00:00+01:00, 2026-11-20T00:00:00Z"
  })
  void wait_counts_failures_since_a_time(String since, Instant time) {
    assertThat(shell.type("wait", "--since", since).status()).isZero();
    assertThat(daemon.waited.getFirst().since()).contains(time);
  }

  @Test
  void a_day_begins_on_the_local_clock() {
    assertThat(shell.type("wait", "--since", "2026-11-20").status()).isZero();
    assertThat(daemon.waited.getFirst().since())
        .contains(LocalDate.of(2026, 11, 20).atStartOfDay(ZoneId.systemDefault()).toInstant());
  }

  @ParameterizedTest
  @ValueSource(strings = {"--timeout=soon", "--timeout=10", "--since=yesterday"})
  void a_wrong_time_is_a_usage_error(String option) {
    var typed = shell.type("wait", option);
    assertThat(typed.status()).isEqualTo(2);
    assertThat(typed.err()).contains("\nhint: ");
  }

  @Test
  void a_daemon_that_dies_while_one_waits_for_it_is_one_that_is_not_reachable() throws Exception {
    daemon.held = new CountDownLatch(1);
    var waiting = CompletableFuture.supplyAsync(() -> shell.type("wait", "--timeout", "10m"));
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(daemon.waited).hasSize(1));
    daemon.close();
    var typed = waiting.get(60, TimeUnit.SECONDS);
    daemon.held.countDown();
    assertThat(typed.status()).isEqualTo(3);
    assertThat(typed.out()).isEmpty();
    assertThat(typed.err()).startsWith("hookq: hung up without an answer: ");
  }

  // ── kick ───────────────────────────────────────────────────────────────────────────────────

  @Test
  void kick_has_all_destinations_tried_now_or_the_one_that_is_named() {
    daemon.destinations = 2;
    assertThat(shell.type("kick")).isEqualTo(new Typed(0, "trying 2 destinations now\n", ""));
    assertThat(shell.type("kick", "server").out()).isEqualTo("trying server now\n");
    assertThat(daemon.kicked)
        .containsExactly(new KickRequest(Optional.empty()), new KickRequest(Optional.of("server")));
  }

  @Test
  void kick_says_what_stays_paused_and_fails_where_nothing_is_tried() {
    daemon.destinations = 2;
    daemon.paused = List.of("server");
    var said = "hookq: nothing is tried, for it is paused: server\nhint: hookq resume server\n";
    assertThat(shell.type("kick")).isEqualTo(new Typed(0, "trying 1 destination now\n", said));
    assertThat(shell.type("kick", "server")).isEqualTo(new Typed(1, "", said));
  }

  @Test
  void kick_of_a_destination_that_is_not_there_is_a_usage_error() {
    daemon.refuse(RefusalClass.BAD_REQUEST, "no such destination: 'sever' (one of server)");
    assertThat(shell.type("kick", "sever"))
        .isEqualTo(new Typed(2, "", "hookq: no such destination: 'sever' (one of server)\n"));
  }

  // ── The command line as such ───────────────────────────────────────────────────────────────

  @ParameterizedTest
  @CsvSource({
    "stats, status",
    "version, --version",
    "status --jsn, --json",
    "list --sate=failed, --state"
  })
  void what_is_mistyped_gets_a_suggestion(String line, String suggestion) {
    var typed = shell.type(line.split(" ", -1));
    assertThat(typed.status()).isEqualTo(2);
    assertThat(typed.out()).isEmpty();
    assertThat(typed.err())
        .matches("(?s)hookq: (no such command|unknown option).*")
        .contains("hint: did you mean")
        .contains(suggestion);
  }

  @Test
  void a_command_that_there_is_not_is_called_one() {
    assertThat(shell.type("bogus", "--json"))
        .isEqualTo(
            new Typed(
                2, "", "hookq: no such command: 'bogus'\nhint: hookq --help says what there is\n"));
    assertThat(shell.type("status", "bogus").err())
        .startsWith("hookq: one argument too many: 'bogus'\n");
  }

  @Test
  void the_list_of_commands_says_of_each_in_whole_sentences_what_it_does() {
    assertThat(shell.type("--help").out()).contains("receive").doesNotContain(", as in");
  }

  @Test
  void without_a_command_it_is_a_usage_error() {
    var typed = shell.type();
    assertThat(typed.status()).isEqualTo(2);
    assertThat(typed.err()).isEqualTo("hookq: no command\nhint: hookq --help lists them\n");
  }

  @Test
  void help_and_version_are_answers() {
    assertThat(shell.type("--version").out()).matches("hookq \\d.*\n");
    for (var command : List.of("--help", "push --help", "wait --help", "demo -h")) {
      var typed = shell.type(command.split(" ", -1));
      assertThat(typed.status()).as(command).isZero();
      assertThat(typed.out()).contains("Usage: hookq");
      assertThat(typed.err()).isEmpty();
    }
    assertThat(shell.type("--help").out())
        .contains("daemon", "push", "status", "list", "wait", "kick", "check-config", "demo");
  }

  @Test
  void help_tells_of_a_command_what_its_own_help_tells() {
    assertThat(shell.type("help")).isEqualTo(shell.type("--help"));
    for (var command : List.of("push", "wait", "generate-completion", "help")) {
      assertThat(shell.type("help", command)).isEqualTo(shell.type(command, "--help"));
    }
    assertThat(shell.type("help", "stats"))
        .isEqualTo(
            new Typed(2, "", "hookq: no such command: 'stats'\nhint: did you mean status?\n"));
    assertThat(shell.type("help", "push", "pull").status()).isEqualTo(2);
  }

  @Test
  void what_stands_beside_version_is_not_passed_over() {
    var typed = shell.type("--version", "extra");
    assertThat(typed.status()).isEqualTo(2);
    assertThat(typed.out()).isEmpty();
    assertThat(typed.err()).contains("'extra'");
  }

  @Test
  void a_host_key_beside_accept_new_is_told_to_be_all_that_counts() throws Exception {
    var config = folder.resolve("pinned.toml");
    Files.writeString(
        config,
        """
        [destinations.server]
        uri = "ssh://server"
        host-key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
        host-key-checking = "accept-new"
        """);
    var typed = shell.type("check-config", config.toString());
    assertThat(typed.status()).isZero();
    assertThat(typed.err())
        .isEqualTo(
            """
            hookq: destinations.server.host-key-checking: "accept-new" does nothing beside host-key
            hint: only the key in host-key is taken; leave out one of the two
            """);
  }

  @Test
  void an_option_wins_over_its_variable_wherever_it_stands() {
    var elsewhere = shell.with("HOOKQ_SOCKET", folder.resolve("nobody"));
    assertThat(elsewhere.type("--socket", socket.toString(), "status").status()).isZero();
    assertThat(elsewhere.type("status", "--socket", socket.toString()).status()).isZero();
    assertThat(elsewhere.type("status", "--socket", "s").status()).isZero();
  }

  @Test
  void the_socket_is_taken_from_the_config_where_nothing_else_names_one() throws IOException {
    var config = Files.writeString(folder.resolve("hookq.toml"), config());
    var plain = new Typed.At(folder.path());
    assertThat(plain.type("status", "--config", config.toString()).status()).isZero();
    assertThat(plain.with("HOOKQ_CONFIG", config).type("status").status()).isZero();
  }

  @Test
  void variables_that_are_empty_count_as_not_set() {
    var unset = new Typed.At(folder.path()).type("status");
    var empty =
        new Typed.At(folder.path())
            .with("HOOKQ_CONFIG", "")
            .with("HOOKQ_SOCKET", "")
            .type("status");
    assertThat(empty).isEqualTo(unset);
  }

  @Test
  void a_relative_socket_in_the_variable_is_taken_from_where_one_stands() throws IOException {
    var config = Files.writeString(folder.resolve("hookq.toml"), config());
    assertThat(shell.with("HOOKQ_SOCKET", "s").type("status").status()).isZero();
    // Too long for any kernel: what the daemon was given is wrong, not the daemon.
    var typed =
        shell.with("HOOKQ_SOCKET", "s".repeat(200)).type("daemon", "--config", config.toString());
    assertThat(typed.status()).isEqualTo(2);
    assertThat(typed.err()).startsWith("hookq: a socket's path has at most ");
  }

  @Test
  void a_socket_too_long_for_any_daemon_is_a_usage_error() {
    var typed = shell.type("status", "--socket", "s".repeat(200));
    assertThat(typed.status()).isEqualTo(2);
    assertThat(typed.err()).startsWith("hookq: a socket's path has at most ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "status --socket ",
        "list --config ",
        "list --to ",
        "metrics --textfile ",
        "push --outputs-of ",
        "doctor --socket "
      })
  void an_option_with_nothing_behind_it_is_a_usage_error(String line) {
    var words = line.split(" ", -1);
    assertThat(shell.type(words))
        .isEqualTo(
            new Typed(
                2,
                "",
                "hookq: %s: no value, only \"\"\nhint: hookq %s --help says what there is\n"
                    .formatted(words[1], words[0])));
  }

  private String config() {
    return """
    [daemon]
    socket = "%s"
    [destinations.server]
    uri = "ssh://nix-ssh@server"
    """
        .formatted(socket);
  }

  // ── check-config ───────────────────────────────────────────────────────────────────────────

  @Test
  void check_config_says_that_a_config_is_fine() throws IOException {
    var file = Files.writeString(folder.resolve("hookq.toml"), config());
    assertThat(shell.type("check-config", "hookq.toml"))
        .isEqualTo(new Typed(0, file + ": fine, to server\n", ""));
    assertThat(shell.with("HOOKQ_CONFIG", file).type("check-config").status()).isZero();
  }

  @Test
  void check_config_names_what_is_wrong() throws IOException {
    Files.writeString(folder.resolve("bad.toml"), config() + "chanels = 3\n");
    var typed = shell.type("check-config", "bad.toml");
    assertThat(typed.status()).isEqualTo(2);
    assertThat(typed.out()).isEmpty();
    assertThat(typed.err()).startsWith("hookq: ").contains("bad.toml").contains("chanels");
    assertThat(shell.type("check-config", "missing.toml").status()).isEqualTo(2);
    assertThat(shell.type("daemon", "--config", "bad.toml").status()).isEqualTo(2);
  }

  @Test
  void a_file_where_the_state_should_be_is_named_with_what_is_wrong_with_it() throws IOException {
    var file = Files.createFile(folder.resolve("file"));
    Files.writeString(
        folder.resolve("hookq.toml"),
        config().replace("[daemon]", "[daemon]\nstate-dir = \"" + file + "\""));
    assertThat(shell.type("daemon", "--config", "hookq.toml"))
        .isEqualTo(new Typed(1, "", "hookq: something is in the way: " + file + "\n"));
  }
}
