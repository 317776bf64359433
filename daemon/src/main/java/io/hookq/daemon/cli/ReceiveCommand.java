package io.hookq.daemon.cli;

import io.hookq.daemon.config.Quantity;
import io.hookq.daemon.receive.KeyName;
import io.hookq.daemon.receive.Limits;
import io.hookq.daemon.receive.Receiver;
import io.hookq.daemon.receive.Retention;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hookq receive}: the forced command of an upload key; runs on the server. */
@Command(
    name = "receive",
    description = {
      "Serves an upload on the server: lets only store paths be copied, and keeps what came from the"
          + " garbage collector.",
      "It is the forced command of the key in authorized_keys, as in",
      "  restrict,command=\"hookq receive --name macbook --keep 90d\" ssh-ed25519 AAAA…"
    })
final class ReceiveCommand implements ShortCommand {
  private static final String USUAL_PATH =
      "/run/current-system/sw/bin:/nix/var/nix/profiles/default/bin:/usr/local/bin:/usr/bin:/bin";
  static final String ORIGINAL_COMMAND = "SSH_ORIGINAL_COMMAND";
  private static final String ANY_SIZE = "a size such as \"200GiB\"";

  private final Console console;

  @Option(
      names = "--name",
      paramLabel = "KEY",
      description = "What is pushed is kept under this name; the user's without it.")
  private @Nullable String name;

  @Option(
      names = "--keep",
      paramLabel = "AGE",
      description = "Let go of what was not pushed again for so long, such as 90d.")
  private @Nullable String keep;

  @Option(
      names = "--keep-size",
      paramLabel = "SIZE",
      description = "Let go of the oldest where all takes more than this, such as 200GiB.")
  private @Nullable String keepSize;

  @Option(
      names = "--roots",
      paramLabel = "DIR",
      description = "Where the GC roots are; without it gcroots/hookq-received in Nix's state.")
  private @Nullable Path roots;

  @Option(
      names = "--store",
      paramLabel = "STORE",
      description = "The store to receive into; the only one that a client may name then.")
  private @Nullable String store;

  @Option(
      names = "--path",
      paramLabel = "DIRS",
      defaultValue = USUAL_PATH,
      description = "Where Nix's programs are looked for; they see it as their PATH.")
  private String path = USUAL_PATH;

  @Option(
      names = "--max-paths",
      paramLabel = "N",
      description = "How many paths one session may add.")
  private @Nullable String maxPaths;

  @Option(
      names = "--max-bytes",
      paramLabel = "SIZE",
      description = "How many bytes of NARs one session may bring.")
  private @Nullable String maxBytes;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      defaultValue = "2h",
      description = "End a session in which nothing passes for so long; 0s for never.")
  private String timeout = "2h";

  @Option(names = "--list", description = "Say what is kept for whom, and serve nobody.")
  private boolean list;

  @Option(names = "--prune", description = "Prune for all keys, or for --name; serve nobody.")
  private boolean prune;

  @Option(names = "--json", description = "With --list: one JSON document; docs/status-json.md.")
  private boolean json;

  ReceiveCommand(Console console) {
    this.console = console;
  }

  @Override
  public void fill(String field, Object value) {
    switch (field) {
      case "name" -> name = (String) value;
      case "keep" -> keep = (String) value;
      case "keepSize" -> keepSize = (String) value;
      case "roots" -> roots = (Path) value;
      case "store" -> store = (String) value;
      case "path" -> path = (String) value;
      case "maxPaths" -> maxPaths = (String) value;
      case "maxBytes" -> maxBytes = (String) value;
      case "timeout" -> timeout = (String) value;
      case "list" -> list = (boolean) value;
      case "prune" -> prune = (boolean) value;
      case "json" -> json = (boolean) value;
      default -> throw new IllegalArgumentException(field);
    }
  }

  @Override
  public Integer call() throws CommandFailedException, IOException, InterruptedException {
    if ((list && prune) || (json && !list)) {
      throw CommandFailedException.usage("--list [--json], or --prune, or neither");
    }
    try (var receiver = receiver()) {
      if (list) {
        return list(receiver);
      }
      if (prune) {
        return prune(receiver);
      }
      var environment = console.surroundings().environment();
      // Not the console's, which keeps quiet about a client that is gone.
      return receiver.serve(
          Optional.ofNullable(environment.get(ORIGINAL_COMMAND)),
          console.in(),
          new FileOutputStream(FileDescriptor.out),
          console.err());
    }
  }

  private Receiver receiver() throws CommandFailedException {
    var user = System.getProperty("user.name");
    try {
      return new Receiver(
          new Receiver.Settings(
              keyName(user),
              Optional.ofNullable(store),
              Optional.ofNullable(roots).map(console.workingDirectory()::resolve),
              path,
              console.surroundings().home(),
              user,
              new Retention(
                  quantity("--keep", keep, Quantity::duration, Quantity.DURATION_FORM),
                  quantity("--keep-size", keepSize, Quantity::bytes, ANY_SIZE)),
              new Limits(
                  quantity("--max-paths", maxPaths, ReceiveCommand::count, "a number of paths"),
                  quantity("--max-bytes", maxBytes, Quantity::bytes, ANY_SIZE),
                  quantity("--timeout", timeout, Quantity::duration, Quantity.DURATION_FORM)
                      .filter(Duration::isPositive))),
          console.clock());
    } catch (IllegalArgumentException e) {
      throw CommandFailedException.usage(Console.messageOf(e));
    }
  }

  /** Whose links are made; of no matter where none are. */
  private KeyName keyName(String user) throws CommandFailedException {
    if (name != null) {
      return new KeyName(name);
    }
    try {
      return new KeyName(list || prune ? "all" : user);
    } catch (IllegalArgumentException e) {
      throw CommandFailedException.usage("--name is needed: the user's: " + Console.messageOf(e));
    }
  }

  private static Optional<Long> count(String text) {
    return text.matches("[0-9]{1,18}") ? Optional.of(Long.parseLong(text)) : Optional.empty();
  }

  private static <T> Optional<T> quantity(
      String option, @Nullable String text, Function<String, Optional<T>> read, String form)
      throws CommandFailedException {
    if (text == null) {
      return Optional.empty();
    }
    var value = read.apply(text);
    if (value.isEmpty()) {
      throw CommandFailedException.usage("%s: '%s' is not %s".formatted(option, text, form));
    }
    return value;
  }

  private Optional<KeyName> only() {
    return Optional.ofNullable(name).map(KeyName::new);
  }

  private int prune(Receiver receiver) throws IOException {
    for (var pruned : receiver.prune(only()).entrySet()) {
      console.out().println(pruned.getKey() + ": let go of " + pruned.getValue());
    }
    return ExitStatus.FINE;
  }

  private int list(Receiver receiver) throws IOException {
    var kept = receiver.list(only());
    if (json) {
      KeptPaths.printJson(receiver, kept, console.out());
    } else {
      KeptPaths.print(receiver, kept, console.out());
    }
    return ExitStatus.FINE;
  }
}
