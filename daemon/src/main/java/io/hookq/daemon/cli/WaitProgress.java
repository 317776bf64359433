package io.hookq.daemon.cli;

import io.hookq.daemon.control.ControlClient;
import io.hookq.daemon.control.StatusRequest;
import io.hookq.daemon.status.ProgressLine;
import io.hookq.daemon.status.ScreenStyle;
import io.hookq.daemon.status.StatusJson;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One line on the terminal that says how far things are while somebody waits, gone when it is
 * closed. Where stdout is no terminal, or one that cannot overwrite a line, it says nothing.
 */
final class WaitProgress implements AutoCloseable {
  private static final Duration EVERY = Duration.ofMillis(500);
  private static final String CLEAR_TO_END_OF_LINE = "\u001b[K";

  /** A terminal that has become narrower cuts the line, which would else be left above the next. */
  private static final String NO_WRAPPING = "\u001b[?7l";

  /** What the terminal itself shows of Ctrl-C; on a second line it would keep the first. */
  private static final String ECHO = "^C";

  private static final String WRAPPING = "\u001b[?7h";

  private final Console console;
  private final ControlClient daemon;
  private final Optional<String> destination;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread;

  /** For Ctrl-C, after which the shell's prompt is to stand on an empty line. */
  private final Thread interrupted = Thread.ofPlatform().unstarted(this::clear);

  private final ReentrantLock terminal = new ReentrantLock();
  private boolean cleared;

  private WaitProgress(Console console, ControlClient daemon, Optional<String> destination) {
    this.console = console;
    this.daemon = daemon;
    this.destination = destination;
    this.thread = Thread.ofVirtual().name("progress").unstarted(this::run);
  }

  /**
   * Begins at once, on a thread of its own.
   *
   * @param destination the one that is waited for; empty for all
   */
  static WaitProgress start(Console console, ControlClient daemon, Optional<String> destination) {
    var progress = new WaitProgress(console, daemon, destination);
    var dumb = console.surroundings().environment().getOrDefault("TERM", "dumb").equals("dumb");
    if (console.style().columns() != ScreenStyle.UNBOUNDED && !dumb) {
      Runtime.getRuntime().addShutdownHook(progress.interrupted);
      progress.thread.start();
    }
    return progress;
  }

  private void run() {
    try {
      do {
        var document = daemon.call(new StatusRequest(), HookqCommand.TIMEOUT).document();
        show(
            ProgressLine.of(
                StatusJson.read(document),
                destination,
                console.clock().instant(),
                console.style()));
      } while (!closing.await(EVERY.toMillis(), TimeUnit.MILLISECONDS));
    } catch (IOException e) {
      // Whoever waits hears of it too, and says so.
      show("");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void show(String line) {
    terminal.lock();
    try {
      if (cleared) {
        return;
      }
      console
          .out()
          .print(
              "\r"
                  + NO_WRAPPING
                  + console.style().fit(line, console.style().columns() - 1 - ECHO.length())
                  + CLEAR_TO_END_OF_LINE
                  + WRAPPING);
      console.out().flush();
    } finally {
      terminal.unlock();
    }
  }

  private void clear() {
    terminal.lock();
    try {
      show("");
      cleared = true;
      console.out().print("\r");
      console.out().flush();
    } finally {
      terminal.unlock();
    }
  }

  @Override
  public void close() {
    closing.countDown();
    if (thread.getState() == Thread.State.NEW) {
      return;
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    clear();
    try {
      Runtime.getRuntime().removeShutdownHook(interrupted);
    } catch (IllegalStateException _) {
      // It runs already.
    }
  }
}
