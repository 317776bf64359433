package io.hookq.daemon.intake;

import io.hookq.daemon.queue.Job;
import io.hookq.daemon.queue.JobEvent;
import io.hookq.daemon.queue.JobFilter;
import io.hookq.daemon.queue.JobQueue;
import io.hookq.daemon.queue.JobState;
import io.hookq.daemon.queue.QueueException;
import io.hookq.daemon.queue.Wanted;
import io.hookq.daemon.roots.GcRoots;
import io.hookq.log.Logged;
import io.hookq.store.InvalidStorePathException;
import io.hookq.store.SourceStore;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one door by which paths get into the queue: parsed, rooted, committed, in this order.
 *
 * <p>Thread-safe. After an exception nothing of the order is queued.
 */
public final class Intake {
  private static final Logger LOG = LoggerFactory.getLogger(Intake.class);
  private static final int ROOTS_A_COMMIT = 1_000;
  private static final int ROOTS_AT_A_TIME = 200;

  /** Jobs read and written at a time. */
  private static final int PAGE = 500;

  private final SourceStore source;
  private final GcRoots roots;
  private final JobQueue queue;
  private final Set<String> destinations;
  private final boolean silent;

  /** Whether a path may be queued without a root. */
  private volatile boolean unrooted = true;

  /** Queues for {@code destinations}; the others are closed by whoever made them. */
  public Intake(
      SourceStore source, GcRoots roots, JobQueue queue, Collection<String> destinations) {
    this(source, roots, queue, destinations, false);
  }

  private Intake(
      SourceStore source,
      GcRoots roots,
      JobQueue queue,
      Collection<String> destinations,
      boolean silent) {
    this.source = source;
    this.roots = roots;
    this.queue = queue;
    this.destinations = new LinkedHashSet<>(destinations);
    this.silent = silent;
  }

  /** One for a queue that is thrown away: what it takes in is no news. */
  public static Intake rehearsing(
      SourceStore source, GcRoots roots, JobQueue queue, Collection<String> destinations) {
    return new Intake(source, roots, queue, destinations, true);
  }

  /**
   * Queues what {@code order} names; durable when this returns.
   *
   * @throws RefusedException if not; the hook spools what is refused with {@link
   *     RefusalClass#RETRY}
   */
  public Taken enqueue(Order order) throws RefusedException {
    var wanted = wanted(order);
    root(wanted.paths());
    var unchecked = order.source().equals(Order.PUSH) && !isChecked(wanted.paths());
    commit(List.of(wanted));
    // Once more: whoever settled an older job of the same path may have unrooted it meanwhile.
    settle(wanted.paths());
    return new Taken(
        wanted.paths(), wanted.paths().size() * wanted.destinations().size(), unchecked);
  }

  /**
   * Queues what {@code orders} name, whose senders are long gone, with one commit and as few
   * questions to the Nix daemon as one of them would take.
   *
   * @return why not, for each of them; empty where it is durably queued
   */
  public List<Optional<RefusedException>> enqueueAll(List<Order> orders) {
    var refusals = new ArrayList<Optional<RefusedException>>();
    var accepted = new ArrayList<Wanted>();
    for (var order : orders) {
      try {
        accepted.add(wanted(order));
        refusals.add(Optional.empty());
      } catch (RefusedException e) {
        refusals.add(Optional.of(e));
      }
    }
    if (accepted.isEmpty()) {
      return refusals;
    }
    var paths = new LinkedHashSet<StorePath>();
    accepted.forEach(wanted -> paths.addAll(wanted.paths()));
    root(paths);
    try {
      commit(accepted);
    } catch (RefusedException e) {
      refusals.replaceAll(refusal -> refusal.isPresent() ? refusal : Optional.of(e));
      return refusals;
    }
    settle(paths);
    return refusals;
  }

  /**
   * Has a queue that was begun anew take in what the one before it had rooted; does nothing where
   * that was done. Until it has been done no root may be taken for a crash's leftover.
   *
   * @throws IOException if the roots cannot be read, or not all be queued
   */
  public void readRoots() throws IOException {
    if (queue.hasReadRoots()) {
      return;
    }
    var rooted = List.copyOf(roots.list());
    for (var from = 0; from < rooted.size(); from += ROOTS_A_COMMIT) {
      var some = rooted.subList(from, Math.min(from + ROOTS_A_COMMIT, rooted.size()));
      queue.enqueue(some, destinations, Optional.empty(), Order.ROOTS);
    }
    queue.rootsRead();
    if (!rooted.isEmpty()) {
      LOG.warn("a new queue takes in what is rooted: paths={}", rooted.size());
    }
  }

  /**
   * Queues what only the hook's links tell of: it could make them and not write to the spool. The
   * links go, as ours are there.
   */
  public void adoptLinksOfHook() {
    try {
      var lone = roots.listOfHook();
      if (lone.isEmpty()) {
        return;
      }
      commit(List.of(new Wanted(lone, List.copyOf(destinations), Optional.empty(), Order.ROOTS)));
      settle(lone);
      LOG.info("queued what the hook had rooted and could not spool: paths={}", lone.size());
    } catch (IOException | RefusedException e) {
      LOG.warn("what the hook rooted stays with its links for now: error={}", Logged.text(e));
    }
  }

