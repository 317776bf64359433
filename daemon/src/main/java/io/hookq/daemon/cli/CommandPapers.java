package io.hookq.daemon.cli;

import io.hookq.daemon.config.Surroundings;
import io.hookq.daemon.status.ScreenStyle;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * What the build writes from the commands, so that nothing is said twice: the table of {@link
 * ShortPath}, the man pages, and the shells' completion. Stateless.
 */
final class CommandPapers {
  /** Where each shell looks. */
  private static final Map<String, String> COMPLETIONS =
      Map.of(
          "bash", "bash-completion/completions/hookq",
          "zsh", "zsh/site-functions/_hookq",
          "fish", "fish/vendor_completions.d/hookq.fish");

  private CommandPapers() {}

  /**
   * Writes them.
   *
   * @param folders the class folder, for the table; the folder for the man pages; if there is a
   *     third, the one for the completion, laid out as below {@code share}
   */
  public static void main(String[] folders) throws IOException {
    var tree = tree();
    var table =
        Path.of(folders[0])
            .resolve(CommandPapers.class.getPackageName().replace('.', '/'))
            .resolve(ShortPath.TABLE);
    Files.writeString(table, table(tree));
    var pages = Files.createDirectories(Path.of(folders[1]));
    for (var page : ManPage.all(tree).entrySet()) {
      Files.writeString(pages.resolve(page.getKey()), page.getValue());
    }
    if (folders.length > 2) {
      for (var script : COMPLETIONS.entrySet()) {
        var file = Path.of(folders[2]).resolve(script.getValue());
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        var text = ShellCompletion.of(tree.getCommandSpec(), script.getKey()).orElseThrow();
        Files.writeString(file, text);
      }
    }
  }

  /** The commands, with nobody to run them. */
  static CommandLine tree() {
    var nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    var root = Path.of("/");
    return new CommandTree(
            new Console(
                InputStream.nullInputStream(),
                nowhere,
                nowhere,
                ScreenStyle.pipe(true),
                new Surroundings(Map.of(), root, false),
                root,
                InstantSource.system()))
        .commandLine();
  }

  /** The table of the short path. */
  static String table(CommandLine tree) {
    var text = new StringBuilder();
    append(text, tree, ShortPath.EVERY_COMMAND);
    tree.getSubcommands()
        .forEach((name, line) -> {
          var shortName = ShortName.of(name);
          if (shortName != null && isShort(shortName, line)) {
            append(text, line, name);
          }
        });
    return text.toString();
  }

  /** Whether picocli does nothing for the command but to fill its fields with plain things. */
  private static boolean isShort(ShortName name, CommandLine line) {
    return line.getCommandSpec().argGroups().isEmpty()
        && line.getSubcommands().isEmpty()
        && Arrays.stream(line.getCommandSpec().userObject().getClass().getDeclaredFields())
            .noneMatch(CommandPapers::isInjected)
        && line.getCommandSpec().args().stream()
            .filter(CommandPapers::isOwn)
            .allMatch(argument ->
                kind(argument).isPresent()
                    && argument.required() == (argument.isPositional() && name.wantsArgument()));
  }

  private static boolean isInjected(Field field) {
    return Arrays.stream(field.getAnnotations())
        .map(annotation -> annotation.annotationType())
        .anyMatch(type ->
            type.getPackageName().equals(CommandLine.class.getPackageName())
                && type != Option.class
                && type != Parameters.class);
  }

  /** Not one that every command has. */
  private static boolean isOwn(ArgSpec argument) {
    return !argument.inherited()
        && argument.userObject() instanceof Field
        && !(argument instanceof OptionSpec option && (option.usageHelp() || option.versionHelp()));
  }

  private static Optional<String> kind(ArgSpec argument) {
    var type = argument.type();
    var positional = argument instanceof PositionalParamSpec;
    if (type == String.class && argument.arity().max() == 1) {
      return Optional.of("text");
    }
    if (!positional && type == Path.class && argument.arity().max() == 1) {
      return Optional.of("path");
    }
    if (!positional && type == boolean.class && argument.arity().max() == 0) {
      return Optional.of("flag");
    }
    return positional && type == List.class ? Optional.of("texts") : Optional.empty();
  }

  private static void append(StringBuilder text, CommandLine line, String command) {
    for (var argument : line.getCommandSpec().args()) {
      if (!isOwn(argument)) {
        continue;
      }
      var field = ((Field) argument.userObject()).getName();
      var kind = kind(argument).orElseThrow();
      var names =
          argument instanceof OptionSpec option
              ? List.of(option.names())
              : List.of(ShortPath.POSITIONAL);
      names.forEach(name -> text.append(String.join(" ", command, name, kind, field)).append('\n'));
    }
  }
}
