package io.hookq.daemon.control;

import io.hookq.daemon.intake.Intake;
import io.hookq.daemon.intake.Order;
import io.hookq.daemon.intake.RefusedException;
import io.hookq.daemon.planner.BuiltHere;
import io.hookq.daemon.planner.Closure;
import io.hookq.daemon.transport.Destination;
import io.hookq.store.PathInfo;
import io.hookq.store.SourceStore;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Compares this store with destinations: what they have of some paths, and what they miss of all
 * that was built here. Thread-safe.
 *
 * <p>Destinations are asked at the same time, and one that cannot be asked says so in its answer.
 */
final class FarComparison {
  /** A question of a person who waits. */
  private static final Duration CHECK_WITHIN = Duration.ofSeconds(60);

  /** A question about a whole store. */
  private static final Duration RECONCILE_WITHIN = Duration.ofMinutes(5);

  /** Paths rooted and queued at a time. */
  private static final int ORDER = 1000;

  private final SourceStore source;
  private final StoreDir storeDir;
  private final Intake intake;

  FarComparison(SourceStore source, Intake intake) {
    this.source = source;
    this.storeDir = source.storeDir();
    this.intake = intake;
  }

  /** Asks each of {@code destinations} for {@code wanted}. */
  CheckRequest.Reply check(
      Collection<StorePath> wanted, boolean closure, Collection<Destination> destinations)
      throws IOException {
    var paths = new LinkedHashSet<>(wanted);
    if (closure) {
      paths.addAll(Closure.of(source, wanted).paths());
    }
    return new CheckRequest.Reply(forEach(destinations, destination -> answer(destination, paths)));
  }

  private CheckRequest.Answer answer(Destination destination, Set<StorePath> paths) {
    try {
      var valid = destination.queryValid(paths, CHECK_WITHIN);
      var missing =
          paths.stream().filter(path -> !valid.contains(path)).map(storeDir::print).toList();
      return new CheckRequest.Answer(destination.name(), paths.size(), missing, Optional.empty());
    } catch (IOException e) {
      return new CheckRequest.Answer(
          destination.name(), paths.size(), List.of(), Optional.of(String.valueOf(e.getMessage())));
    }
  }

  /** Finds what was built here and is missing there, and queues it unless {@code dryRun}. */
  ReconcileRequest.Reply reconcile(
      boolean remoteBuilt, boolean dryRun, Collection<Destination> destinations)
      throws IOException {
    var built = new ArrayList<Built>();
    var valid =
        BuiltHere.find(source, remoteBuilt, info -> built.add(Built.of(info, destinations)));
    return new ReconcileRequest.Reply(
        valid, forEach(destinations, destination -> reconcile(destination, built, dryRun)));
  }

  private ReconcileRequest.Answer reconcile(
      Destination destination, List<Built> built, boolean dryRun) {
    var wanted = built.stream().filter(one -> !one.leftOut().contains(destination)).toList();
    var filtered = built.size() - wanted.size();
    List<Built> missing = List.of();
    var queued = 0;
    Optional<String> error = Optional.empty();
    try {
      missing = missing(destination, wanted);
      if (!dryRun) {
        queued = enqueue(destination, missing);
      }
    } catch (IOException | RefusedException e) {
      error = Optional.of(String.valueOf(e.getMessage()));
    }
    return new ReconcileRequest.Answer(
        destination.name(),
        built.size(),
        filtered,
        missing.size(),
        missing.stream().mapToLong(Built::narSize).sum(),
        queued,
        dryRun ? listed(missing) : List.of(),
        error);
  }

  private static List<Built> missing(Destination destination, List<Built> wanted)
      throws IOException {
    if (wanted.isEmpty()) {
      return List.of();
    }
    var valid = destination.queryValid(wanted.stream().map(Built::path).toList(), RECONCILE_WITHIN);
    return wanted.stream().filter(one -> !valid.contains(one.path())).toList();
  }

  private int enqueue(Destination destination, List<Built> missing) throws RefusedException {
    var queued = 0;
    for (var i = 0; i < missing.size(); i += ORDER) {
      var some = missing.subList(i, Math.min(i + ORDER, missing.size()));
      var order =
          new Order(
              some.stream().map(one -> storeDir.print(one.path())).toList(),
              Optional.empty(),
              Order.RECONCILE,
              Optional.of(destination.name()));
      queued += intake.enqueue(order).jobs();
    }
    return queued;
  }

  private List<ReconcileRequest.Missing> listed(List<Built> missing) {
    return missing.stream()
        .sorted((one, other) -> one.path().compareTo(other.path()))
        .map(one -> new ReconcileRequest.Missing(storeDir.print(one.path()), one.narSize()))
        .toList();
  }

  /** What each of them came to, in order. */
  private static <T> List<T> forEach(Collection<Destination> destinations, Question<T> question)
      throws IOException {
    var tasks = new ArrayList<FutureTask<T>>();
    for (var destination : destinations) {
      var task = new FutureTask<>(() -> question.ask(destination));
      Thread.ofVirtual().name("ask-" + destination.name()).start(task);
      tasks.add(task);
    }
    var answers = new ArrayList<T>();
    for (var task : tasks) {
      try {
        answers.add(task.get());
      } catch (ExecutionException e) {
        throw new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }
    return answers;
  }

  private interface Question<T> {
    T ask(Destination destination);
  }

  /** A path that was built here, as little of it as will do. */
  private record Built(StorePath path, long narSize, List<Destination> leftOut) {
    static Built of(PathInfo info, Collection<Destination> destinations) {
      return new Built(
          info.path(),
          info.narSize(),
          destinations.stream().filter(destination -> destination.leavesOut(info)).toList());
    }
  }
}
