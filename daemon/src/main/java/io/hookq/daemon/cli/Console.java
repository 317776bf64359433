package io.hookq.daemon.cli;

import io.hookq.daemon.config.Surroundings;
import io.hookq.daemon.status.PlainLine;
import io.hookq.daemon.status.ScreenStyle;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Where a command was typed and where its answer goes. Tests hand in their own.
 *
 * @param in standard input
 * @param out the answer; UTF-8 whatever the locale
 * @param err the talk
 * @param style what {@code out} can show
 * @param surroundings environment, home, system
 * @param workingDirectory where relative paths start
 * @param clock for what is shown as ages
 */
record Console(
    InputStream in,
    PrintStream out,
    PrintStream err,
    ScreenStyle style,
    Surroundings surroundings,
    Path workingDirectory,
    InstantSource clock) {
  /** Set by the launcher to the width of the terminal that stdout is; not set where it is none. */
  private static final String COLUMNS = "hookq.columns";

  private static final int USUAL_COLUMNS = 80;

  /** That of this process. */
  static Console ofProcess() {
    var surroundings = Surroundings.here();
    return new Console(
        // Not System.in, which reads ahead into a buffer of its own under a lock.
        new FileInputStream(FileDescriptor.in),
        utf8(FileDescriptor.out),
        utf8(FileDescriptor.err),
        style(surroundings.environment(), Optional.ofNullable(System.getProperty(COLUMNS))),
        surroundings,
        Path.of("").toAbsolutePath(),
        InstantSource.system());
  }

  private static PrintStream utf8(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
  }

  /**
   * What a terminal or a pipe in this environment can show.
   *
   * @param terminal how wide it is, as far as that is known; empty for a pipe
   */
  static ScreenStyle style(Map<String, String> environment, Optional<String> terminal) {
    var unicode = isUtf8(environment);
    if (terminal.isEmpty()) {
      return ScreenStyle.pipe(unicode);
    }
    var plain =
        !environment.getOrDefault("NO_COLOR", "").isEmpty()
            || environment.getOrDefault("TERM", "dumb").equals("dumb");
    return new ScreenStyle(columns(terminal.get()), !plain, unicode);
  }

  /** As POSIX looks a locale up: the first variable that is not empty decides. */
  private static boolean isUtf8(Map<String, String> environment) {
    for (var variable : new String[] {"LC_ALL", "LC_CTYPE", "LANG"}) {
      var value = environment.getOrDefault(variable, "");
      if (!value.isEmpty()) {
        var locale = value.toLowerCase(Locale.ROOT);
        return locale.contains("utf-8") || locale.contains("utf8");
      }
    }
    return false;
  }

  private static int columns(String text) {
    try {
      var columns = Integer.parseInt(text);
      return columns > 0 ? columns : USUAL_COLUMNS;
    } catch (NumberFormatException e) {
      return USUAL_COLUMNS;
    }
  }

  /** What a failure says, or at least what it is. */
  static String messageOf(Throwable failure) {
    var message = failure.getMessage();
    return message == null || message.isBlank() ? failure.getClass().getSimpleName() : message;
  }

  /** One line to the user that is not the answer. */
  void say(String line) {
    err.println("hookq: " + PlainLine.of(line));
  }

  /** What helps, below what {@link #say} said. */
  void hint(String line) {
    err.println("hint: " + PlainLine.of(line));
  }
}
