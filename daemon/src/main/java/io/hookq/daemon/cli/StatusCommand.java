package io.hookq.daemon.cli;

import io.hookq.daemon.control.StatusRequest;
import io.hookq.daemon.status.StatusJson;
import io.hookq.daemon.status.StatusScreen;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hookq status}: one screen, or the daemon's own document. */
@Command(
    name = "status",
    description = "Shows each destination's state, queue, progress, and last error.")
final class StatusCommand implements ShortCommand {
  private final Console console;
  private final HookqCommand hookq;

  @Option(names = "--json", description = "One JSON document; see docs/status-json.md.")
  private boolean json;

  @Option(
      names = "--watch",
      description = {
        "Go on showing it until Ctrl-C: redrawn in place on a terminal, appended after a change"
            + " elsewhere. With --json one document a line."
      })
  private boolean watch;

  StatusCommand(Console console, HookqCommand hookq) {
    this.console = console;
    this.hookq = hookq;
  }

  @Override
  public void fill(String field, Object value) {
    switch (field) {
      case "json" -> json = (boolean) value;
      case "watch" -> watch = (boolean) value;
      default -> throw new IllegalArgumentException(field);
    }
  }

  @Override
  public Integer call() throws CommandFailedException, IOException {
    if (watch) {
      return new StatusWatch(console, hookq.daemon(), json).run();
    }
    var document = hookq.daemon().call(new StatusRequest(), HookqCommand.TIMEOUT).document();
    if (json) {
      console.out().println(document);
    } else {
      var screen = new StatusScreen(console.style());
      console.out().print(screen.render(StatusJson.read(document), console.clock().instant()));
    }
    return ExitStatus.FINE;
  }
}
