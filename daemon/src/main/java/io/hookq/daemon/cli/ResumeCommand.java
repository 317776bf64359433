package io.hookq.daemon.cli;

import io.hookq.daemon.control.ResumeRequest;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code hookq resume}: ends a pause. */
@Command(name = "resume", description = "Ends a pause: what is queued is tried now.")
final class ResumeCommand implements ShortCommand {
  private final Console console;
  private final HookqCommand hookq;

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "Only this destination. Default: all.")
  private @Nullable String destination;

  ResumeCommand(Console console, HookqCommand hookq) {
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
    var request = new ResumeRequest(Optional.ofNullable(destination));
    var meant = hookq.daemon().call(request, HookqCommand.TIMEOUT).destinations();
    var all = meant == 1 ? "1 destination" : meant + " destinations";
    console.out().println("resumed " + request.destination().orElse(all));
    return ExitStatus.FINE;
  }
}