  /**
   * Queues those failed and gone jobs afresh that {@code filter} means.
   *
   * @return how many
   * @throws QueueException if the queue cannot be written; some may be queued
   */
  public int retry(JobFilter filter) throws QueueException {
    var retried = new AtomicInteger();
    eachPage(
        filter.inStates("failed", "gone"),
        page -> {
          var paths = paths(page);
          root(paths);
          var again = queue.apply(page, new JobEvent.Retried());
          log(again, new JobEvent.Retried());
          retried.addAndGet(again.size());
          settle(paths);
        });
    return retried.get();
  }

  /**
   * Forgets the jobs that {@code filter} means, and lets go of their roots. One that is on the wire
   * is cancelled: it goes as soon as it leaves the wire.
   *
   * @throws QueueException if the queue cannot be written; some may be gone
   */
  public Dropped drop(JobFilter filter) throws QueueException {
    var dropped = new AtomicInteger();
    var onTheWire = new TreeSet<String>();
    eachPage(
        filter,
        page -> {
          for (var job : dropped(page)) {
            onTheWire.add(job.destination());
          }
          release(paths(page));
          log(page, new JobEvent.Dropped());
          dropped.addAndGet(page.size());
        });
    return new Dropped(dropped.get(), onTheWire);
  }

  /** Those that are on the wire still. */
  private List<Job> dropped(List<Job> page) throws QueueException {
    var cancelled = new ArrayList<Job>();
    var ids = page.stream().map(Job::id).collect(Collectors.toSet());
    for (var left = page; !left.isEmpty(); ) {
      cancelled.addAll(queue.apply(left, new JobEvent.Dropped()));
      // One that moved while we looked is looked at once more.
      left =
          queue.list(JobFilter.ALL.of(paths(left))).stream()
              .filter(job -> ids.contains(job.id()))
              .filter(job -> !job.state().equals(new JobState.Uploading(true)))
              .toList();
    }
    return cancelled;
  }

  private void eachPage(JobFilter filter, PageTask task) throws QueueException {
    var page = new ArrayList<Job>();
    try {
      queue.each(
          filter,
          job -> {
            page.add(job);
            if (page.size() == PAGE) {
              task.runUnchecked(List.copyOf(page));
              page.clear();
            }
          });
    } catch (UncheckedIOException e) {
      if (e.getCause() instanceof QueueException cause) {
        throw cause;
      }
      throw e;
    }
    task.run(page);
  }

  private static Set<StorePath> paths(List<Job> jobs) {
    return jobs.stream().map(Job::path).collect(Collectors.toSet());
  }

  private Wanted wanted(Order order) throws RefusedException {
    var targets = targets(order);
    var derivation =
        order.derivation().isPresent()
            ? Optional.of(parsed(order.derivation().get()))
            : Optional.<StorePath>empty();
    var paths = new LinkedHashSet<StorePath>();
    for (var path : order.paths()) {
      paths.add(parsed(path));
    }
    if (paths.isEmpty()) {
      paths.addAll(outputs(order, derivation));
    }
    return new Wanted(paths, targets, derivation, order.source());
  }

  private List<String> targets(Order order) throws RefusedException {
    if (order.destination().isEmpty()) {
      return List.copyOf(destinations);
    }
    var name = order.destination().get();
    if (!destinations.contains(name)) {
      throw new RefusedException(
          RefusalClass.BAD_REQUEST,
          "no such destination: '%s' (one of %s)".formatted(name, String.join(", ", destinations)));
    }
    return List.of(name);
  }

  private StorePath parsed(String text) throws RefusedException {
    try {
      return source.storeDir().parse(text);
    } catch (InvalidStorePathException e) {
      throw new RefusedException(RefusalClass.BAD_REQUEST, String.valueOf(e.getMessage()), e);
    }
  }

  /** The valid ones: a build need not make all of them. */
  private Set<StorePath> outputs(Order order, Optional<StorePath> derivation)
      throws RefusedException {
    if (derivation.isEmpty()) {
      throw new RefusedException(RefusalClass.BAD_REQUEST, "neither paths nor a derivation");
    }
    var printed = source.storeDir().print(derivation.get());
    if (!derivation.get().isDerivation()) {
      throw new RefusedException(RefusalClass.BAD_REQUEST, "not a derivation: " + printed);
    }
    try {
      var valid = source.queryValid(source.queryOutputs(derivation.get()).values());
      if (!valid.isEmpty()) {
        return valid;
      }
      throw new RefusedException(ofMissing(order), "none of the outputs is valid of " + printed);
    } catch (IOException e) {
      var refusalClass = isValid(derivation.get()) ? RefusalClass.RETRY : ofMissing(order);
      throw new RefusedException(
          refusalClass, "the outputs are not known of " + printed + ": " + e.getMessage(), e);
    }
  }

  /** The hook is told to spool it; from the spool it is looked at again for some time. */
  private static RefusalClass ofMissing(Order order) {
    return order.source().equals(Order.HOOK) ? RefusalClass.RETRY : RefusalClass.NOT_VALID;
  }

