package io.hookq.daemon.control;

import io.hookq.daemon.intake.Intake;
import io.hookq.daemon.intake.RefusalClass;
import io.hookq.daemon.intake.RefusedException;
import io.hookq.daemon.queue.Job;
import io.hookq.daemon.queue.JobCounts;
import io.hookq.daemon.queue.JobFilter;
import io.hookq.daemon.queue.JobQueue;
import io.hookq.daemon.status.StatusJson;
import io.hookq.daemon.status.StatusReport;
import io.hookq.daemon.status.Version;
import io.hookq.daemon.transport.Destination;
import io.hookq.store.SourceStore;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntSupplier;

/**
 * The daemon's own answers: the intake for what is to be queued, the queue for what is asked of it.
 *
 * <p>Thread-safe; owns nothing but the ear it lends the queue, which {@link #close} takes back.
 */
public final class ControlDesk implements ControlHandler, AutoCloseable {
  private static final Duration HEARTBEAT = Duration.ofSeconds(30);

  private final StoreDir storeDir;
  private final SequencedMap<String, Destination> destinations;
  private final PathNames names;
  private final Biography biography;
  private final FarComparison comparison;
  private final Intake intake;
  private final JobQueue queue;
  private final IntSupplier spooled;
  private final StatusSource status;
  private final Instant startedAt;
  private final ChangeBell bell;
  private final Runnable listener;

  /**
   * Answers from these parts.
   *
   * @param source what is here
   * @param destinations those in the config
   * @param spooled how many calls of the hook wait in the spool
   * @param bell rings when a file leaves the spool; the queue's changes come by themselves
   */
  public ControlDesk(
      SourceStore source,
      Collection<Destination> destinations,
      Intake intake,
      JobQueue queue,
      IntSupplier spooled,
      StatusSource status,
      Instant startedAt,
      ChangeBell bell) {
    this.storeDir = source.storeDir();
    this.destinations = new LinkedHashMap<>();
    destinations.forEach(destination -> this.destinations.put(destination.name(), destination));
    this.names = new PathNames(storeDir, queue);
    this.biography = new Biography(source, queue, this.destinations.keySet());
    this.comparison = new FarComparison(source, intake);
    this.intake = intake;
    this.queue = queue;
    this.spooled = spooled;
    this.status = status;
    this.startedAt = startedAt;
    this.bell = bell;
    this.listener = bell::ring;
    queue.onChange(listener);
  }

  /** Wherever the status comes from. */
  @FunctionalInterface
  public interface StatusSource {
    /** How things are now. */
    StatusReport report() throws IOException;
  }

  @Override
  public EnqueueRequest.Reply enqueue(EnqueueRequest request) throws RefusedException {
    var taken = intake.enqueue(request.order());
    var outputs =
        request.paths().isEmpty()
            ? taken.paths().stream().map(storeDir::print).sorted().toList()
            : List.<String>of();
    return new EnqueueRequest.Reply(outputs, taken.jobs(), taken.unchecked());
  }

  @Override
  public StatusRequest.Reply status(StatusRequest request) throws IOException {
    return new StatusRequest.Reply(StatusJson.write(status.report()));
  }

