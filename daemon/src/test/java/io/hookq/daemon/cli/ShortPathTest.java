package io.hookq.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.peers.TempFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
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

  static Stream<List<String>> odd() {
    return Stream.of(
        List.of(),
        List.of("--socket", "x", "status"),
        List.of("daemon"),
        List.of("why"),
        List.of("why", HELLO),
        List.of("status", "--help"),
        List.of("status", "--jsom"),
        List.of("status", "--json=true"),
        List.of("status", "--json", "--json"),
        List.of("status", "extra"),
        List.of("list", "--to"),
        List.of("list", "--to", "--json"),
        List.of("list", "--to="),
        List.of("kick", "a", "b"),
        List.of("push", "@file"),
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
