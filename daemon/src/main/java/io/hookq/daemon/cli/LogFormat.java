package io.hookq.daemon.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * How log lines look: one a state change, on stderr, {@code level message key=value}. In systemd's
 * journal without a time, which the journal has, and with the priority in front, {@code <6>}.
 *
 * @param level the least level that is written
 * @param journal whether stderr is the journal
 */
record LogFormat(String level, boolean journal) {
  private static final String PREFIX = "org.slf4j.simpleLogger.";

  /** Classes of ours that log with the library's words: what they tell is in our exceptions. */
  private static final List<String> LIBRARYS_OWN =
      List.of("ClientConnection", "ExecChannel", "TunnelChannel", "Tunnel", "IdentityAuth");

  /** The daemon's: told by systemd's {@code JOURNAL_STREAM}. */
  static LogFormat ofDaemon(Map<String, String> environment, boolean debug) {
    return new LogFormat(debug ? "debug" : "info", environment.containsKey("JOURNAL_STREAM"));
  }

  /** That of a command which talks for itself. */
  static LogFormat ofCommand(boolean debug) {
    return new LogFormat(debug ? "debug" : "off", false);
  }

  /** To be called before the first logger is made. */
  void install() {
    System.setProperty(PREFIX + "defaultLogLevel", level);
    // The library tells of every packet, also through our classes that extend its own.
    var ssh = level.equals("off") ? "off" : "error";
    System.setProperty(PREFIX + "log.org.apache.sshd", ssh);
    System.setProperty(PREFIX + "log.io.hookq.ssh", level.equals("debug") ? "info" : level);
    for (var type : LIBRARYS_OWN) {
      System.setProperty(PREFIX + "log.io.hookq.ssh." + type, ssh);
    }
    System.setProperty(PREFIX + "showDateTime", Boolean.toString(!journal));
    if (!level.equals("off")) {
      System.setErr(new LineStream(journal, level.equals("debug")));
    }
  }

  /**
   * Keeps what slf4j-simple prints to one line a message: what a peer said may have several. A
   * stack trace is shown with {@code --debug} only, without it what was thrown, unless the line
   * above has it as its {@code error}.
   */
  static final class LineStream extends PrintStream {
    private final boolean journal;
    private final boolean traces;

    /** Whether the last message says what was thrown; guarded as slf4j-simple's own lines are. */
    private boolean explained;

    LineStream(boolean journal, boolean traces) {
      this(new FileOutputStream(FileDescriptor.err), journal, traces);
    }

    LineStream(OutputStream target, boolean journal, boolean traces) {
      super(target, true, StandardCharsets.UTF_8);
      this.journal = journal;
      this.traces = traces;
    }

    @Override
    public void println(String line) {
      var flat = flat(line);
      explained = flat.contains(" error=");
      super.println(journal ? withPriority(flat) : flat);
    }

    /** A line of a stack trace. */
    @Override
    public void println(Object line) {
      var text = String.valueOf(line);
      if (traces || !(explained || text.startsWith("\t"))) {
        super.println((journal ? "<3>" : "") + flat(text));
      }
    }

    private static String flat(String text) {
      return text.replace("\r", "").replace("\n", "\\n");
    }
  }

  /** {@code INFO hello} becomes {@code <6>hello}. */
  static String withPriority(String line) {
    var blank = line.indexOf(' ');
    var priority =
        switch (blank < 0 ? line : line.substring(0, blank)) {
          case "ERROR" -> 3;
          case "WARN" -> 4;
          case "INFO" -> 6;
          case "DEBUG", "TRACE" -> 7;
          default -> -1;
        };
    return priority < 0 ? line : "<" + priority + ">" + line.substring(blank + 1);
  }
}