  @Override
  public void list(ListRequest request, EntrySink out) throws RefusedException, IOException {
    var filter = JobFilter.ALL;
    if (request.state().isPresent()) {
      filter = filter.inStates(request.state().get());
    }
    if (request.destination().isPresent()) {
      requireKnown(request.destination().get());
      filter = filter.to(request.destination().get());
    }
    try {
      queue.each(filter, job -> accept(out, job));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private void accept(EntrySink out, Job job) {
    try {
      out.accept(biography.entry(job));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public KickRequest.Reply kick(KickRequest request) throws RefusedException, IOException {
    var meant = destinations(request.destination());
    var paused = new ArrayList<String>();
    for (var destination : meant) {
      destination.kick();
      if (destination.isPaused()) {
        paused.add(destination.name());
      }
    }
    return new KickRequest.Reply(meant.size(), paused);
  }

  /** The one of this name, or all. */
  private Collection<Destination> destinations(Optional<String> name) throws RefusedException {
    if (name.isEmpty()) {
      return destinations.sequencedValues();
    }
    var one = destinations.get(name.get());
    if (one == null) {
      throw noSuchDestination(name.get());
    }
    return List.of(one);
  }

  /** It is in the config, or there are jobs for it from when it was. */
  private void requireKnown(String name) throws RefusedException, IOException {
    if (!destinations.containsKey(name) && !queue.counts().containsKey(name)) {
      throw noSuchDestination(name);
    }
  }

  private RefusedException noSuchDestination(String name) {
    return new RefusedException(
        RefusalClass.BAD_REQUEST,
        "no such destination: '%s' (one of %s)"
            .formatted(name, String.join(", ", new TreeSet<>(destinations.keySet()))));
  }

  @Override
  public DestinationCount pause(PauseRequest request) throws RefusedException, IOException {
    var meant = destinations(request.destination());
    for (var destination : meant) {
      destination.pause();
    }
    return new DestinationCount(meant.size());
  }

  @Override
  public DestinationCount resume(ResumeRequest request) throws RefusedException, IOException {
    var meant = destinations(request.destination());
    for (var destination : meant) {
      destination.resume();
    }
    return new DestinationCount(meant.size());
  }

  @Override
  public JobCount retry(RetryRequest request) throws RefusedException, IOException {
    var meant = jobs(request.destination(), names.paths(request.paths()));
    return new JobCount(intake.retry(meant));
  }

  @Override
  public JobCount drop(DropRequest request) throws RefusedException, IOException {
    var meant = jobs(request.destination(), names.paths(request.paths()));
    var orphaned = request.destination().map(name -> !destinations.containsKey(name)).orElse(false);
    // What waits for a destination that is there is not swept away by a sweeping word.
    if (request.paths().isEmpty() && !orphaned) {
      meant = meant.inStates("failed", "gone");
    }
    var dropped = intake.drop(meant);
    for (var name : dropped.onTheWire()) {
      var destination = destinations.get(name);
      if (destination != null) {
        destination.cutShort();
      }
    }
    return new JobCount(dropped.jobs());
  }

  @Override
  public WhyRequest.Reply why(WhyRequest request) throws RefusedException, IOException {
    return biography.of(names.path(request.path()));
  }

  @Override
  public CheckRequest.Reply check(CheckRequest request) throws RefusedException, IOException {
    if (request.paths().isEmpty()) {
      throw new RefusedException(RefusalClass.BAD_REQUEST, "no paths to check");
    }
    return comparison.check(
        names.paths(request.paths()), request.closure(), destinations(request.destination()));
  }

  @Override
  public ReconcileRequest.Reply reconcile(ReconcileRequest request)
      throws RefusedException, IOException {
    return comparison.reconcile(
        request.remoteBuilt(), request.dryRun(), destinations(request.destination()));
  }

  @Override
  public WaitRequest.Reply await(WaitRequest request, Heartbeat alive)
      throws RefusedException, IOException {
    var meant = jobs(request.destination(), names.paths(request.paths()));
    var end = request.timeout().map(timeout -> System.nanoTime() + timeout.toNanos());
    var lastBeat = System.nanoTime();
    while (true) {
      var rung = bell.rung();
      if (isSettled(meant)) {
        return new WaitRequest.Reply(false, failed(request, meant));
      }
      var now = System.nanoTime();
      if (end.isPresent() && end.get() - now <= 0) {
        return new WaitRequest.Reply(true, failed(request, meant));
      }
      if (now - lastBeat >= HEARTBEAT.toNanos()) {
        alive.beat();
        lastBeat = now;
      }
      var nextBeat = lastBeat + HEARTBEAT.toNanos() - now;
      var left = end.map(at -> Math.min(at - now, nextBeat)).orElse(nextBeat);
      awaitChange(rung, Duration.ofNanos(Math.max(left, 1)));
    }
  }

  /** Those of one destination, or all; for some paths, or all. */
  private JobFilter jobs(Optional<String> destination, Set<StorePath> paths)
      throws RefusedException, IOException {
    var meant = JobFilter.ALL;
    if (destination.isPresent()) {
      requireKnown(destination.get());
      meant = meant.to(destination.get());
    }
    return paths.isEmpty() ? meant : meant.of(paths);
  }

  /** What is spooled may be anything, so it counts for every selection. */
  private boolean isSettled(JobFilter meant) throws IOException {
    return spooled.getAsInt() == 0 && unsettled(meant) == 0;
  }

  /** Asked at each change of the queue, so counted and not searched wherever that will do. */
  private long unsettled(JobFilter meant) throws IOException {
    if (!meant.paths().isEmpty()) {
      return queue.list(meant.inStates("queued", "uploading").first(1)).size();
    }
    return meant.destination().isPresent()
        ? queue.counts(meant.destination().get()).unsettled()
        : queue.counts().values().stream().mapToLong(JobCounts::unsettled).sum();
  }

  private List<ListRequest.Entry> failed(WaitRequest request, JobFilter meant) throws IOException {
    var since = request.since().orElse(request.paths().isEmpty() ? startedAt : Instant.EPOCH);
    // A named path that is no longer valid here has not arrived either.
    var lost =
        request.paths().isEmpty() ? meant.inStates("failed") : meant.inStates("failed", "gone");
    return queue.list(lost.since(since)).stream().map(biography::entry).toList();
  }

  private void awaitChange(long rung, Duration time) throws IOException {
    try {
      bell.awaitAfter(rung, time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (InterruptedIOException) new InterruptedIOException("interrupted").initCause(e);
    }
  }

  @Override
  public VersionRequest.Reply version(VersionRequest request) {
    return new VersionRequest.Reply(Version.CURRENT, ProcessHandle.current().pid(), storeDir);
  }

  @Override
  public void close() {
    queue.forget(listener);
  }
}
