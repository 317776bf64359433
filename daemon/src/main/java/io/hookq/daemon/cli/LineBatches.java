package io.hookq.daemon.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The lines of a stream as they come: as many at a time as are there, never waiting for a second
 * one while there is a first.
 *
 * <p>For one thread; another reads ahead, as far as memory may hold. The stream stays the caller's.
 */
final class LineBatches {
  private final int most;
  private final BlockingQueue<Optional<String>> lines;
  private volatile Optional<IOException> failure = Optional.empty();
  private boolean ended;

  private LineBatches(int most) {
    this.most = most;
    this.lines = new LinkedBlockingQueue<>(2 * most);
  }

  /** Of {@code in}, at most {@code most} at a time; blank ones are left out. */
  static LineBatches of(InputStream in, int most) {
    var batches = new LineBatches(most);
    Thread.ofVirtual().name("stdin").start(() -> batches.read(in));
    return batches;
  }

  private void read(InputStream in) {
    try {
      var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      try {
        for (var line = reader.readLine(); line != null; line = reader.readLine()) {
          if (!line.isBlank()) {
            lines.put(Optional.of(line.strip()));
          }
        }
      } catch (IOException e) {
        failure = Optional.of(e);
      }
      lines.put(Optional.empty());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * The next ones; none at the end of the stream.
   *
   * @throws IOException if the stream cannot be read further
   */
  List<String> next() throws IOException {
    if (ended) {
      return List.of();
    }
    var come = new ArrayList<Optional<String>>();
    try {
      come.add(lines.take());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (InterruptedIOException) new InterruptedIOException("interrupted").initCause(e);
    }
    lines.drainTo(come, most - 1);
    ended = come.getLast().isEmpty();
    var batch = come.stream().flatMap(Optional::stream).toList();
    if (batch.isEmpty() && failure.isPresent()) {
      throw failure.get();
    }
    return batch;
  }
}
