package io.hookq.daemon.torture;

import io.hookq.daemon.story.Machine;
import io.hookq.peers.PeerProcess;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.random.RandomGenerator;

/**
 * Somebody who builds and builds, in a thread of its own, until the latch ends: by {@code
 * nix-build}, and now and then by handing a path to the hook as Nix would.
 */
final class Builds implements Runnable {
  private static final int KIBI = 1024;

  private final Machine machine;
  private final Path hook;
  private final Lock unrooted;
  private final RandomGenerator random;
  private final EventLog log;
  private final CountDownLatch end;

  /**
   * Builds there.
   *
   * @param hook for what is not built but added
   * @param unrooted held while a path is valid that nothing keeps from the garbage collector
   */
  Builds(
      Machine machine,
      Path hook,
      Lock unrooted,
      RandomGenerator random,
      EventLog log,
      CountDownLatch end) {
    this.machine = machine;
    this.hook = hook;
    this.unrooted = unrooted;
    this.random = random;
    this.log = log;
    this.end = end;
  }

  @Override
  public void run() {
    try {
      for (var i = 0; !end.await(random.nextInt(200), TimeUnit.MILLISECONDS); i++) {
        if (random.nextInt(4) == 0) {
          add(i);
        } else {
          build(i);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | AssertionError e) {
      log.problem(e);
    }
  }

  private void build(int number) {
    log.count("build");
    var finished = machine.nix().tryBuild(expression(number));
    if (finished.exitStatus() != 0) {
      log.problem("build " + number + " failed: " + finished.stderr());
    }
  }

  /**
   * A chain of one to three derivations on top of a common one, which is always the same and so is
   * reported again whenever it was collected. The others differ in each build.
   */
  private String expression(int number) {
    var text = new StringBuilder("let\n");
    var common = random.nextInt(4);
    text.append("  d0 = sh \"common-%1$d\" {} \"echo %1$d > $out\";\n".formatted(common));
    var length = 1 + random.nextInt(3);
    for (var i = 1; i <= length; i++) {
      text.append(
          """
            d%1$d = sh "torture-%2$d-%1$d" {} ''
              mkdir $out
              echo ${d%3$d} > $out/below
              dd if=/dev/urandom of=$out/random bs=1024 count=%4$d 2>/dev/null
            '';
          """
              .formatted(i, number, i - 1, kibibytes()));
    }
    return text.append("in d").append(length).toString();
  }

  /** Mostly small, as real ones are. */
  private int kibibytes() {
    return switch (random.nextInt(12)) {
      case 0, 1 -> 1 + random.nextInt(2 * KIBI);
      case 2, 3, 4 -> 1 + random.nextInt(128);
      default -> random.nextInt(8);
    };
  }

  private void add(int number) {
    log.count("add");
    unrooted.lock();
    try {
      var path = machine.nix().addText("added-" + number, "added " + random.nextLong());
      var called = new ProcessBuilder(hook.toString());
      called.environment().putAll(machine.nix().environment());
      called.environment().putAll(machine.hookEnvironment());
      called.environment().putAll(Map.of("OUT_PATHS", machine.nix().storeDir().print(path)));
      PeerProcess.run(called).orFail("the hook");
    } finally {
      unrooted.unlock();
    }
  }
}
