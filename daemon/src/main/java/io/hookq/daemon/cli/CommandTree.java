package io.hookq.daemon.cli;

import io.hookq.daemon.config.NearMiss;
import io.hookq.daemon.status.Version;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.ColorScheme;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** All commands with their options, as picocli reads them off the classes. For one command line. */
final class CommandTree {
  private final Console console;
  private final HookqCommand hookq;

  CommandTree(Console console) {
    this.console = console;
    this.hookq = new HookqCommand(console);
  }

  /** Runs what {@code arguments} say; returns the exit status. */
  int execute(String... arguments) {
    return commandLine().execute(arguments);
  }

  /** The tree itself, for who wants to know what there is. */
  CommandLine commandLine() {
    var line = new CommandLine(hookq);
    line.addSubcommand(new DaemonCommand(console, hookq));
    line.addSubcommand(new PushCommand(console, hookq));
    line.addSubcommand(new StatusCommand(console, hookq));
    line.addSubcommand(new ListCommand(console, hookq));
    line.addSubcommand(new WhyCommand(console, hookq));
    line.addSubcommand(new WaitCommand(console, hookq));
    line.addSubcommand(new RetryCommand(console, hookq));
    line.addSubcommand(new DropCommand(console, hookq));
    line.addSubcommand(new PauseCommand(console, hookq));
    line.addSubcommand(new ResumeCommand(console, hookq));
    line.addSubcommand(new KickCommand(console, hookq));
    line.addSubcommand(new CheckCommand(console, hookq));
    line.addSubcommand(new ReconcileCommand(console, hookq));
    line.addSubcommand(new MetricsCommand(console, hookq));
    line.addSubcommand(new DoctorCommand(console, hookq, Path.of("/")));
    line.addSubcommand(new CheckConfigCommand(console, hookq));
    line.addSubcommand(new ReceiveCommand(console));
    line.addSubcommand(new DemoCommand(console));
    line.addSubcommand(new CompletionCommand(console));
    line.addSubcommand(new HelpCommand(line));
    addHelp(line);
    line.getSubcommands().values().forEach(CommandTree::addHelp);
    line.setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(console.err(), true, StandardCharsets.UTF_8));
    line.setColorScheme(
        new ColorScheme.Builder(console.style().colour() ? Ansi.ON : Ansi.OFF).build());
    line.setUsageHelpWidth(Math.clamp(console.style().columns(), 60, 100));
    line.setExecutionStrategy(parsed -> {
      // Else whatever stands beside --version would be passed over.
      if (parsed.isVersionHelpRequested() && !parsed.unmatched().isEmpty()) {
        throw new UnmatchedArgumentException(line, parsed.unmatched());
      }
      refuseEmptyValues(parsed);
      LogFormat.ofCommand(hookq.debug()).install();
      return new CommandLine.RunLast().execute(parsed);
    });
    line.setParameterExceptionHandler((failure, _) -> sayUsage(failure));
    line.setExecutionExceptionHandler(
        (failure, _, _) -> FailureWords.say(failure, console, hookq.debug()));
    return line;
  }

  private static void addHelp(CommandLine line) {
    line.getCommandSpec().version("hookq " + Version.CURRENT).mixinStandardHelpOptions(true);
  }

  /** A script's variable that is not set, most often; it would mean the folder one stands in. */
  private static void refuseEmptyValues(ParseResult parsed) {
    for (var option : parsed.matchedOptions()) {
      if (option.originalStringValues().contains("")) {
        throw new ParameterException(
            parsed.commandSpec().commandLine(), option.longestName() + ": no value, only \"\"");
      }
    }
    if (parsed.hasSubcommand()) {
      refuseEmptyValues(parsed.subcommand());
    }
  }

  private int sayUsage(ParameterException failure) {
    console.say(unmatched(failure).orElseGet(() -> lowerCase(Console.messageOf(failure))));
    var command = failure.getCommandLine().getCommandSpec().qualifiedName();
    console.hint(suggestion(failure).orElse(command + " --help says what there is"));
    if (hookq.debug()) {
      failure.printStackTrace(console.err());
    }
    return ExitStatus.USAGE;
  }

  /** Picocli calls it an unmatched argument at index 0. */
  private static Optional<String> unmatched(ParameterException failure) {
    if (!(failure instanceof UnmatchedArgumentException unmatched) || unmatched.isUnknownOption()) {
      return Optional.empty();
    }
    var word = "'" + unmatched.getUnmatched().getFirst() + "'";
    return Optional.of(
        failure.getCommandLine().getParent() == null
            ? "no such command: " + word
            : "one argument too many: " + word);
  }

  private static Optional<String> suggestion(ParameterException failure) {
    if (!(failure instanceof UnmatchedArgumentException unmatched)) {
      return Optional.empty();
    }
    var word = unmatched.getUnmatched().getFirst();
    var equals = word.indexOf('=');
    var line = failure.getCommandLine();
    // Elsewhere it is often a command: hookq version, hookq help.
    if (line.getCommandSpec().optionsMap().containsKey("--" + word)) {
      return Optional.of("did you mean --" + word + "?");
    }
    var known =
        word.startsWith("-")
            ? line.getCommandSpec().optionsMap().keySet()
            : line.getSubcommands().keySet();
    return NearMiss.nearest(equals < 0 ? word : word.substring(0, equals), known)
        .map(meant -> "did you mean " + meant + "?");
  }

  private static String lowerCase(String message) {
    return message.substring(0, 1).toLowerCase(Locale.ROOT) + message.substring(1);
  }
}
