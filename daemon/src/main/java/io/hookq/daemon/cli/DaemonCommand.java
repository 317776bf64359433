package io.hookq.daemon.cli;

import io.hookq.daemon.Hookqd;
import java.io.IOException;
import picocli.CommandLine.Command;

/** {@code hookq daemon}: runs in the foreground until a signal asks it to stop. */
@Command(
    name = "daemon",
    description = "Runs the daemon in the foreground; logs to stderr; SIGTERM stops it.")
final class DaemonCommand implements ShortCommand {
  private final Console console;
  private final HookqCommand hookq;

  DaemonCommand(Console console, HookqCommand hookq) {
    this.console = console;
    this.hookq = hookq;
  }

  @Override
  public void fill(String field, Object value) {
    throw new IllegalArgumentException(field);
  }

  @Override
  public Integer call() throws CommandFailedException, IOException, InterruptedException {
    var config = hookq.loadConfig();
    LogFormat.ofDaemon(console.surroundings().environment(), hookq.debug()).install();
    var notice = ServiceNotice.in(console.surroundings().environment());
    try (var daemon = Hookqd.start(config, console.surroundings());
        var _ = Signals.stopHandledBy(daemon::close)) {
      notice.ready();
      daemon.awaitStop();
      notice.stopping();
    }
    return ExitStatus.FINE;
  }
}
