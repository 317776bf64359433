package io.hookq.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A running program of a test, with what it prints in a file.
 *
 * <p>Dies with {@link #close}, and with this JVM however that ends: a shell that waits for our end
 * of a pipe kills what is left. Programs are ended by their process id only, never by name.
 */
public final class PeerProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final String name;
  private final Process process;
  private final Path log;

  private PeerProcess(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /** Starts a program whose output is appended to {@code log} and whose input is empty. */
  public static PeerProcess start(String name, ProcessBuilder builder, Path log) {
    try {
      builder
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
          .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
      var process = builder.start();
      Reaper.watch(process.pid());
      return new PeerProcess(name, process, log);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + name, e);
    }
  }

  /** Runs a program to its end, with an empty input. Its own children may not outlive it. */
  public static Finished run(ProcessBuilder builder) {
    return run(builder, "");
  }

  /** Runs a program to its end with {@code input} on its stdin. */
  public static Finished run(ProcessBuilder builder, String input) {
    try {
      var out = Files.createTempFile("hq", ".out");
      var err = Files.createTempFile("hq", ".err");
      try {
        var process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        Reaper.watch(process.pid());
        try (var stdin = process.outputWriter(StandardCharsets.UTF_8)) {
          stdin.write(input);
        } catch (IOException e) {
          // The program does not read its input; its exit status says whether that is a failure.
        }
        var status = process.waitFor();
        Reaper.forget(process.pid());
        return new Finished(
            status,
            Files.readString(out, StandardCharsets.UTF_8),
            Files.readString(err, StandardCharsets.UTF_8));
      } finally {
        Files.deleteIfExists(out);
        Files.deleteIfExists(err);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot run " + builder.command(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** The process id. */
  public long pid() {
    return process.pid();
  }

  /** Whether it still runs. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** What it has printed so far, to stdout and stderr. */
  public String output() {
    try {
      return Files.exists(log) ? Files.readString(log, StandardCharsets.UTF_8) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends it with SIGTERM and waits. Returns its exit status. */
  public int terminate() {
    process.destroy();
    return await(PATIENCE);
  }

  /** Ends it with SIGKILL and waits. */
  public void kill() {
    process.destroyForcibly();
    await(PATIENCE);
  }

  /**
   * Waits for its end. Returns its exit status.
   *
   * @throws AssertionError if it does not end in time
   */
  public int await(Duration timeout) {
    try {
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError(name + " did not end within " + timeout + "\n" + output());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
    Reaper.forget(process.pid());
    return process.exitValue();
  }

  /** Kills it and all its children. */
  @Override
  public void close() {
    var children = process.descendants().toList();
    if (process.isAlive()) {
      kill();
    }
    children.forEach(ProcessHandle::destroyForcibly);
  }

  /** A shell that outlives us just long enough to kill what we left running. */
  private static final class Reaper {
    private static final String SCRIPT =
        """
        pids=' '
        while read -r op pid; do
          case $op in
            watch) pids="$pids$pid " ;;
            forget) pids="${pids%%" $pid "*} ${pids#*" $pid "}" ;;
          esac
        done
        for pid in $pids; do kill -9 "$pid" 2>/dev/null; done
        """;

    private static @Nullable Writer pipe;

    private Reaper() {}

    static synchronized void watch(long pid) throws IOException {
      say("watch " + pid);
    }

    static synchronized void forget(long pid) {
      try {
        say("forget " + pid);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static void say(String line) throws IOException {
      var writer = pipe;
      if (writer == null) {
        // Ours alone: no child of Java inherits the other end of this pipe, so it ends when we do.
        writer =
            new ProcessBuilder("sh", "-c", SCRIPT)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
                .outputWriter(StandardCharsets.UTF_8);
        pipe = writer;
      }
      writer.write(line + "\n");
      writer.flush();
    }
  }
}
