package io.hookq.daemon.cli;

import io.hookq.daemon.config.NearMiss;
import io.hookq.daemon.control.ControlRefusedException;
import io.hookq.daemon.control.ControlUnreachableException;
import io.hookq.daemon.status.Version;
import io.hookq.store.InvalidStorePathException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.ColorScheme;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Where {@code hookq} starts: picks the command, says what went wrong, exits. */
public final class Main {
  private final Console console;
  private final HookqCommand hookq;

  private Main(Console console) {
    this.console = console;
    this.hookq = new HookqCommand(console);
  }

  /** Runs one command and ends the process. */
  public static void main(String[] arguments) {
    System.exit(run(Console.ofProcess(), arguments));
  }

  /** Runs one command and returns the exit status. */
  static int run(Console console, String... arguments) {
    var status = new Main(console).execute(arguments);
    console.out().flush();
    // A full disk or a closed pipe behind stdout: the answer did not arrive.
    return status == ExitStatus.FINE && console.out().checkError() ? ExitStatus.FAILED : status;
  }

  private int execute(String... arguments) {
    return commandLine().execute(arguments);
  }

  private CommandLine commandLine() {
    var line = new CommandLine(hookq);
    line.addSubcommand(new DaemonCommand(console, hookq));
    line.addSubcommand(new PushCommand(console, hookq));
    line.addSubcommand(new StatusCommand(console, hookq));
    line.addSubcommand(new ListCommand(console, hookq));
    line.addSubcommand(new WaitCommand(console, hookq));
    line.addSubcommand(new KickCommand(console, hookq));
    line.addSubcommand(new CheckConfigCommand(console, hookq));
    line.addSubcommand(new DemoCommand(console));
    addHelp(line);
    line.getSubcommands().values().forEach(Main::addHelp);
    line.setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(console.err(), true, StandardCharsets.UTF_8));
    line.setColorScheme(
        new ColorScheme.Builder(console.style().colour() ? Ansi.ON : Ansi.OFF).build());
    line.setUsageHelpWidth(Math.clamp(console.style().columns(), 60, 100));
    line.setExecutionStrategy(parsed -> {
      LogFormat.ofCommand(hookq.debug()).install();
      return new CommandLine.RunLast().execute(parsed);
    });
    line.setParameterExceptionHandler((failure, _) -> sayUsage(failure));
    line.setExecutionExceptionHandler((failure, _, _) -> sayFailure(failure));
    return line;
  }

  private static void addHelp(CommandLine line) {
    line.getCommandSpec().version("hookq " + Version.CURRENT).mixinStandardHelpOptions(true);
  }

  private int sayUsage(ParameterException failure) {
    console.say(lowerCase(Console.messageOf(failure)));
    var command = failure.getCommandLine().getCommandSpec().qualifiedName();
    console.hint(suggestion(failure).orElse(command + " --help says what there is"));
    debug(failure);
    return ExitStatus.USAGE;
  }

  private static Optional<String> suggestion(ParameterException failure) {
    if (!(failure instanceof UnmatchedArgumentException unmatched)) {
      return Optional.empty();
    }
    var word = unmatched.getUnmatched().getFirst();
    var equals = word.indexOf('=');
    var line = failure.getCommandLine();
    var known =
        word.startsWith("-")
            ? line.getCommandSpec().optionsMap().keySet()
            : line.getSubcommands().keySet();
    return NearMiss.nearest(equals < 0 ? word : word.substring(0, equals), known)
        .map(meant -> "did you mean " + meant + "?");
  }

  private int sayFailure(Exception failure) {
    var status =
        switch (failure) {
          case CommandFailedException known -> {
            console.say(Console.messageOf(known));
            known.hint().ifPresent(console::hint);
            yield known.exitStatus();
          }
          case ControlUnreachableException unreachable -> {
            console.say(Console.messageOf(unreachable));
            console.hint("is the daemon running? hookq daemon starts it");
            yield ExitStatus.UNREACHABLE;
          }
          case ControlRefusedException refused -> {
            console.say(Console.messageOf(refused));
            yield refused.refusalClass().equals("bad-request")
                ? ExitStatus.USAGE
                : ExitStatus.FAILED;
          }
          case InvalidStorePathException invalid -> {
            console.say(Console.messageOf(invalid));
            yield ExitStatus.USAGE;
          }
          case FileSystemException file -> {
            console.say(describe(file));
            yield ExitStatus.FAILED;
          }
          default -> {
            console.say(Console.messageOf(failure));
            yield ExitStatus.FAILED;
          }
        };
    debug(failure);
    return status;
  }

  /** Java's message for these is the bare file name. */
  private static String describe(FileSystemException failure) {
    return switch (failure) {
      case NoSuchFileException _ -> "no such file: " + failure.getFile();
      case AccessDeniedException _ -> "permission denied: " + failure.getFile();
      default -> Console.messageOf(failure);
    };
  }

  private void debug(Exception failure) {
    if (hookq.debug()) {
      failure.printStackTrace(console.err());
    }
  }

  private static String lowerCase(String message) {
    return message.substring(0, 1).toLowerCase(Locale.ROOT) + message.substring(1);
  }
}
