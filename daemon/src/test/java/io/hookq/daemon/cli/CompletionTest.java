package io.hookq.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.docs.Operations;
import io.hookq.peers.PeerProcess;
import io.hookq.peers.Peers;
import io.hookq.peers.TempFolder;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What the shells and man are given, tried with the real ones where they are everywhere. */
class CompletionTest {
  @AutoClose private final TempFolder folder = TempFolder.create();

  private Typed generate(String... shell) {
    var words = new String[shell.length + 1];
    words[0] = "generate-completion";
    System.arraycopy(shell, 0, words, 1, shell.length);
    return new Typed.At(folder.path()).type(words);
  }

  @Test
  void bash_completes_commands_and_options() throws IOException {
    var script = Files.writeString(folder.resolve("completion"), generate().out());
    var asked =
        """
        . '%s'
        COMP_WORDS=(hookq "$@"); COMP_CWORD=$#; COMP_LINE="hookq $*"; COMP_POINT=${#COMP_LINE}
        _complete_hookq
        printf '%%s\\n' "${COMPREPLY[@]}"
        """
            .formatted(script);
    var bash = Peers.require("bash").toString();
    assertThat(run(bash, "-c", asked, "bash", "sta").lines()).contains("status");
    assertThat(run(bash, "-c", asked, "bash", "status", "--w").lines()).contains("--watch");
  }

  private static String run(String... words) {
    return PeerProcess.run(new ProcessBuilder(words)).orFail(words[0]).stdout();
  }

  @Test
  void zsh_and_fish_are_told_of_commands_and_options() {
    assertThat(generate("zsh").out())
        .startsWith("#compdef hookq\n")
        .contains(
            "'status:Shows each destination'\\''s state",
            "'--state=[Only jobs that are queued",
            "]:STATE:_files'",
            "'--json[One JSON document; see docs/status-json.md.]'");
    assertThat(generate("fish").out())
        .contains(
            "-a status -d 'Shows each destination\\'s state",
            "-n '__fish_seen_subcommand_from list' -l state -r");
    assertThat(generate("csh").status()).isEqualTo(2);
    assertThat(generate("csh").err())
        .startsWith("hookq: no such shell: 'csh'\nhint: ")
        .is(Operations.says("no such shell: '…'"));
  }

  @Test
  void every_command_has_a_man_page_with_its_options_and_exit_statuses() {
    var tree = CommandPapers.tree();
    var pages = ManPage.all(tree);
    assertThat(pages).hasSize(tree.getSubcommands().size() + 1);
    tree.getSubcommands()
        .forEach((name, line) -> {
          var page = pages.get("hookq-" + name + ".1");
          assertThat(page).startsWith(".TH ").contains(".SH SYNOPSIS", ".SH EXIT STATUS");
          line.getCommandSpec()
              .options()
              .forEach(option ->
                  assertThat(page).contains("\\fB" + option.longestName().replace("-", "\\-")));
        });
    // What else is to be said of a command stands where it is described.
    assertThat(pages.get("hookq-push.1"))
        .containsSubsequence(".SH DESCRIPTION", "Example: nix", ".SH OPTIONS");
    assertThat(pages.get("hookq.1"))
        .contains(".SH ENVIRONMENT\n", ".B HOOKQ_SOCKET\n", ".SH FILES\n", "\\-\\-config");
    // No line is taken for a request that is none.
    assertThat(pages.values())
        .allSatisfy(page ->
            assertThat(page.lines().filter(line -> line.startsWith(".") || line.startsWith("'")))
                .allMatch(line -> line.matches("\\.(TH|SH|PP|TP|B|BR|I)( .*)?")));
  }
}
