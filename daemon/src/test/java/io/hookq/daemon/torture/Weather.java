package io.hookq.daemon.torture;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * Lets one fault after the other come, stay for a while, and go, in a thread of its own.
 *
 * <p>Ends when the latch does, with every fault lifted.
 */
final class Weather implements Runnable {
  private final List<Fault> faults;
  private final Duration calm;
  private final Duration storm;
  private final RandomGenerator random;
  private final EventLog log;
  private final CountDownLatch end;

  /**
   * Weather of these faults.
   *
   * @param calm the longest time between two of them
   * @param storm the longest time that one stays
   */
  Weather(
      List<Fault> faults,
      Duration calm,
      Duration storm,
      RandomGenerator random,
      EventLog log,
      CountDownLatch end) {
    this.faults = faults;
    this.calm = calm;
    this.storm = storm;
    this.random = random;
    this.log = log;
    this.end = end;
  }

  @Override
  public void run() {
    try {
      while (!pause(calm)) {
        var fault = faults.get(random.nextInt(faults.size()));
        log.count(fault.name());
        try {
          fault.inject().run();
          pause(storm);
        } finally {
          fault.lift().run();
          log.note("over: " + fault.name());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | AssertionError e) {
      log.problem(e);
    }
  }

  /** Short ones are likelier than long ones. Returns whether the run is over. */
  private boolean pause(Duration longest) throws InterruptedException {
    var share = random.nextDouble();
    return end.await((long) (share * share * longest.toMillis()), TimeUnit.MILLISECONDS);
  }
}
