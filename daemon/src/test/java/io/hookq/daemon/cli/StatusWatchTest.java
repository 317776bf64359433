package io.hookq.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.hookq.daemon.status.Reports;
import io.hookq.daemon.status.StatusReport;
import io.hookq.peers.PeerProcess;
import io.hookq.peers.TempFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code status --watch} as a process of its own, in a real terminal, in a pipe. */
class StatusWatchTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @AutoClose private final TempFolder folder = TempFolder.create();
  private final Path socket = folder.resolve("s");
  private final Path hookq = folder.resolve("hookq");

  /** As the launcher does it, in little. */
  @BeforeEach
  void write_a_launcher() throws IOException {
    Files.writeString(
        hookq,
        """
        size=$(stty size 2>/dev/null </dev/tty)
        [ -t 1 ] && terminal=-Dhookq.columns=${size#* }
        exec '%s' -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED \\
          $terminal -cp '%s' io.hookq.daemon.cli.Main --socket '%s' "$@"
        """
            .formatted(
                Path.of(System.getProperty("java.home"), "bin", "java"),
                System.getProperty("java.class.path"),
                socket));
  }

  private static void await(ThrowingRunnable assertion) {
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(assertion);
  }

  private Tmux terminal(int columns, int rows) {
    var terminal = Tmux.start(folder.path(), columns, rows, "env", "PS1=prompt>", "sh");
    await(() -> assertThat(terminal.screen()).contains("prompt>"));
    return terminal;
  }

  private String watch(String options) {
    return "sh " + hookq + " status --watch " + options + "; echo exit=$?";
  }

  private static StatusReport onlyLast(StatusReport report) {
    return new StatusReport(
        report.version(),
        report.pid(),
        report.startedAt(),
        report.lastHookAt(),
        report.queue(),
        List.of(report.destinations().getLast()));
  }

  @Test
  void it_redraws_in_place_follows_the_terminals_size_and_leaves_it_as_it_was() throws Exception {
    var sent = folder.resolve("sent");
    try (var daemon = new StubbornDaemon(socket);
        var terminal = terminal(80, 24)) {
      terminal.type("echo what was here before");
      terminal.record(sent);
      terminal.type(watch(""));
      await(() ->
          assertThat(terminal.screen())
              .startsWith("hookq 0.1.0")
              .contains("███████████░░░░░░░░░  54%")
              .doesNotContain("what was here before"));
      assertThat(terminal.ask("alternate_on")).isEqualTo("1");
      assertThat(terminal.ask("cursor_flag")).isEqualTo("0");

      // Fewer lines, and shorter ones: nothing of the old is left.
      daemon.report = onlyLast(Reports.busy());
      await(() ->
          assertThat(terminal.screen().lines().filter(line -> !line.isBlank()))
              .hasSizeLessThan(7)
              .noneMatch(line -> line.contains("office")));
      daemon.report = Reports.busy();

      terminal.resize(160, 30);
      await(() -> assertThat(terminal.screen()).contains("░".repeat(18) + "  54%"));
      terminal.resize(70, 8);
      await(() ->
          assertThat(terminal.screen().lines().toList())
              .hasSize(8)
              .last()
              .asString()
              .startsWith("(")
              .contains("more lines"));
      terminal.resize(80, 24);

      terminal.press("C-c");
      await(() -> assertThat(terminal.screen()).contains("exit=0"));
      assertThat(terminal.screen()).contains("what was here before").doesNotContain("office");
      assertThat(terminal.ask("alternate_on")).isEqualTo("0");
      assertThat(terminal.ask("cursor_flag")).isEqualTo("1");
      assertThat(terminal.ask("wrap_flag")).isEqualTo("1");
    }
    assertThat(Files.readString(sent)).contains("\u001b[H").doesNotContain("\u001b[2J");
  }

  @Test
  void a_line_as_wide_as_the_terminal_keeps_its_last_character() throws Exception {
    var wide = "x".repeat(69) + "!";
    var frames =
        StatusWatch.frame((wide + "\n").repeat(5), Optional.empty())
            + StatusWatch.frame(wide + "\nshort\n" + wide + "\n", Optional.empty());
    var file = Files.writeString(folder.resolve("frames"), frames);
    try (var terminal = terminal(70, 10)) {
      terminal.type("printf '\\033[?7l'; cat " + file + "; read x");
      await(() ->
          assertThat(terminal.screen().lines().filter(line -> !line.isBlank()))
              .containsExactly(wide, "short", wide));
    }
  }

  @Test
  void suspended_it_gives_the_terminal_back_until_it_goes_on() throws Exception {
    try (var _ = new StubbornDaemon(socket);
        var terminal = terminal(80, 24)) {
      terminal.type("echo what was here before");
      terminal.type("sh " + hookq + " status --watch");
      await(() -> assertThat(terminal.screen()).startsWith("hookq 0.1.0"));
      terminal.press("C-z");
      await(() -> assertThat(terminal.screen()).contains("what was here before", "Stopped"));
      assertThat(terminal.ask("alternate_on")).isEqualTo("0");
      assertThat(terminal.ask("cursor_flag")).isEqualTo("1");
      terminal.type("fg; echo exit=$?");
      await(() -> assertThat(terminal.screen()).startsWith("hookq 0.1.0"));
      assertThat(terminal.ask("alternate_on")).isEqualTo("1");
      terminal.press("C-c");
      await(() -> assertThat(terminal.screen()).contains("exit=0"));
      assertThat(terminal.ask("alternate_on")).isEqualTo("0");
    }
  }

  @Test
  void a_daemon_that_is_not_there_is_waited_for() throws Exception {
    try (var terminal = terminal(100, 24)) {
      terminal.type(watch(""));
      await(() ->
          assertThat(terminal.screen())
              .startsWith("hookq: the daemon is not reachable at")
              .contains("\nhint: "));
      try (var _ = new StubbornDaemon(socket)) {
        await(() -> assertThat(terminal.screen()).startsWith("hookq 0.1.0"));
      }
      await(() -> assertThat(terminal.screen()).startsWith("hookq: "));
      terminal.press("C-c");
      await(() -> assertThat(terminal.screen()).contains("exit=0"));
    }
  }

  @Test
  void a_dumb_terminal_gets_screens_one_below_the_other() throws Exception {
    try (var daemon = new StubbornDaemon(socket);
        var terminal = terminal(80, 60)) {
      terminal.type("export TERM=dumb; echo what was here before");
      terminal.type(watch(""));
      await(() -> assertThat(screens(terminal)).last().asString().contains("office"));
      daemon.report = onlyLast(Reports.busy());
      // How many there are depends: a slow machine may have it lose the daemon for a while.
      await(() ->
          assertThat(screens(terminal))
              .last()
              .asString()
              .contains("attic")
              .doesNotContain("office"));
      assertThat(screens(terminal)).hasSizeGreaterThan(1).first().asString().contains("office");
      assertThat(terminal.screen()).contains("what was here before");
      terminal.press("C-c");
      await(() -> assertThat(terminal.screen()).contains("exit=0"));
    }
  }

  /** Those that a terminal shows, one below the other. */
  private static List<String> screens(Tmux terminal) {
    var parts = terminal.screen().split("(?m)^(?=hookq 0)", -1);
    return List.of(parts).subList(1, parts.length);
  }

  private Process pipe(String... options) throws IOException {
    var words = new ArrayList<String>();
    if (System.getProperty("os.name").equals("Linux")) {
      // A test run in the background of a shell ignores SIGINT, and hands that down.
      words.addAll(List.of("env", "--default-signal=INT"));
    }
    words.addAll(List.of("sh", hookq.toString(), "status", "--watch"));
    words.addAll(List.of(options));
    return new ProcessBuilder(words).redirectError(folder.resolve("err").toFile()).start();
  }

  private static int interrupt(Process process) throws Exception {
    PeerProcess.run(new ProcessBuilder("kill", "-INT", "" + process.pid())).orFail("kill");
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  @Test
  void in_a_pipe_there_is_one_document_a_change() throws Exception {
    try (var daemon = new StubbornDaemon(socket)) {
      var process = pipe("--json");
      var lines = process.inputReader(StandardCharsets.UTF_8);
      assertThat(new ObjectMapper().readTree(lines.readLine()).path("pid").asInt()).isEqualTo(4711);
      daemon.report = Reports.fresh();
      assertThat(new ObjectMapper().readTree(lines.readLine()).path("destinations")).hasSize(1);
      assertThat(interrupt(process)).isZero();
      assertThat(lines.readLine()).isNull();
    }
  }

  @Test
  void in_a_pipe_a_screen_has_no_escapes_and_a_reader_that_goes_ends_it_though_nothing_changes()
      throws Exception {
    try (var _ = new StubbornDaemon(socket)) {
      var process = pipe();
      var lines = process.inputReader(StandardCharsets.UTF_8);
      assertThat(lines.readLine()).startsWith("hookq 0.1.0");
      lines.close();
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(1);
      assertThat(folder.resolve("err")).isEmptyFile();
    }
  }

  @Test
  void a_frame_overwrites_each_line_and_never_scrolls() {
    assertThat(StatusWatch.frame("a\nb\n", Optional.of(2)))
        .isEqualTo("\u001b[H\u001b[Ka\r\n\u001b[Jb");
    assertThat(StatusWatch.frame("a\nb\nc\n", Optional.of(2)))
        .isEqualTo("\u001b[H\u001b[Ka\r\n\u001b[J(2 more lines)");
    assertThat(StatusWatch.frame("a\nb\nc\n", Optional.empty())).endsWith("\r\n\u001b[Jc");
  }
}
