package io.hookq.daemon.cli;

import io.hookq.daemon.control.ControlClient;
import io.hookq.daemon.control.ControlUnreachableException;
import io.hookq.daemon.control.StatusRequest;
import io.hookq.daemon.status.ScreenStyle;
import io.hookq.daemon.status.StatusJson;
import io.hookq.daemon.status.StatusReport;
import io.hookq.daemon.status.StatusScreen;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Shows the status once a second until a signal ends it.
 *
 * <pre>
 * a terminal                  the alternate screen, redrawn in place: each line overwritten and
 *                             cleared to its end, never the whole screen, so nothing flickers; at
 *                             the end, and for Ctrl-Z, the old screen is back as it was
 * TERM=dumb, a pipe, a file   a screen is appended whenever something has changed
 * --json                      a document is appended whenever something has changed, one a line
 * </pre>
 *
 * A daemon that cannot be reached is said so once, and tried again each second. For one thread,
 * which a signal interrupts.
 */
final class StatusWatch {
  private static final int EVERY_SECONDS = 1;

  /** The alternate screen, no cursor, no wrapping: a terminal narrower than a screen cuts it. */
  private static final String ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l";

  private static final String LEAVE = "\u001b[?7h\u001b[?25h\u001b[?1049l";
  private static final String HOME = "\u001b[H";
  private static final String CLEAR_TO_END_OF_LINE = "\u001b[K";
  private static final String CLEAR_BELOW = "\u001b[J";

  private final Console console;
  private final ControlClient daemon;
  private final boolean json;
  private final Semaphore resized = new Semaphore(0);

  /** Held while the terminal is written to, and while it is another's. */
  private final ReentrantLock terminal = new ReentrantLock();

  StatusWatch(Console console, ControlClient daemon, boolean json) {
    this.console = console;
    this.daemon = daemon;
    this.json = json;
  }

  /**
   * Watches until it is interrupted by SIGINT, SIGTERM or SIGHUP, or nobody reads any more.
   *
   * @throws IOException if the daemon says something that cannot be understood
   */
  int run() throws IOException {
    var watcher = Thread.currentThread();
    try (var _ = Signals.stopHandledBy(watcher::interrupt)) {
      if (json || !isPlaceable()) {
        return append();
      }
      redraw();
    } finally {
      // Whoever called us goes on, to flush what was written for example.
      Thread.interrupted();
    }
    // It is how one ends it: nothing has failed.
    return ExitStatus.FINE;
  }

  /** Whether the cursor can be sent somewhere. */
  private boolean isPlaceable() {
    return console.style().columns() != ScreenStyle.UNBOUNDED
        && !console.surroundings().environment().getOrDefault("TERM", "dumb").equals("dumb");
  }

  private sealed interface Seen {
    record Report(String document) implements Seen {}

    record NoDaemon(String words) implements Seen {}

    /** It is over. */
    record Nothing() implements Seen {}
  }

  private Seen look() throws IOException {
    try {
      return new Seen.Report(daemon.call(new StatusRequest(), HookqCommand.TIMEOUT).document());
    } catch (ControlUnreachableException e) {
      // A call that is interrupted loses its connection.
      return Thread.currentThread().isInterrupted()
          ? new Seen.Nothing()
          : new Seen.NoDaemon(Console.messageOf(e));
    }
  }

  // ── Where lines can only be appended ───────────────────────────────────────────────────────

  /** Until it is over, or nobody reads any more: then the last answer did not arrive. */
  private int append() throws IOException {
    var mac = console.surroundings().mac();
    @Nullable Seen last = null;
    while (!console.out().checkError() && !StandardOutput.isAbandoned(mac)) {
      var seen = look();
      if (!seen.equals(last)) {
        switch (seen) {
          case Seen.Report report -> append(report.document(), last != null);
          case Seen.NoDaemon none -> {
            console.say(none.words() + "; trying again");
            console.hint(FailureWords.START_THE_DAEMON);
          }
          case Seen.Nothing _ -> {
            return ExitStatus.FINE;
          }
        }
      }
      last = seen;
      if (pause()) {
        return ExitStatus.FINE;
      }
    }
    return ExitStatus.FAILED;
  }

  private void append(String document, boolean further) throws IOException {
    if (json) {
      console.out().println(document);
      return;
    }
    if (further) {
      console.out().println();
    }
    console.out().print(screen(document, console.style()));
    console.out().flush();
  }

  // ── Where the screen can be drawn over ─────────────────────────────────────────────────────

  private void redraw() throws IOException {
    try (var _ = Signals.resizingHandledBy(resized::release);
        var _ = Signals.suspensionHandledBy(this::stepAside)) {
      console.out().print(ENTER);
      while (!console.out().checkError()) {
        var size = TerminalSize.now(console.surroundings().mac());
        var style =
            size.map(now -> console.style().withColumns(now.columns())).orElse(console.style());
        var text =
            switch (look()) {
              case Seen.Report report -> screen(report.document(), style);
              case Seen.NoDaemon none -> noDaemon(none.words(), style);
              case Seen.Nothing _ -> null;
            };
        if (text == null) {
          return;
        }
        print(frame(text, size.map(TerminalSize::rows)));
        if (pause()) {
          return;
        }
      }
    } finally {
      console.out().print(LEAVE);
      console.out().flush();
    }
  }

  private void print(String text) {
    terminal.lock();
    try {
      console.out().print(text);
      console.out().flush();
    } finally {
      terminal.unlock();
    }
  }

  /** Ctrl-Z: the shell gets its own screen, and with {@code fg} we get ours again. */
  private void stepAside() {
    terminal.lock();
    try {
      print(LEAVE);
      Signals.stopUntilContinued();
    } catch (IOException e) {
      console.say("cannot be suspended: " + Console.messageOf(e));
    } finally {
      print(ENTER);
      terminal.unlock();
    }
    resized.release();
  }

  /**
   * One write a frame; the last line is not ended, or the terminal would scroll. What was there is
   * cleared before each line: after one that is as wide as the terminal the cursor stands on its
   * last character, which would be cleared too.
   */
  static String frame(String screen, Optional<Integer> rows) {
    var lines = screen.lines().toList();
    var frame = new StringBuilder(HOME);
    var room = rows.orElse(Integer.MAX_VALUE);
    var shown = lines.size() <= room ? lines.size() : room - 1;
    for (var i = 0; i < shown; i++) {
      var last = i == lines.size() - 1;
      frame
          .append(i == 0 ? "" : "\r\n")
          .append(last ? CLEAR_BELOW : CLEAR_TO_END_OF_LINE)
          .append(lines.get(i));
    }
    if (shown < lines.size()) {
      frame
          .append("\r\n")
          .append(CLEAR_BELOW)
          .append("(%d more lines)".formatted(lines.size() - shown));
    }
    return frame.toString();
  }

  private String noDaemon(String words, ScreenStyle style) {
    var columns = style.columns();
    return style.fit("hookq: " + words + "; trying again", columns)
        + "\n"
        + style.fit("hint: " + FailureWords.START_THE_DAEMON, columns);
  }

  private String screen(String document, ScreenStyle style) throws IOException {
    StatusReport report = StatusJson.read(document);
    return new StatusScreen(style).render(report, console.clock().instant());
  }

  /** Waits for the next look, which a resized terminal makes at once; says whether it is over. */
  private boolean pause() {
    try {
      if (resized.tryAcquire(EVERY_SECONDS, TimeUnit.SECONDS)) {
        resized.drainPermits();
      }
      return false;
    } catch (InterruptedException _) {
      return true;
    }
  }
}
