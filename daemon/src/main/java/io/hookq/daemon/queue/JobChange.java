package io.hookq.daemon.queue;

import io.hookq.store.StorePath;
import java.time.Instant;
import java.util.Optional;

/**
 * One line of a job's history.
 *
 * @param event what happened, see {@link JobEvent#label}
 * @param state where the job stood afterwards, see {@link JobState#label}
 * @param attempts refusals counted by then
 */
public record JobChange(
    JobId job,
    StorePath path,
    String destination,
    Instant at,
    String event,
    String state,
    int attempts,
    Optional<String> reason) {}
