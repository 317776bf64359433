package io.hookq.daemon.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The way past picocli for commands that scripts and prompts run all day: picocli takes longer to
 * start than all the rest. And for the daemon, which would keep picocli and every command's model
 * in memory for as long as it runs.
 *
 * <p>What there is comes from a table that the build writes from picocli's own model of the same
 * classes, see {@link CommandPapers}, so that options are declared in one place. Only what is
 * plainly right is taken here; whatever is odd, help and every mistake included, is left to
 * picocli, before anything has happened.
 *
 * <pre>
 * line  := command SP name SP kind SP field
 * name  := an option, or "*" for what is no option
 * kind  := "flag" | "text" | "path" | "texts"     the field's type: boolean, String, Path, List
 * </pre>
 *
 * <p>The command {@code hookq} stands for the options that every command has. For one command line.
 */
final class ShortPath {
  /** Beside this class; not there where the build has not written it, and then nothing is short. */
  static final String TABLE = "short-path.txt";

  static final String EVERY_COMMAND = "hookq";
  static final String POSITIONAL = "*";

  private static final String OF_EVERY_COMMAND = EVERY_COMMAND + ".";

  private record Argument(String kind, String field) {}

  private final Console console;
  private final HookqCommand hookq;
  private final Set<String> given = new HashSet<>();

  private ShortPath(Console console) {
    this.console = console;
    this.hookq = new HookqCommand(console);
  }

  /**
   * Runs the command and returns its exit status; empty, and nothing done, if that is picocli's.
   */
  static OptionalInt run(Console console, String... arguments) {
    return new ShortPath(console).run(arguments);
  }

  /** Whether it is a command that asks the daemon and is done. */
  static boolean asksDaemon(String... arguments) {
    var name = name(arguments);
    return name != null && name.asksDaemon();
  }

  /** Whether the command leaves no thread behind. */
  static boolean endsByItself(String... arguments) {
    var name = name(arguments);
    return name != null && name.endsByItself();
  }

  private static @Nullable ShortName name(String... arguments) {
    return arguments.length == 0 ? null : ShortName.of(arguments[0]);
  }

  static ShortCommand command(ShortName name, Console console, HookqCommand hookq) {
    return switch (name) {
      case DAEMON -> new DaemonCommand(console, hookq);
      case DEMO -> new DemoCommand(console);
      case STATUS -> new StatusCommand(console, hookq);
      case WHY -> new WhyCommand(console, hookq);
      case LIST -> new ListCommand(console, hookq);
      case PUSH -> new PushCommand(console, hookq);
      case WAIT -> new WaitCommand(console, hookq);
      case KICK -> new KickCommand(console, hookq);
      case PAUSE -> new PauseCommand(console, hookq);
      case RESUME -> new ResumeCommand(console, hookq);
      case RETRY -> new RetryCommand(console, hookq);
      case DROP -> new DropCommand(console, hookq);
      case CHECK -> new CheckCommand(console, hookq);
      case RECONCILE -> new ReconcileCommand(console, hookq);
      case METRICS -> new MetricsCommand(console, hookq);
      case RECEIVE -> new ReceiveCommand(console);
    };
  }

  private OptionalInt run(String... arguments) {
    var name = name(arguments);
    if (name == null) {
      return OptionalInt.empty();
    }
    var command = command(name, console, hookq);
    // Nothing to look up where nothing follows: the table's jar takes time to open.
    var right =
        arguments.length == 1
            ? !name.wantsArgument()
            : fill(command, name, table(arguments[0]), arguments);
    return right ? OptionalInt.of(call(command)) : OptionalInt.empty();
  }

  private int call(ShortCommand command) {
    LogFormat.ofCommand(hookq.debug()).install();
    try {
      return command.call();
    } catch (Exception e) {
      return FailureWords.say(e, console, hookq.debug());
    }
  }

  private static Map<String, Argument> table(String command) {
    var known = new HashMap<String, Argument>();
    try (var in = ShortPath.class.getResourceAsStream(TABLE)) {
      if (in == null) {
        return known;
      }
      var lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII));
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        var words = line.split(" ", -1);
        if (words[0].equals(command) || words[0].equals(EVERY_COMMAND)) {
          var owner = words[0].equals(EVERY_COMMAND) ? OF_EVERY_COMMAND : "";
          known.put(words[1], new Argument(words[2], owner + words[3]));
        }
      }
      return known;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sets the fields as the arguments say; false if one is not plainly right. */
  private boolean fill(
      ShortCommand command, ShortName name, Map<String, Argument> known, String... arguments) {
    var texts = new ArrayList<String>();
    for (var i = 1; i < arguments.length; i++) {
      var word = arguments[i];
      if (word.startsWith("@")) {
        return false;
      }
      if (!word.startsWith("-") || word.equals("-")) {
        texts.add(word);
        continue;
      }
      var equals = word.indexOf('=');
      var argument = known.get(equals < 0 ? word : word.substring(0, equals));
      if (argument == null || !given.add(argument.field())) {
        return false;
      }
      if (argument.kind().equals("flag")) {
        if (equals >= 0) {
          return false;
        }
        set(command, argument, true);
        continue;
      }
      var value =
          equals >= 0 ? word.substring(equals + 1) : ++i < arguments.length ? arguments[i] : "";
      if (value.isEmpty() || value.startsWith("-") || value.startsWith("@")) {
        return false;
      }
      set(command, argument, argument.kind().equals("path") ? Path.of(value) : value);
    }
    return fill(command, name, Optional.ofNullable(known.get(POSITIONAL)), texts);
  }

  private boolean fill(
      ShortCommand command, ShortName name, Optional<Argument> positional, List<String> texts) {
    if (texts.isEmpty()) {
      return !name.wantsArgument();
    }
    if (positional.isEmpty() || texts.contains("")) {
      return false;
    }
    var many = positional.get().kind().equals("texts");
    if (!many && texts.size() > 1) {
      return false;
    }
    set(command, positional.get(), many ? texts.toArray(String[]::new) : texts.getFirst());
    return true;
  }

  private void set(ShortCommand command, Argument argument, Object value) {
    if (argument.field().startsWith(OF_EVERY_COMMAND)) {
      hookq.fill(argument.field().substring(OF_EVERY_COMMAND.length()), value);
    } else {
      command.fill(argument.field(), value);
    }
  }
}
