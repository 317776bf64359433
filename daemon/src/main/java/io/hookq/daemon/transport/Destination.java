package io.hookq.daemon.transport;

import io.hookq.daemon.queue.QueueException;
import java.io.Closeable;
import java.time.Duration;

/**
 * A store that paths are brought to: its settings, the lane that does it, and how that goes.
 *
 * <p>Thread-safe. Closing it stops the lane and closes the connector.
 */
public final class Destination implements Closeable {
  private static final Duration STOP_WITHIN = Duration.ofSeconds(4);

  private final DestinationSettings settings;
  private final DestinationConnector connector;
  private final NearSide near;

  /** A destination that does nothing yet. */
  public Destination(DestinationSettings settings, DestinationConnector connector, NearSide near) {
    this.settings = settings;
    this.connector = connector;
    this.near = near;
  }

  /** As in the configuration. */
  public String name() {
    return settings.name();
  }

  /** Starts the lane, and has it woken by every change of the queue. */
  public void start() {
    near.queue().onChange(this::wake);
  }

  /** Has the lane look for due jobs now; never shortens a backoff. */
  public void wake() {}

  /** How it goes at this moment. */
  public DestinationSnapshot snapshot() throws QueueException {
    near.queue().counts(name());
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * Stops in good order: cuts the connection, puts back what was on the wire.
   *
   * @return whether the lane ended in time
   */
  public boolean stop(Duration within) {
    return !within.isNegative();
  }

  @Override
  public void close() {
    stop(STOP_WITHIN);
    connector.close();
  }
}
