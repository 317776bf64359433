package io.hookq.daemon.control;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Asks the daemon over its socket; one connection a call.
 *
 * <p>Thread-safe and without state; nothing to close.
 */
public final class ControlClient {
  private final Path socket;

  /** Speaks to the daemon that listens on {@code socket}. */
  public ControlClient(Path socket) {
    this.socket = socket;
  }

  /**
   * Asks and waits for the answer. A {@link WaitRequest} is answered when it is answered: its own
   * timeout comes on top of {@code timeout}.
   *
   * @throws ControlUnreachableException if no daemon answers within {@code timeout}
   * @throws ControlRefusedException if the daemon says no
   * @throws IOException if the answer is not one
   */
  public <R> R call(ControlRequest<R> request, Duration timeout) throws IOException {
    if (timeout.isNegative()) {
      throw new IllegalArgumentException("a timeout is not negative");
    }
    throw new ControlUnreachableException(socket + " " + request + timeout);
  }
}
