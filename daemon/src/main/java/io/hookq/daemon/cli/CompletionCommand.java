package io.hookq.daemon.cli;

import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code hookq generate-completion}: what makes a shell complete our words. */
@Command(
    name = "generate-completion",
    description = {
      "Prints a script that has a shell complete commands and options.",
      "",
      "bash: source <(hookq generate-completion)",
      "zsh:  source <(hookq generate-completion zsh)",
      "fish: hookq generate-completion fish | source"
    })
final class CompletionCommand implements Callable<Integer> {
  private final Console console;

  @Spec private @Nullable CommandSpec spec;

  @Parameters(
      paramLabel = "SHELL",
      arity = "0..1",
      description = "bash, zsh or fish. Default: bash.")
  private String shell = "bash";

  CompletionCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws CommandFailedException {
    var tree = java.util.Objects.requireNonNull(spec).root();
    var script =
        switch (shell) {
          case "bash" -> AutoComplete.bash(tree.name(), tree.commandLine());
          case "zsh" -> zsh(tree);
          case "fish" -> fish(tree);
          default ->
              throw CommandFailedException.usage(
                  "no such shell: '" + shell + "'", "there is bash, zsh and fish");
        };
    console.out().print(script);
    return ExitStatus.FINE;
  }

  /**
   * The script for bash, which itself turns zsh's understanding of bash's completion on. It may be
   * sourced, or lie in a folder of {@code fpath}: there aliases count for nothing, picocli's own of
   * {@code compopt} among them, and the first time that it is read a completion is wanted at once.
   */
  private static String zsh(CommandSpec tree) {
    return "#compdef "
        + tree.name()
        + "\n"
        + AutoComplete.bash(tree.name(), tree.commandLine())
        + """

        unalias compopt
        function compopt { : }
        if (( ${+compstate} )); then _bash_complete -o default -F _complete_%s; fi
        """
            .formatted(tree.name());
  }

  private static String fish(CommandSpec tree) {
    var text = new StringBuilder();
    var commands = String.join(" ", tree.subcommands().keySet());
    tree.subcommands()
        .forEach((name, line) ->
            text.append(
                "complete -c %s -f -n 'not __fish_seen_subcommand_from %s' -a %s -d '%s'\n"
                    .formatted(
                        tree.name(),
                        commands,
                        name,
                        brief(line.getCommandSpec().usageMessage().description()))));
    tree.subcommands()
        .forEach((name, line) ->
            line.getCommandSpec()
                .options()
                .forEach(option ->
                    text.append(
                        "complete -c %s -n '__fish_seen_subcommand_from %s' %s -d '%s'\n"
                            .formatted(
                                tree.name(), name, names(option), brief(option.description())))));
    return text.toString();
  }

  private static String names(OptionSpec option) {
    var names =
        Arrays.stream(option.names())
            .map(name ->
                name.startsWith("--") ? "-l " + name.substring(2) : "-s " + name.substring(1))
            .collect(Collectors.joining(" "));
    return option.arity().max() == 0 ? names : names + " -r";
  }

  private static String brief(String... description) {
    return description.length == 0 ? "" : description[0].replace("\\", "\\\\").replace("'", "\\'");
  }
}
