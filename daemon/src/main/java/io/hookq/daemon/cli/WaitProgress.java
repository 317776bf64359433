package io.hookq.daemon.cli;

import io.hookq.daemon.control.ControlClient;
import io.hookq.daemon.control.StatusRequest;
import io.hookq.daemon.status.ProgressLine;
import io.hookq.daemon.status.ScreenStyle;
import io.hookq.daemon.status.StatusJson;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * One line on the terminal that says how far things are while somebody waits, gone when it is
 * closed. Where stdout is no terminal, or one that cannot overwrite a line, it says nothing.
 */
final class WaitProgress implements AutoCloseable {
  private static final Duration EVERY = Duration.ofMillis(500);
  private static final String CLEAR_TO_END_OF_LINE = "\u001b[K";

  private final Console console;
  private final ControlClient daemon;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread;

  private WaitProgress(Console console, ControlClient daemon) {
    this.console = console;
    this.daemon = daemon;
    this.thread = Thread.ofVirtual().name("progress").unstarted(this::run);
  }

  /** Begins at once, on a thread of its own. */
  static WaitProgress start(Console console, ControlClient daemon) {
    var progress = new WaitProgress(console, daemon);
    var dumb = console.surroundings().environment().getOrDefault("TERM", "dumb").equals("dumb");
    if (console.style().columns() != ScreenStyle.UNBOUNDED && !dumb) {
      progress.thread.start();
    }
    return progress;
  }

  private void run() {
    try {
      do {
        var document = daemon.call(new StatusRequest(), HookqCommand.TIMEOUT).document();
        show(
            ProgressLine.of(StatusJson.read(document), console.clock().instant(), console.style()));
      } while (!closing.await(EVERY.toMillis(), TimeUnit.MILLISECONDS));
    } catch (IOException e) {
      // Whoever waits hears of it too, and says so.
      show("");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void show(String line) {
    console
        .out()
        .print(
            "\r" + console.style().fit(line, console.style().columns() - 1) + CLEAR_TO_END_OF_LINE);
    console.out().flush();
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
    show("");
    console.out().print("\r");
    console.out().flush();
  }
}
