package io.hookq.daemon.cli;

import io.hookq.daemon.config.Surroundings;
import io.hookq.daemon.control.ControlClient;
import java.util.Locale;

/** Where {@code hookq} starts: has the command run, and exits. */
public final class Main {
  private Main() {}

  /** Runs one command and ends the process. */
  public static void main(String[] arguments) {
    nameSelectorProvider(Surroundings.isMac(System.getProperty("os.name")));
    if (ShortPath.asksDaemon(arguments)) {
      ControlClient.prepare();
    }
    // What is printed is English, and so are its digits: elsewhere %d may write others.
    Locale.setDefault(Locale.ROOT);
    var console = Console.ofProcess();
    var status = run(console, arguments);
    // These leave no thread behind; and exit first makes a logger that could tell of it.
    if (status == ExitStatus.FINE && ShortPath.endsByItself(arguments)) {
      return;
    }
    if (ShortPath.asksDaemon(arguments)) {
      Runtime.getRuntime().halt(status);
    }
    System.exit(status);
  }

  /**
   * The JDK's own, by name: else it looks through every jar for another, before each first socket.
   */
  private static void nameSelectorProvider(boolean mac) {
    System.setProperty(
        "java.nio.channels.spi.SelectorProvider",
        mac ? "sun.nio.ch.KQueueSelectorProvider" : "sun.nio.ch.EPollSelectorProvider");
  }

  /** Runs one command and returns the exit status. */
  static int run(Console console, String... arguments) {
    var status =
        ShortPath.run(console, arguments)
            .orElseGet(() -> new CommandTree(console).execute(arguments));
    console.out().flush();
    if (!console.out().checkError()) {
      return status;
    }
    // The answer did not arrive. Who closed a pipe knows; of a full disk nobody else tells.
    if (!StandardOutput.isAbandoned(console.surroundings().mac())) {
      console.say("cannot write the answer to stdout");
    }
    return status == ExitStatus.FINE ? ExitStatus.FAILED : status;
  }
}
