package io.hookq.daemon.cli;

import io.hookq.daemon.control.VersionRequest;
import io.hookq.daemon.control.WhyRequest;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hookq why}: the life of one path. */
@Command(
    name = "why",
    description = "Tells the life of one path: every state change, attempt and reason.",
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:there is a job for it",
      "1:there is none",
      "2:usage or config",
      "3:daemon not reachable"
    })
final class WhyCommand implements ShortCommand {
  private final Console console;
  private final HookqCommand hookq;

  @Parameters(
      paramLabel = "PATH",
      description =
          "A store path, a file in it, a link to it such as ./result, or the beginning of its"
              + " hash.")
  private String argument = "";

  @Option(names = "--json", description = "One JSON document; see docs/status-json.md.")
  private boolean json;

  WhyCommand(Console console, HookqCommand hookq) {
    this.console = console;
    this.hookq = hookq;
  }

  @Override
  public void fill(String field, Object value) {
    switch (field) {
      case "argument" -> argument = (String) value;
      case "json" -> json = (boolean) value;
      default -> throw new IllegalArgumentException(field);
    }
  }

  @Override
  public Integer call() throws CommandFailedException, IOException {
    var daemon = hookq.daemon();
    var storeDir = daemon.call(new VersionRequest(), HookqCommand.TIMEOUT).storeDir();
    var path = PathArgument.name(storeDir, console.workingDirectory(), argument);
    var life = daemon.call(new WhyRequest(path), HookqCommand.TIMEOUT);
    if (json) {
      Document.print(console.out(), life::encode);
    } else {
      console.out().print(new LifeStory(life, console.clock().instant()).text());
    }
    return life.jobs().isEmpty() ? ExitStatus.FAILED : ExitStatus.FINE;
  }
}
