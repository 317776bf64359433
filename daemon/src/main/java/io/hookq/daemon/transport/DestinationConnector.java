package io.hookq.daemon.transport;

import io.hookq.daemon.config.Compression;
import io.hookq.store.DestinationStore;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * How a lane gets at its destination: over SSH, or in memory for tests.
 *
 * <p>Used by one lane's thread; {@link #another} and {@link #release} by any.
 */
@FunctionalInterface
public interface DestinationConnector extends Closeable {
  /**
   * Opens one connection; the caller closes it. May use what is still open from the last time.
   *
   * @throws IOException if there is none to be had; {@link FailureClassifier} knows what it means
   */
  DestinationStore connect() throws IOException;

  /**
   * Opens one more connection beside the one of {@link #connect}, with a far process of its own,
   * over what that one uses; the caller closes it.
   *
   * @return empty where the far side takes no more, while those that there are go on
   * @throws IOException if it cannot be opened for another reason
   */
  default Optional<DestinationStore> another() throws IOException {
    return Optional.empty();
  }

  /** What a trip to the far side and back takes at best; zero where it was not measured. */
  default Duration roundTrip() {
    return Duration.ZERO;
  }

  /**
   * Whether one connection is enough, for all that is known: what goes over it is compressed as
   * hard as the line leaves time for, and others would only share the line. For any thread.
   */
  default boolean isOneEnough() {
    return false;
  }

  /** Lets go of what is kept open between connections, such as an SSH session; never throws. */
  default void release() {}

  /** What was agreed for the last connection, never {@code AUTO}; {@code NONE} before the first. */
  default Compression compression() {
    return Compression.NONE;
  }

  /** Bytes written to the wire so far, over all connections; zero where nobody counts. */
  default long wireBytesSent() {
    return 0;
  }

  /** Lets go of everything, for good. */
  @Override
  default void close() {
    release();
  }
}
