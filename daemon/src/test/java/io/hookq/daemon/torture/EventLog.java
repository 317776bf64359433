package io.hookq.daemon.torture;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What happened in a run, in order, and how often. Thread-safe. */
final class EventLog {
  private final long start = System.nanoTime();
  private final List<String> lines = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();
  private final Map<String, Integer> counts = new TreeMap<>();

  /** Notes something to be counted. */
  synchronized void count(String event) {
    counts.merge(event, 1, Integer::sum);
    note(event);
  }

  /** Notes something for whoever reads the log after a failure. */
  synchronized void note(String line) {
    lines.add("%9.3f s  %s".formatted((System.nanoTime() - start) / 1e9, line));
  }

  /** Notes what must never happen; the run fails for it. */
  synchronized void problem(String what) {
    problems.add(what);
    note("PROBLEM: " + what);
  }

  /** Notes that one of the run's threads has broken. */
  void problem(Throwable thrown) {
    var text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text));
    problem(text.toString());
  }

  synchronized List<String> problems() {
    return List.copyOf(problems);
  }

  /** How often what was counted. */
  synchronized Map<String, Integer> counts() {
    return new TreeMap<>(counts);
  }

  @Override
  public synchronized String toString() {
    return String.join("\n", lines);
  }
}
