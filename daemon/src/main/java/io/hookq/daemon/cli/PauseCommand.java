package io.hookq.daemon.cli;

import io.hookq.daemon.control.PauseRequest;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code hookq pause}: sends nothing until told otherwise. */
@Command(
    name = "pause",
    description =
        "Sends nothing until hookq resume, over restarts too; paths are queued all the same.")
final class PauseCommand implements ShortCommand {
  private final Console console;
  private final HookqCommand hookq;

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "Only this destination. Default: all.")
  private @Nullable String destination;

  PauseCommand(Console console, HookqCommand hookq) {
    this.console = console;
    this.hookq = hookq;
  }

  @Override
  public void fill(String field, Object value) {
    if (!field.equals("destination")) {
      throw new IllegalArgumentException(field);
    }
    destination = (String) value;
  }

  @Override
  public Integer call() throws CommandFailedException, IOException {
    var request = new PauseRequest(Optional.ofNullable(destination));
    var meant = hookq.daemon().call(request, HookqCommand.TIMEOUT).destinations();
    var all = meant == 1 ? "1 destination" : meant + " destinations";
    console.out().println("paused " + request.destination().orElse(all));
    return ExitStatus.FINE;
  }
}
