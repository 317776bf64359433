package io.hookq.daemon.transport;

import io.hookq.daemon.intake.Intake;
import io.hookq.daemon.intake.Order;
import io.hookq.daemon.intake.Upkeep;
import io.hookq.daemon.planner.MemoryStore;
import io.hookq.daemon.planner.PlanRules;
import io.hookq.daemon.queue.JobQueue;
import io.hookq.daemon.queue.RetryPolicy;
import io.hookq.daemon.roots.DirectRoots;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;

/**
 * A daemon's heart in a process of its own, to be killed: the real queue, intake, roots, upkeep and
 * lane, between a source and a destination in memory.
 *
 * <p>Says on stdout what must be true from then on, a line each: {@code asking BASENAME}, {@code
 * acked BASENAME MILLIS}, with the time of the answer, and {@code arrived BASENAME}; and {@code
 * running}, {@code sending}, {@code settled}.
 */
final class SettleLoop {
  /** How many different paths there are. */
  static final int PATHS = 300;

  static final RetryPolicy RETRY = new RetryPolicy(Duration.ofMillis(1), Duration.ofMillis(20), 5);

  private static final PrintStream OUT = System.out;

  private SettleLoop() {}

  /** Whether the destination will never have this path. */
  static boolean isPoison(int number) {
    return number % 50 == 7;
  }

  /** The path of this number; some refer to the one before. */
  static StorePath add(MemoryStore source, int number) {
    return number % 5 == 1
        ? source.add("p" + number, add(source, number - 1))
        : source.add("p" + number);
  }

  private static synchronized void say(String line) {
    OUT.println(line);
  }

  /** Folder, what to do ({@code enqueue}, {@code stall} or {@code settle}), seed. */
  public static void main(String[] arguments) throws Exception {
    var folder = Path.of(arguments[0]);
    var random = new SplittableRandom(Long.parseLong(arguments[2]));
    var source = new MemoryStore();
    var far = new FarSide();
    var paths = new ArrayList<StorePath>();
    for (var number = 0; number < PATHS; number++) {
      var path = add(source, number);
      paths.add(path);
      if (isPoison(number)) {
        far.refuse(path, "hash mismatch importing path '" + path + "'");
      }
    }
    far.onArrival(path -> say("arrived " + path));
    if (arguments[1].equals("stall")) {
      for (var path : paths) {
        source.replace(
            path,
            _ -> {
              say("sending");
              block();
            });
      }
    }

    var queue = JobQueue.open(folder.resolve("queue.sqlite"), InstantSource.system());
    queue.recover(RETRY);
    var roots = DirectRoots.in(folder.resolve("roots"), StoreDir.DEFAULT).orElseThrow();
    var intake = new Intake(source, roots, queue, List.of("server"));
    Upkeep.start(
        queue, roots, intake, InstantSource.system(), Duration.ofDays(7), Duration.ofDays(30));
    var settings =
        new DestinationSettings(
            "server", "ssh://server", PlanRules.ALL, OptionalInt.of(1), Duration.ofDays(1), RETRY);
    if (arguments[1].equals("stall")) {
      enqueue(intake, paths.subList(0, 20));
    }
    new Destination(settings, far, far.aside(), NearSide.of(source, queue, roots)).start();
    say("running");
    while (true) {
      var left = queue.counts("server").unsettled();
      if (arguments[1].equals("enqueue") && left < PATHS / 2) {
        var from = random.nextInt(PATHS - 20);
        enqueue(intake, paths.subList(from, from + 1 + random.nextInt(20)));
      } else if (left == 0) {
        say("settled");
        return;
      } else {
        Thread.sleep(1);
      }
    }
  }

  /** Until the kill. */
  private static void block() throws IOException {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private static void enqueue(Intake intake, List<StorePath> paths) throws Exception {
    paths.forEach(path -> say("asking " + path));
    intake.enqueue(
        new Order(
            paths.stream().map(StoreDir.DEFAULT::print).toList(),
            Optional.empty(),
            Order.HOOK,
            Optional.empty()));
    var now = System.currentTimeMillis();
    paths.forEach(path -> say("acked " + path + " " + now));
  }
}
