package io.hookq.daemon.status;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** docs/status-json.md, which scripts rely on. */
public final class Contract {
  private static final Path FILE = Path.of("../docs/status-json.md");
  private static final Pattern FIELD = Pattern.compile("(?m)^\\| `([^`]+)` \\|");

  private Contract() {}

  /** The fields that the tables in the section of {@code hookq COMMAND --json} name, in order. */
  public static List<String> fieldsOf(String command) throws IOException {
    for (var section : Files.readString(FILE).split("\n## ", -1)) {
      if (section.startsWith("`hookq " + command + " --json`")) {
        return FIELD.matcher(section).results().map(field -> field.group(1)).toList();
      }
    }
    throw new AssertionError("no section for " + command + " in " + FILE);
  }
}
