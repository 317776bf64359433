package io.hookq.daemon.transport;

import io.hookq.daemon.planner.PlanRules;
import io.hookq.daemon.queue.RetryPolicy;
import java.time.Duration;
import java.util.OptionalInt;

/**
 * What a lane must know of its destination, whatever the way there.
 *
 * @param uri as shown to people
 * @param rules what is planned for it
 * @param channels how many at once; empty: what is best for each plan
 * @param idleTimeout how long the connection stays open without work
 */
public record DestinationSettings(
    String name,
    String uri,
    PlanRules rules,
    OptionalInt channels,
    Duration idleTimeout,
    RetryPolicy retry) {}
