package io.hookq.daemon.cli;

import io.hookq.daemon.status.Version;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * A man page of section 1 for {@code hookq} and for each of its commands, as {@code man}(7) has it.
 *
 * <p>No date: two builds of one commit are the same. Stateless.
 */
final class ManPage {
  /** What hookq goes by besides its arguments. */
  private static final String SURROUNDINGS =
      """
      .SH ENVIRONMENT
      .TP
      .B HOOKQ_CONFIG
      The config file, where \\-\\-config names none.
      .TP
      .B HOOKQ_SOCKET
      The daemon\\(aqs socket, where \\-\\-socket names none.
      .TP
      .B NO_COLOR
      If it is not empty: no colours.
      .TP
      .B TERM
      If it is dumb: no colours, and nothing is drawn over.
      .SH FILES
      .TP
      .I /etc/hookq/hookq.toml
      The config file.
      .TP
      .I /run/hookq/hookq.sock
      The daemon\\(aqs socket; on macOS /var/lib/hookq/hookq.sock.
      .TP
      .I /var/lib/hookq
      Queue and spool; an agent on macOS has its own in the user\\(aqs Library.
      """;

  private ManPage() {}

  /** Every page by its file name. */
  static Map<String, String> all(CommandLine tree) {
    var pages = new LinkedHashMap<String, String>();
    pages.put("hookq.1", page(tree.getCommandSpec(), tree));
    tree.getSubcommands()
        .forEach(
            (name, line) -> pages.put("hookq-" + name + ".1", page(line.getCommandSpec(), tree)));
    return pages;
  }

  private static String page(CommandSpec spec, CommandLine tree) {
    var name = spec.qualifiedName("-");
    var description = spec.usageMessage().description();
    var text = new StringBuilder();
    text.append(
        ".TH \"%s\" 1 \"\" \"hookq %s\" \"hookq\"\n"
            .formatted(escape(name.toUpperCase(java.util.Locale.ROOT)), Version.CURRENT));
    text.append(".SH NAME\n")
        .append(escape(name) + " \\- " + escape(firstSentence(description)))
        .append('\n');
    text.append(".SH SYNOPSIS\n").append(synopsis(spec)).append('\n');
    text.append(".SH DESCRIPTION\n");
    for (var paragraph : description) {
      text.append(paragraph.isEmpty() ? ".PP" : line(paragraph)).append('\n');
    }
    for (var footer : spec.usageMessage().footer()) {
      text.append(".PP\n").append(line(footer.replace("%n", ""))).append('\n');
    }
    if (!spec.subcommands().isEmpty()) {
      text.append(".SH COMMANDS\n");
      spec.subcommands()
          .forEach((command, line) -> {
            text.append(".TP\n.BR hookq\\-").append(escape(command)).append(" (1)\n");
            text.append(line(firstSentence(line.getCommandSpec().usageMessage().description())))
                .append('\n');
          });
    }
    arguments(spec, text);
    exitStatus(spec.usageMessage().exitCodeList().isEmpty() ? tree.getCommandSpec() : spec, text);
    if (spec.parent() == null) {
      text.append(SURROUNDINGS);
    }
    text.append(".SH SEE ALSO\n")
        .append(spec.parent() == null ? ".BR nix.conf (5)" : ".BR hookq (1)")
        .append('\n');
    return text.toString();
  }

  private static String firstSentence(String... description) {
    var text = description.length == 0 ? "" : description[0];
    var end = text.indexOf(". ");
    var sentence = end < 0 ? text : text.substring(0, end);
    return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
  }

  private static String synopsis(CommandSpec spec) {
    var words = new StringBuilder(".B " + escape(spec.qualifiedName(" ")) + "\n");
    for (var option : spec.options()) {
      if (!option.inherited() && !option.usageHelp() && !option.versionHelp()) {
        words.append("[" + bold(option.longestName()) + value(option) + "]\n");
      }
    }
    for (var positional : spec.positionalParameters()) {
      var label = italic(positional.paramLabel());
      words.append(positional.arity().min() == 0 ? "[" + label + "]" : label);
      words.append(positional.arity().max() > 1 ? " ...\n" : "\n");
    }
    if (!spec.subcommands().isEmpty()) {
      words.append(italic("COMMAND") + "\n");
    }
    return words.toString().stripTrailing();
  }

  private static void arguments(CommandSpec spec, StringBuilder text) {
    text.append(".SH OPTIONS\n");
    for (PositionalParamSpec positional : spec.positionalParameters()) {
      entry(text, italic(positional.paramLabel()), positional);
    }
    for (OptionSpec option : spec.options()) {
      var names =
          java.util.Arrays.stream(option.names())
              .map(ManPage::bold)
              .collect(Collectors.joining(", "));
      entry(text, names + value(option), option);
    }
  }

  private static void entry(StringBuilder text, String term, ArgSpec argument) {
    text.append(".TP\n").append(term).append('\n');
    for (var line : argument.description()) {
      text.append(line(line)).append('\n');
    }
  }

  private static String value(OptionSpec option) {
    return option.arity().max() == 0 ? "" : " " + italic(option.paramLabel());
  }

  private static void exitStatus(CommandSpec spec, StringBuilder text) {
    text.append(".SH EXIT STATUS\n");
    spec.usageMessage()
        .exitCodeList()
        .forEach((code, meaning) ->
            text.append(".TP\n")
                .append(bold(code.strip()))
                .append('\n')
                .append(line(meaning))
                .append('\n'));
  }

  private static String bold(String text) {
    return "\\fB" + escape(text) + "\\fR";
  }

  private static String italic(String text) {
    return "\\fI" + escape(text) + "\\fR";
  }

  /** A line that roff takes for text whatever it begins with. */
  private static String line(String text) {
    return "\\&" + escape(text.replace("%n", " ").replace("%%", "%").strip());
  }

  private static String escape(String text) {
    return text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq");
  }
}
