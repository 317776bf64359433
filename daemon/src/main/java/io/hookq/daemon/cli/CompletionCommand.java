package io.hookq.daemon.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
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
        ShellCompletion.of(tree, shell)
            .orElseThrow(() ->
                CommandFailedException.usage(
                    "no such shell: '" + shell + "'", "there is " + ShellCompletion.SHELLS));
    console.out().print(script);
    return ExitStatus.FINE;
  }
}
