package io.hookq.daemon.transport;

import io.hookq.daemon.queue.JobQueue;
import io.hookq.daemon.roots.GcRoots;
import io.hookq.store.SourceStore;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * What all lanes share on this side. Whoever made the parts closes them, after the lanes.
 *
 * @param clock for times that are shown, and for backoff
 * @param nanoTime monotonic, in nanoseconds, for speeds, and to notice that the machine slept
 * @param random for jitter; thread-safe
 * @param addresses of this machine in its networks; thread-safe
 */
public record NearSide(
    SourceStore source,
    JobQueue queue,
    GcRoots roots,
    InstantSource clock,
    LongSupplier nanoTime,
    RandomGenerator random,
    Supplier<Set<String>> addresses) {

  /** With the system's clocks and a source of randomness that is safe to share. */
  public static NearSide of(SourceStore source, JobQueue queue, GcRoots roots) {
    return new NearSide(
        source,
        queue,
        roots,
        InstantSource.system(),
        System::nanoTime,
        new SharedRandom(),
        NetworkAddresses::current);
  }

  /** ThreadLocalRandom as seen by whichever thread asks. */
  private static final class SharedRandom implements RandomGenerator {
    @Override
    public long nextLong() {
      return ThreadLocalRandom.current().nextLong();
    }
  }
}
