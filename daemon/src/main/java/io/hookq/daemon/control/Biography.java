package io.hookq.daemon.control;

import io.hookq.daemon.queue.Job;
import io.hookq.daemon.queue.JobChange;
import io.hookq.daemon.queue.JobFilter;
import io.hookq.daemon.queue.JobQueue;
import io.hookq.daemon.queue.JobState;
import io.hookq.daemon.queue.QueueException;
import io.hookq.log.Logged;
import io.hookq.store.PathInfo;
import io.hookq.store.Signature;
import io.hookq.store.SourceStore;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Collects what is known of one path's life, from the queue and the store. Thread-safe. */
final class Biography {
  private static final Logger LOG = LoggerFactory.getLogger(Biography.class);

  private final StoreDir storeDir;
  private final SourceStore source;
  private final JobQueue queue;
  private final Set<String> destinations;

  /**
   * Of what these two know.
   *
   * @param destinations those in the config; a job of another one is orphaned
   */
  Biography(SourceStore source, JobQueue queue, Set<String> destinations) {
    this.storeDir = source.storeDir();
    this.source = source;
    this.queue = queue;
    this.destinations = Set.copyOf(destinations);
  }

  WhyRequest.Reply of(StorePath path) throws QueueException {
    var jobs = queue.list(JobFilter.ALL.of(Set.of(path)));
    var history = queue.history(path);
    var lives = new ArrayList<WhyRequest.Life>();
    for (var job : jobs) {
      lives.add(
          life(job, history.stream().filter(change -> change.job().equals(job.id())).toList()));
    }
    var valid = Optional.<Boolean>empty();
    var origin = Optional.<WhyRequest.Origin>empty();
    try {
      var info = Optional.ofNullable(source.queryPathInfos(Set.of(path)).get(path));
      valid = Optional.of(info.isPresent());
      origin = info.map(this::origin);
    } catch (IOException e) {
      LOG.debug(
          "the source store cannot be asked: path={} error={}", path, Logged.text(e.getMessage()));
    }
    return new WhyRequest.Reply(storeDir.print(path), valid, origin, queue.lastHookAt(), lives);
  }

  private WhyRequest.Origin origin(PathInfo info) {
    return new WhyRequest.Origin(
        Instant.ofEpochSecond(info.registrationTime()),
        info.ultimate(),
        info.deriver().map(storeDir::print),
        info.signatures().stream().map(Signature::keyName).distinct().toList(),
        info.contentAddress().isPresent());
  }

  private WhyRequest.Life life(Job job, List<JobChange> history) throws QueueException {
    return new WhyRequest.Life(
        entry(job),
        job.derivation().map(storeDir::print),
        job.source(),
        history.stream()
            .map(change ->
                new WhyRequest.Change(
                    change.at(),
                    change.event(),
                    change.state(),
                    change.attempts(),
                    change.reason()))
            .toList(),
        waits(job, history.isEmpty() ? job.enqueuedAt() : history.getFirst().at()));
  }

  /** What of the destination's outages fell into the time in which the job was to go there. */
  private List<WhyRequest.Wait> waits(Job job, Instant begin) throws QueueException {
    var end = isOver(job.state()) ? job.updatedAt() : Instant.MAX;
    return queue.outages().since(job.destination(), begin).stream()
        .filter(outage -> outage.from().isBefore(end))
        .map(outage ->
            new WhyRequest.Wait(outage.kind().label(), outage.from(), outage.to(), outage.reason()))
        .toList();
  }

  private static boolean isOver(JobState state) {
    return switch (state) {
      case JobState.Queued _, JobState.Uploading _ -> false;
      case JobState.Done _, JobState.Failed _, JobState.Gone _, JobState.Skipped _ -> true;
    };
  }

  /** A job as people and scripts see it. */
  ListRequest.Entry entry(Job job) {
    return new ListRequest.Entry(
        job.id().value(),
        storeDir.print(job.path()),
        job.destination(),
        job.state().label(),
        job.attempts(),
        job.notBefore(),
        job.reason(),
        job.enqueuedAt(),
        job.updatedAt(),
        !destinations.contains(job.destination()));
  }
}
