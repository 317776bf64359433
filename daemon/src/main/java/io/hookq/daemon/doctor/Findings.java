package io.hookq.daemon.doctor;

import java.util.Optional;
import java.util.function.Consumer;

/** Where findings go as they are made. For one thread. */
final class Findings {
  private final Consumer<Finding> sink;
  private final Optional<String> destination;

  Findings(Consumer<Finding> sink) {
    this(sink, Optional.empty());
  }

  private Findings(Consumer<Finding> sink, Optional<String> destination) {
    this.sink = sink;
    this.destination = destination;
  }

  /** The same for the links of one destination. */
  Findings of(String name) {
    return new Findings(sink, Optional.of(name));
  }

  void ok(String check, String seen) {
    add(check, Verdict.OK, seen, Optional.empty());
  }

  void skipped(String check, String why) {
    add(check, Verdict.SKIPPED, why, Optional.empty());
  }

  void warning(String check, String seen, String mend) {
    add(check, Verdict.WARNING, seen, Optional.of(mend));
  }

  void failure(String check, String seen, String mend) {
    add(check, Verdict.FAILURE, seen, Optional.of(mend));
  }

  private void add(String check, Verdict verdict, String seen, Optional<String> mend) {
    sink.accept(new Finding(check, destination, verdict, seen, mend));
  }
}
