package io.hookq.daemon.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.peers.TempFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The short path does what picocli would do, or leaves it to picocli. */
class ShortPathTest {
  private static final String HELLO = "/nix/store/3n58xw4373jp0ljirf06d8077j15pc4j-hello-2.12";

  @AutoClose private final TempFolder folder = TempFolder.create();

  @Test
  void the_table_is_the_one_of_this_build() throws IOException {
    try (var in = ShortPath.class.getResourceAsStream(ShortPath.TABLE)) {
      assertThat(in).as("written by the build").isNotNull();
      assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo(CommandPapers.table(CommandPapers.tree()))
          .contains("status --json flag json\n", "hookq --socket path socket\n");
    }
  }

  static Stream<List<String>> plain() {
    return Stream.of(
        List.of("status"),
        List.of("status", "--json"),
        List.of("list", "--state=failed", "--to", "server"),
        List.of("push", HELLO, "--to=server"),
        List.of("push", "--stdin"),
        List.of("wait", "--timeout", "10m"),
        List.of("wait", "--timeout", "soon"),
        List.of("kick", "server"),
        List.of("why", HELLO),
        List.of("why", "--json", HELLO),
        List.of("check", "--to", "server", HELLO, HELLO),
        List.of("retry", "--all"),
        List.of("drop", HELLO, "--to=server"),
        List.of("pause"),
        List.of("resume", "server"),
        List.of("reconcile", "--dry-run", "--remote-built"),
        List.of("metrics", "--textfile", "nowhere/file"),
        List.of("daemon", "--config", "nowhere.toml"),
        List.of("demo", "--embedded", "--hook", "nowhere"),
        List.of("push", "/etc/passwd"));
  }

  @ParameterizedTest
  @MethodSource("plain")
  void what_is_plain_comes_to_the_same_both_ways(List<String> words) throws IOException {
    var socket = folder.resolve("s");
    try (var daemon = new StubbornDaemon(socket)) {
      var shell = new Typed.At(folder.path()).with("HOOKQ_SOCKET", socket);
      var arguments = words.toArray(String[]::new);
      var quick = shell.type(console -> ShortPath.run(console, arguments).orElse(-1));
      var requests = List.of(daemon.listed.size(), daemon.enqueued.size(), daemon.waited.size());
      var slow = shell.type(console -> new CommandTree(console).execute(arguments));
      assertThat(quick).isEqualTo(slow);
      assertThat(List.of(daemon.listed.size(), daemon.enqueued.size(), daemon.waited.size()))
          .isEqualTo(requests.stream().map(count -> 2 * count).toList());
      assertThat(daemon.listed.stream().distinct()).hasSizeLessThan(2);
      assertThat(daemon.enqueued.stream().distinct()).hasSizeLessThan(2);
      assertThat(daemon.waited.stream().distinct()).hasSizeLessThan(2);
    }
  }

  static Stream<List<String>> receiving() {
    return Stream.of(
        List.of("receive"),
        List.of("receive", "--name=a", "--keep", "90d", "--keep-size", "200GiB", "--list"),
        List.of("receive", "--list", "--json", "--roots", "elsewhere"),
        List.of("receive", "--prune", "--max-paths", "5", "--max-bytes", "1GiB"),
        List.of("receive", "--prune", "--list"),
        List.of("receive", "--max-paths", "many"),
        List.of("receive", "--timeout", "soon"),
        List.of("receive", "--name", "a/b"),
        List.of("receive", "--store", "ssh://elsewhere"));
  }

  @ParameterizedTest
  @MethodSource("receiving")
  void what_a_server_is_told_comes_to_the_same_both_ways(List<String> words) {
    var shell = new Typed.At(folder.path());
    var arguments = words.toArray(String[]::new);

    var quick = shell.type(console -> ShortPath.run(console, arguments).orElse(-1));

    assertThat(quick.status()).isNotEqualTo(-1);
    assertThat(quick).isEqualTo(shell.type(console -> new CommandTree(console).execute(arguments)));
  }

  static Stream<String> table() {
    return CommandPapers.table(CommandPapers.tree()).lines();
  }

  @ParameterizedTest
  @MethodSource("table")
  void a_command_sets_each_field_that_the_table_has(String line) throws Exception {
    var words = line.split(" ", -1);
    Object value =
        switch (words[2]) {
          case "flag" -> true;
          case "path" -> Path.of("some");
          case "texts" -> new String[] {"some", "more"};
          default -> "some";
        };
    var hookq = (HookqCommand) CommandPapers.tree().getCommandSpec().userObject();
    Object command = hookq;
    if (words[0].equals(ShortPath.EVERY_COMMAND)) {
      hookq.fill(words[3], value);
    } else {
      var one = ShortPath.command(requireNonNull(ShortName.of(words[0])), hookq.console(), hookq);
      one.fill(words[3], value);
      command = one;
    }

    var field = command.getClass().getDeclaredField(words[3]);
    field.setAccessible(true);
    assertThat(field.get(command))
        .isEqualTo(value instanceof String[] texts ? List.of(texts) : value);
  }

  @Test
  void the_table_has_every_command_that_may_go_this_way() {
    assertThat(CommandPapers.tree().getSubcommands().keySet())
        .containsAll(Stream.of(ShortName.values()).map(name -> lowerCase(name)).toList());
    var withOptions =
        CommandPapers.tree().getSubcommands().keySet().stream()
            .filter(name -> ShortName.of(name) != null)
            // It has no options but those of every command.
            .filter(name -> !name.equals("daemon"));
    assertThat(table().map(line -> line.split(" ", -1)[0])).containsAll(withOptions.toList());
  }

  private static String lowerCase(ShortName name) {
    return name.name().toLowerCase(Locale.ROOT);
  }

  static Stream<List<String>> odd() {
    return Stream.of(
        List.of(),
        List.of("--socket", "x", "status"),
        List.of("daemon", "--help"),
        List.of("why"),
        List.of("why", "--json"),
        List.of("why", HELLO, HELLO),
        List.of("check"),
        List.of("check", "--closure"),
        List.of("status", "--help"),
        List.of("status", "--jsom"),
        List.of("status", "--json=true"),
        List.of("status", "--json", "--json"),
        List.of("status", "extra"),
        List.of("list", "--to"),
        List.of("list", "--to", "--json"),
        List.of("list", "--to="),
        List.of("status", "--socket", ""),
        List.of("kick", "a", "b"),
        List.of("push", "@file"),
        List.of("receive", "--help"),
        List.of("receive", "--max-paths", "-1"),
        List.of("receive", "nix-store"),
        List.of("push", "--", HELLO));
  }

  @ParameterizedTest
  @MethodSource("odd")
  void what_is_odd_is_left_to_picocli_before_anything_has_happened(List<String> words) {
    var typed =
        new Typed.At(folder.path())
            .type(console -> ShortPath.run(console, words.toArray(String[]::new)).orElse(-1));
    assertThat(typed).isEqualTo(new Typed(-1, "", ""));
  }
}
