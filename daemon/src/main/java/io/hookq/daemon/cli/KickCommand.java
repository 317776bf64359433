package io.hookq.daemon.cli;

import io.hookq.daemon.control.KickRequest;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code hookq kick}: tries now instead of at the end of the backoff. */
@Command(
    name = "kick",
    description =
        "Tries what is queued now, instead of at the end of the backoff; not what is paused.")
final class KickCommand implements ShortCommand {
  private final Console console;
  private final HookqCommand hookq;

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "Only this destination. Default: all.")
  private @Nullable String destination;

  KickCommand(Console console, HookqCommand hookq) {
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
    var request = new KickRequest(Optional.ofNullable(destination));
    var reply = hookq.daemon().call(request, HookqCommand.TIMEOUT);
    var tried = reply.destinations() - reply.paused().size();
    if (tried > 0 || reply.paused().isEmpty()) {
      var all = tried == 1 ? "1 destination" : tried + " destinations";
      console.out().println("trying " + request.destination().orElse(all) + " now");
    }
    for (var name : reply.paused()) {
      console.say("nothing is tried, for it is paused: " + name);
      console.hint("hookq resume " + name);
    }
    return tried > 0 || reply.paused().isEmpty() ? ExitStatus.FINE : ExitStatus.FAILED;
  }
}
