package io.hookq.worker;

import io.hookq.log.Logged;
import io.hookq.wire.WireFormatException;
import io.hookq.wire.WireReader;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a daemon says between a request and its answer; passed on to our own log, at debug level.
 *
 * <p>For the thread that reads. After an exception the conversation is out of step.
 */
final class WorkerLog {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerLog.class);

  private final WireReader reader;
  private final WorkerVersion version;

  WorkerLog(WireReader reader, WorkerVersion version) {
    this.reader = reader;
    this.version = version;
  }

  /** Reads up to the end. Returns what the daemon refused with, if it did. */
  Optional<StderrMessage.Failure> awaitEnd() throws IOException {
    return awaitEnd(wanted -> {
      throw unexpected("a demand for data");
    });
  }

  /** The same for a request whose data the daemon may ask for. */
  Optional<StderrMessage.Failure> awaitEnd(Supplier supplier) throws IOException {
    while (true) {
      switch (StderrMessage.read(reader, version)) {
        case StderrMessage.Last last -> {
          return Optional.empty();
        }
        case StderrMessage.Failure failure -> {
          return Optional.of(failure);
        }
        case StderrMessage.Next next -> passOn(next.text());
        case StderrMessage.StartActivity started -> passOn(started.text());
        case StderrMessage.StopActivity stopped -> {}
        case StderrMessage.Result result -> {}
        case StderrMessage.Read read -> supplier.supply(read.wanted());
        case StderrMessage.Write write -> throw unexpected("data");
      }
    }
  }

  private static void passOn(String text) {
    if (LOG.isDebugEnabled() && !text.isBlank()) {
      LOG.debug("the far nix-daemon says: text={}", Logged.text(StderrMessage.plain(text)));
    }
  }

  private WireFormatException unexpected(String found) {
    return new WireFormatException(reader.offset(), "a log message that fits the request", found);
  }

  /** Answers a demand for data. */
  @FunctionalInterface
  interface Supplier {
    void supply(long wanted) throws IOException;
  }
}
