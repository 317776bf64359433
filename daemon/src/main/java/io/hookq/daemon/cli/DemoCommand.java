package io.hookq.daemon.cli;

import io.hookq.daemon.demo.Demo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hookq demo}: the whole journey on this machine. */
@Command(
    name = "demo",
    description = {
      "Makes the whole journey on this machine, in a temporary folder.",
      "",
      "With the installed Nix and sshd, or with an embedded store and SSH server where they are not"
          + " there. Nothing of the machine's Nix or SSH is touched, and nothing is left behind."
    })
final class DemoCommand implements ShortCommand {
  /** What a shell says of a program that Ctrl-C ended. */
  private static final int INTERRUPTED = 130;

  /** Set by the launcher. */
  private static final String HOOK = "hookq.hook";

  private final Console console;

  @Option(names = "--embedded", description = "Use neither Nix nor sshd, even if installed.")
  private boolean embedded;

  @Option(
      names = "--hook",
      paramLabel = "FILE",
      description = "The hook's executable; default: the one that was built with this.")
  private @Nullable Path hook;

  DemoCommand(Console console) {
    this.console = console;
  }

  @Override
  public void fill(String field, Object value) {
    switch (field) {
      case "embedded" -> embedded = (boolean) value;
      case "hook" -> hook = (Path) value;
      default -> throw new IllegalArgumentException(field);
    }
  }

  @Override
  public Integer call() throws CommandFailedException, IOException {
    var demo = new Demo(console.out(), console.style(), embedded, findHook());
    var traveller = Thread.currentThread();
    try (var _ = Signals.stopHandledBy(traveller::interrupt)) {
      demo.run();
      return ExitStatus.FINE;
    } catch (InterruptedException e) {
      console.say("stopped; nothing is left behind");
      return INTERRUPTED;
    } catch (IOException e) {
      if (Thread.interrupted()) {
        console.say("stopped; nothing is left behind");
        return INTERRUPTED;
      }
      throw e;
    }
  }

  private Path findHook() throws CommandFailedException {
    var file =
        Optional.ofNullable(hook)
            .or(() -> Optional.ofNullable(System.getProperty(HOOK)).map(Path::of))
            .map(console.workingDirectory()::resolve);
    if (file.isEmpty() || !Files.isExecutable(file.get())) {
      throw CommandFailedException.usage(
          "the hook is not there" + file.map(path -> ": " + path).orElse(""),
          "make -C hook builds it; --hook names another");
    }
    return file.get();
  }
}
