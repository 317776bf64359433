package io.hookq.daemon.cli;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.AutoComplete;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** What the shells are told of the commands and their options. Stateless. */
final class ShellCompletion {
  /** The shells that there is a script for. */
  static final String SHELLS = "bash, zsh and fish";

  private ShellCompletion() {}

  /** The script for {@code shell}; empty for one that is not among {@link #SHELLS}. */
  static Optional<String> of(CommandSpec tree, String shell) {
    return switch (shell) {
      case "bash" -> Optional.of(AutoComplete.bash(tree.name(), tree.commandLine()));
      case "zsh" -> Optional.of(zsh(tree));
      case "fish" -> Optional.of(fish(tree));
      default -> Optional.empty();
    };
  }

  // ── zsh ────────────────────────────────────────────────────────────────────────────────────

  /** To be sourced after compinit, or found as {@code _hookq} in a folder of {@code fpath}. */
  private static String zsh(CommandSpec tree) {
    var name = tree.name();
    var text = new StringBuilder();
    text.append("#compdef %1$s\n\n_%1$s() {\n".formatted(name))
        .append("  local context state state_descr line\n")
        .append("  typeset -A opt_args\n")
        .append("  local -a commands\n  commands=(\n");
    tree.subcommands()
        .forEach((command, line) ->
            text.append(
                "    '%s:%s'\n".formatted(command, inZsh(description(line.getCommandSpec())))));
    text.append("  )\n  _arguments -C \\\n")
        .append(zshOptions(tree, "    "))
        .append("    '1:command:->command' \\\n    '*::argument:->argument'\n")
        .append("  case $state in\n")
        .append("    command) _describe -t commands command commands ;;\n")
        .append("    argument)\n      case $words[1] in\n");
    tree.subcommands()
        .forEach((command, line) ->
            text.append("        %s)\n          _arguments \\\n".formatted(command))
                .append(zshOptions(line.getCommandSpec(), "            "))
                .append("            '*:argument:_files'\n          ;;\n"));
    return text.append("      esac\n      ;;\n  esac\n}\n\n")
        .append("# Autoloaded it is the function; sourced it defines it.\n")
        .append(
            "if [[ $funcstack[1] == _%1$s ]]; then _%1$s \"$@\"; else compdef _%1$s %1$s; fi\n"
                .formatted(name))
        .toString();
  }

  private static String zshOptions(CommandSpec command, String indent) {
    var text = new StringBuilder();
    for (var option : command.options()) {
      for (var name : option.names()) {
        var value = option.arity().max() == 0 ? "" : ":" + inZsh(option.paramLabel()) + ":_files";
        var joined = !value.isEmpty() && name.startsWith("--") ? "=" : "";
        text.append(indent)
            .append(
                "'%s%s[%s]%s' \\\n"
                    .formatted(
                        name,
                        joined,
                        inZsh(first(option.description())).replace("[", "\\[").replace("]", "\\]"),
                        value));
      }
    }
    return text.toString();
  }

  private static String inZsh(String text) {
    return text.replace("'", "'\\''").replace(":", "\\:");
  }

  // ── fish ───────────────────────────────────────────────────────────────────────────────────

  private static String fish(CommandSpec tree) {
    var text = new StringBuilder();
    var commands = String.join(" ", tree.subcommands().keySet());
    tree.subcommands()
        .forEach((name, line) ->
            text.append(
                "complete -c %s -f -n 'not __fish_seen_subcommand_from %s' -a %s -d '%s'\n"
                    .formatted(
                        tree.name(), commands, name, inFish(description(line.getCommandSpec())))));
    tree.subcommands()
        .forEach((name, line) ->
            line.getCommandSpec()
                .options()
                .forEach(option ->
                    text.append(
                        "complete -c %s -n '__fish_seen_subcommand_from %s' %s -d '%s'\n"
                            .formatted(
                                tree.name(),
                                name,
                                fishNames(option),
                                inFish(first(option.description()))))));
    return text.toString();
  }

  private static String fishNames(OptionSpec option) {
    var names =
        Arrays.stream(option.names())
            .map(name ->
                name.startsWith("--") ? "-l " + name.substring(2) : "-s " + name.substring(1))
            .collect(Collectors.joining(" "));
    return option.arity().max() == 0 ? names : names + " -r";
  }

  private static String inFish(String text) {
    return text.replace("\\", "\\\\").replace("'", "\\'");
  }

  // ── Both ───────────────────────────────────────────────────────────────────────────────────

  private static String description(CommandSpec command) {
    return first(command.usageMessage().description());
  }

  private static String first(String... description) {
    return description.length == 0 ? "" : description[0];
  }
}
