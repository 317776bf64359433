package io.hookq.daemon.cli;

/** Where {@code hookq} starts: has the command run, and exits. */
public final class Main {
  private Main() {}

  /** Runs one command and ends the process. */
  public static void main(String[] arguments) {
    System.exit(run(Console.ofProcess(), arguments));
  }

  /** Runs one command and returns the exit status. */
  static int run(Console console, String... arguments) {
    var status =
        ShortPath.run(console, arguments)
            .orElseGet(() -> new CommandTree(console).execute(arguments));
    console.out().flush();
    // A full disk or a closed pipe behind stdout: the answer did not arrive.
    return status == ExitStatus.FINE && console.out().checkError() ? ExitStatus.FAILED : status;
  }
}
