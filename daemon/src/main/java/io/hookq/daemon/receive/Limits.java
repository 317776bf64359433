package io.hookq.daemon.receive;

import java.time.Duration;
import java.util.Optional;

/**
 * What one session may take.
 *
 * @param paths how many paths may be added
 * @param narBytes how many bytes of NARs may come
 * @param stall how long nothing may pass in either direction
 */
public record Limits(Optional<Long> paths, Optional<Long> narBytes, Optional<Duration> stall) {}