  /** Whether it is, or whether nobody can tell at the moment. */
  private boolean isValid(StorePath path) {
    try {
      return !source.queryValid(Set.of(path)).isEmpty();
    } catch (IOException e) {
      LOG.debug(
          "the source store cannot be asked: path={} error={}", path, Logged.text(e.getMessage()));
      return true;
    }
  }

  /**
   * After rooting, so that nothing is collected between the answer and the root.
   *
   * @return false where nobody can tell; losing a valid path would be worse than queueing one that
   *     is not
   */
  private boolean isChecked(Set<StorePath> paths) throws RefusedException {
    Set<StorePath> valid;
    try {
      valid = source.queryValid(paths);
    } catch (IOException e) {
      LOG.warn("pushed paths go unchecked: error={}", Logged.text(e.getMessage()));
      return false;
    }
    for (var path : paths) {
      if (!valid.contains(path)) {
        release(paths);
        throw new RefusedException(
            RefusalClass.NOT_VALID, "not valid: " + source.storeDir().print(path));
      }
    }
    return true;
  }

  private void commit(List<Wanted> all) throws RefusedException {
    try {
      queue.enqueue(all);
      logQueued(all);
    } catch (QueueException e) {
      all.forEach(wanted -> release(wanted.paths()));
      throw new RefusedException(
          RefusalClass.RETRY, "the queue cannot be written: " + e.getMessage(), e);
    }
  }

  /** One line for all that was told at once: the hook's reach is seen from it. */
  private void logQueued(List<Wanted> all) {
    if (!silent && LOG.isInfoEnabled()) {
      var first = all.getFirst();
      LOG.info(
          "queued source={} paths={} first={}",
          Logged.name(first.source()),
          all.stream().mapToInt(wanted -> wanted.paths().size()).sum(),
          Logged.name(first.paths().stream().findFirst().map(StorePath::baseName).orElse("none")));
    }
  }

  private static void log(Collection<Job> jobs, JobEvent event) {
    if (LOG.isInfoEnabled()) {
      for (var job : jobs) {
        LOG.info(
            "destination={} path={} job={} event={}",
            job.destination(),
            job.path(),
            job.id(),
            event.label());
      }
    }
  }

  /**
   * Roots all that the queue holds, if something may lack its root: at the first call, and after a
   * failure.
   */
  public void mendRoots() {
    if (!unrooted) {
      return;
    }
    unrooted = false;
    try {
      var paths = List.copyOf(queue.unfinishedPaths());
      // A few at a time: nobody else can root anything meanwhile, and a hook waits 250 ms.
      for (var from = 0; from < paths.size(); from += ROOTS_AT_A_TIME) {
        settle(paths.subList(from, Math.min(from + ROOTS_AT_A_TIME, paths.size())));
      }
    } catch (QueueException e) {
      unrooted = true;
      LOG.warn("GC roots cannot be mended now: error={}", Logged.text(e.getMessage()));
    } catch (RuntimeException | Error e) {
      unrooted = true;
      throw e;
    }
  }

  /**
   * Roots what is durably queued, in place of the hook's own links; not before: a commit that fails
   * leaves a path to the spool, where nothing else keeps it.
   */
  private void settle(Collection<StorePath> paths) {
    if (!root(paths)) {
      return;
    }
    try {
      roots.takeOver(paths);
    } catch (IOException e) {
      LOG.warn("the hook's own GC roots stay for now: error={}", Logged.text(e));
    }
  }

  /** Says whether all have one now: a path without a root is still better queued than lost. */
  private boolean root(Collection<StorePath> paths) {
    try {
      roots.add(paths);
      return true;
    } catch (IOException e) {
      unrooted = true;
      LOG.warn("paths are queued without a GC root for now: error={}", Logged.text(e));
      return false;
    }
  }

  private void release(Collection<StorePath> paths) {
    for (var path : paths) {
      try {
        roots.removeUnless(path, queue::isUnfinished);
      } catch (IOException e) {
        LOG.warn("a GC root stays until the next start: path={} error={}", path, Logged.text(e));
      }
    }
  }

  /** Something to do with some jobs at a time. */
  @FunctionalInterface
  private interface PageTask {
    void run(List<Job> page) throws QueueException;

    default void runUnchecked(List<Job> page) {
      try {
        run(page);
      } catch (QueueException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /**
   * What became of jobs that nobody wants any more.
   *
   * @param jobs how many there were
   * @param onTheWire the destinations that were just being sent one of them
   */
  public record Dropped(int jobs, Set<String> onTheWire) {
    /** Copies the set. */
    public Dropped {
      onTheWire = Set.copyOf(onTheWire);
    }
  }

  /**
   * What became of an order.
   *
   * @param paths what it came to: for a derivation alone, its valid outputs
   * @param jobs paths × destinations, those that were queued already included
   * @param unchecked whether it stood open if the pushed paths are valid: no Nix daemon answered
   */
  public record Taken(Set<StorePath> paths, int jobs, boolean unchecked) {
    /** Copies the set. */
    public Taken {
      paths = Set.copyOf(paths);
    }
  }
}
