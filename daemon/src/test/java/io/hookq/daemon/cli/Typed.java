package io.hookq.daemon.cli;

import io.hookq.daemon.config.Surroundings;
import io.hookq.daemon.status.Reports;
import io.hookq.daemon.status.ScreenStyle;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * What came of a command line.
 *
 * @param status the exit status
 * @param out stdout, all of it
 * @param err stderr, all of it
 */
record Typed(int status, String out, String err) {
  /** Somebody at a terminal, or a script: where commands are typed. Not thread-safe. */
  static final class At {
    private final Path folder;
    private final Map<String, String> environment = new HashMap<>();
    private ScreenStyle style = ScreenStyle.pipe(true);
    private InputStream input = InputStream.nullInputStream();

    At(Path folder) {
      this.folder = folder;
    }

    At with(String variable, Object value) {
      environment.put(variable, value.toString());
      return this;
    }

    At on(ScreenStyle screen) {
      style = screen;
      return this;
    }

    At reading(String text) {
      return reading(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    }

    At reading(InputStream in) {
      input = in;
      return this;
    }

    Typed type(String... arguments) {
      return type(console -> Main.run(console, arguments));
    }

    /** What comes of {@code command} here. */
    Typed type(ToIntFunction<Console> command) {
      var out = new ByteArrayOutputStream();
      var err = new ByteArrayOutputStream();
      var status =
          command.applyAsInt(
              new Console(
                  input,
                  new PrintStream(out, true, StandardCharsets.UTF_8),
                  new PrintStream(err, true, StandardCharsets.UTF_8),
                  style,
                  new Surroundings(environment, folder, false),
                  folder,
                  InstantSource.fixed(Reports.NOW)));
      return new Typed(
          status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
  }
}
