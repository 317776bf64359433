package io.hookq.peers;

import io.hookq.store.PeerEnd;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/**
 * A program of a test as one end of a conversation over its stdin and stdout, with its stderr and
 * exit status to explain how it ended. Closing {@link #stdout} or this kills it.
 */
public final class PipedProcess implements PeerEnd.Source, AutoCloseable {
  private static final Duration EXIT = Duration.ofSeconds(20);
  private static final int TAIL = 4 * 1024;

  private final Process process;
  private final Path stderr;

  private PipedProcess(Process process, Path stderr) {
    this.process = process;
    this.stderr = stderr;
  }

  /** Starts a program. */
  public static PipedProcess start(ProcessBuilder builder) {
    try {
      var stderr = Files.createTempFile("hq", ".err");
      return new PipedProcess(builder.redirectError(stderr.toFile()).start(), stderr);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What it says. */
  public InputStream stdout() {
    return new FilterInputStream(process.getInputStream()) {
      @Override
      public void close() throws IOException {
        process.destroyForcibly();
        super.close();
      }
    };
  }

  /** What it is told. */
  public OutputStream stdin() {
    return process.getOutputStream();
  }

  /** What it has started itself and still runs. */
  public List<ProcessHandle> children() {
    return process.children().toList();
  }

  /** Ends it with SIGKILL, and does not wait. */
  public void kill() {
    process.destroyForcibly();
  }

  /** Waits for its end and returns its exit status. */
  public OptionalInt awaitExit() {
    try {
      return process.waitFor(EXIT.toMillis(), TimeUnit.MILLISECONDS)
          ? OptionalInt.of(process.exitValue())
          : OptionalInt.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return OptionalInt.empty();
    }
  }

  @Override
  public PeerEnd peerEnd() {
    var status = awaitExit();
    try {
      var bytes = Files.readAllBytes(stderr);
      var from = Math.max(0, bytes.length - TAIL);
      return new PeerEnd(
          new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8), status);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Kills it. */
  @Override
  public void close() {
    process.destroyForcibly();
    awaitExit();
    try {
      Files.deleteIfExists(stderr);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
