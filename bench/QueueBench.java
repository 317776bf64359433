import io.hookq.daemon.control.ControlClient;
import io.hookq.daemon.control.EnqueueRequest;
import io.hookq.daemon.control.ListRequest;
import io.hookq.daemon.control.StatusRequest;
import io.hookq.daemon.control.VersionRequest;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What bench/queue runs: fills a daemon's queue, then asks and restarts it with a stopwatch. */
final class QueueBench {
  private static final Duration LONG = Duration.ofSeconds(120);
  private static final int AT_A_TIME = 2000;

  private final String hookq;
  private final Path work;
  private final ServerSocket server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
  private final BlockingQueue<Long> tries = new LinkedBlockingQueue<>();
  private final ControlClient client;

  private QueueBench(String hookq, Path work) throws IOException {
    this.hookq = hookq;
    this.work = work;
    this.client = new ControlClient(work.resolve("s"));
  }

  public static void main(String[] arguments) throws Exception {
    new QueueBench(arguments[0], Path.of(arguments[1]))
        .run(Integer.parseInt(arguments[2]), Integer.parseInt(arguments[3]));
  }

  private void run(int jobs, int runs) throws Exception {
    Thread.ofPlatform().daemon().start(this::hangUp);
    Files.writeString(
        work.resolve("hookq.toml"),
        """
        [daemon]
        state-dir = "%1$s/state"
        socket = "%1$s/s"

        [destinations.server]
        uri = "ssh://nobody@127.0.0.1:%2$d"
        ssh-key = "%1$s/key"
        ssh-config = false
        known-hosts = []
        """
            .formatted(work, server.getLocalPort()));

    System.out.println("| | median | 95th percentile | wanted |");
    System.out.println("|---|---|---|---|");
    var daemon = start();
    awaitSocket(daemon);
    enqueue(0, 200);
    row("enqueue, empty queue", enqueue(200, runs), "");
    for (var i = 200 + runs; i < jobs; i += AT_A_TIME) {
      var batch = new ArrayList<String>();
      for (var j = i; j < Math.min(jobs, i + AT_A_TIME); j++) {
        batch.add(path(j));
      }
      client.call(new EnqueueRequest(batch, Optional.empty(), "hook", Optional.empty()), LONG);
    }
    row("enqueue, long queue", enqueue(jobs, runs), "median under 5 ms");
    row("status, over the socket", times(50, () -> client.call(new StatusRequest(), LONG)), "under 1 s");
    row(
        "list, over the socket",
        times(5, () -> client.call(new ListRequest(Optional.empty(), Optional.empty()), LONG)),
        "under 1 s");
    row("hookq status", times(5, () -> command("status")), "under 1 s");
    row("hookq list", times(5, () -> command("list")), "under 1 s");
    row("hookq list --json", times(5, () -> command("list", "--json")), "under 1 s");
    row("hookq list --state failed", times(5, () -> command("list", "--state", "failed")), "under 1 s");
    System.out.printf("| resident set | %d MiB | | |%n", rss(daemon));

    stop(daemon);
    System.out.printf("| queue.sqlite | %.1f MiB | | |%n", mib("queue.sqlite"));
    var first = new long[5];
    var answers = new long[first.length];
    for (var i = 0; i < first.length; i++) {
      tries.clear();
      var begun = System.nanoTime();
      daemon = start();
      var tried = tries.poll(60, TimeUnit.SECONDS);
      if (tried == null) {
        throw new IllegalStateException(
            "no attempt within a minute: " + Files.readString(work.resolve("hookqd.log")));
      }
      first[i] = tried - begun;
      awaitSocket(daemon);
      answers[i] = System.nanoTime() - begun;
      if (i % 2 == 0) {
        kill(daemon);
      } else {
        stop(daemon);
      }
    }
    row("start to first attempt", first, "under 2 s");
    row("start to first answer", answers, "");
  }

  private void hangUp() {
    while (true) {
      try (var _ = server.accept()) {
        tries.add(System.nanoTime());
      } catch (IOException e) {
        return;
      }
    }
  }

  private Process start() throws IOException {
    return new ProcessBuilder(hookq, "daemon", "--config", work.resolve("hookq.toml").toString())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(work.resolve("hookqd.log").toFile()))
        .start();
  }

  private void awaitSocket(Process daemon) throws Exception {
    var until = System.nanoTime() + LONG.toNanos();
    while (true) {
      try {
        client.call(new VersionRequest(), LONG);
        return;
      } catch (IOException e) {
        if (!daemon.isAlive() || System.nanoTime() > until) {
          throw new IllegalStateException(Files.readString(work.resolve("hookqd.log")), e);
        }
        Thread.sleep(5);
      }
    }
  }

  private static void stop(Process daemon) throws InterruptedException {
    daemon.destroy();
    daemon.waitFor();
  }

  private static void kill(Process daemon) throws InterruptedException {
    daemon.destroyForcibly().waitFor();
  }

  private static String path(int number) {
    return "/nix/store/%032d-built-%d".formatted(number, number);
  }

  private long[] enqueue(int from, int count) throws Exception {
    var times = new long[count];
    for (var i = 0; i < count; i++) {
      var request =
          new EnqueueRequest(List.of(path(from + i)), Optional.empty(), "hook", Optional.empty());
      times[i] = time(() -> client.call(request, LONG));
    }
    return times;
  }

  private Object command(String... words) throws Exception {
    var line = new ArrayList<>(List.of(hookq, "--socket", work.resolve("s").toString()));
    line.addAll(Arrays.asList(words));
    var process =
        new ProcessBuilder(line)
            .redirectOutput(ProcessBuilder.Redirect.to(new File("/dev/null")))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    if (process.waitFor() != 0) {
      throw new IllegalStateException(line + " ended with " + process.exitValue());
    }
    return process;
  }

  private interface Step {
    Object run() throws Exception;
  }

  private static long time(Step step) throws Exception {
    var begun = System.nanoTime();
    step.run();
    return System.nanoTime() - begun;
  }

  private static long[] times(int count, Step step) throws Exception {
    var times = new long[count];
    for (var i = 0; i < count; i++) {
      times[i] = time(step);
    }
    return times;
  }

  private static void row(String name, long[] nanos, String wanted) {
    Arrays.sort(nanos);
    System.out.printf(
        "| %s | %.2f ms | %.2f ms | %s |%n",
        name,
        nanos[nanos.length / 2] / 1e6,
        nanos[Math.min(nanos.length - 1, nanos.length * 95 / 100)] / 1e6,
        wanted);
  }

  private double mib(String file) throws IOException {
    return Files.size(work.resolve("state").resolve(file)) / 1048576.0;
  }

  private static long rss(Process process) throws IOException {
    try (var lines = Files.lines(Path.of("/proc/" + process.pid() + "/status"))) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
          .findFirst()
          .orElse(-1);
    }
  }
}
