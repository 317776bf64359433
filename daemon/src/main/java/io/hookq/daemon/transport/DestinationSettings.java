package io.hookq.daemon.transport;

import io.hookq.daemon.queue.RetryPolicy;
import java.time.Duration;

/**
 * What a lane must know of its destination, whatever the way there.
 *
 * @param uri as shown to people
 * @param compression as shown to people
 * @param substitute whether the far side may fetch what it lacks by itself
 * @param idleTimeout how long the connection stays open without work
 */
public record DestinationSettings(
    String name,
    String uri,
    String compression,
    boolean substitute,
    Duration idleTimeout,
    RetryPolicy retry) {}
