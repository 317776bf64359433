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
import io.hookq.store.InvalidStorePathException;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;

/**
 * The daemon's own answers: the intake for what is to be queued, the queue for what is asked of it.
 *
 * <p>Thread-safe; owns nothing but the ear it lends the queue, which {@link #close} takes back.
 */
public final class ControlDesk implements ControlHandler, AutoCloseable {
  private static final Duration HEARTBEAT = Duration.ofSeconds(30);

  private final StoreDir storeDir;
  private final Map<String, Destination> destinations;
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
   * @param destinations those in the config
   * @param spooled how many calls of the hook wait in the spool
   * @param bell rings when a file leaves the spool; the queue's changes come by themselves
   */
  public ControlDesk(
      StoreDir storeDir,
      Collection<Destination> destinations,
      Intake intake,
      JobQueue queue,
      IntSupplier spooled,
      StatusSource status,
      Instant startedAt,
      ChangeBell bell) {
    this.storeDir = storeDir;
    this.destinations =
        destinations.stream()
            .collect(Collectors.toUnmodifiableMap(Destination::name, Function.identity()));
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
    return new EnqueueRequest.Reply(taken.jobs(), taken.unchecked());
  }

  @Override
  public StatusRequest.Reply status(StatusRequest request) throws IOException {
    return new StatusRequest.Reply(StatusJson.write(status.report()));
  }

  @Override
  public void list(ListRequest request, EntrySink out) throws IOException {
    var filter = JobFilter.ALL;
    if (request.state().isPresent()) {
      filter = filter.inStates(request.state().get());
    }
    if (request.destination().isPresent()) {
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
      out.accept(entry(job));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ListRequest.Entry entry(Job job) {
    return new ListRequest.Entry(
        job.id().value(),
        storeDir.print(job.path()),
        job.destination(),
        job.state().label(),
        job.attempts(),
        job.notBefore(),
        job.reason(),
        job.enqueuedAt(),
        job.updatedAt());
  }

  @Override
  public KickRequest.Reply kick(KickRequest request) throws RefusedException {
    var meant = destinations.values();
    if (request.destination().isPresent()) {
      var name = request.destination().get();
      var one = destinations.get(name);
      if (one == null) {
        throw new RefusedException(
            RefusalClass.BAD_REQUEST,
            "no such destination: '%s' (one of %s)"
                .formatted(name, String.join(", ", new TreeSet<>(destinations.keySet()))));
      }
      meant = List.of(one);
    }
    meant.forEach(Destination::kick);
    return new KickRequest.Reply(meant.size());
  }

  @Override
  public WaitRequest.Reply await(WaitRequest request, Heartbeat alive)
      throws RefusedException, IOException {
    var meant = meant(request);
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

  private JobFilter meant(WaitRequest request) throws RefusedException, IOException {
    var meant = JobFilter.ALL;
    if (request.destination().isPresent()) {
      var name = request.destination().get();
      if (!destinations.containsKey(name) && !queue.counts().containsKey(name)) {
        throw new RefusedException(RefusalClass.BAD_REQUEST, "no such destination: '" + name + "'");
      }
      meant = meant.to(name);
    }
    return request.paths().isEmpty() ? meant : meant.of(parsed(request.paths()));
  }

  private List<StorePath> parsed(List<String> texts) throws RefusedException {
    var paths = new ArrayList<StorePath>();
    for (var text : texts) {
      try {
        paths.add(storeDir.parse(text));
      } catch (InvalidStorePathException e) {
        throw new RefusedException(RefusalClass.BAD_REQUEST, String.valueOf(e.getMessage()), e);
      }
    }
    return paths;
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
    return queue.list(meant.inStates("failed").since(since)).stream().map(this::entry).toList();
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
