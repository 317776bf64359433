package io.hookq.daemon.status;

import io.hookq.daemon.transport.DestinationSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Optional;

/** A report in one line, for somebody who waits for the end of it. Stateless. */
public final class ProgressLine {
  private ProgressLine() {}

  /**
   * How far things are at {@code now}; not ended.
   *
   * @param only the destination that is waited for, if not all are
   */
  public static String of(
      StatusReport report, Optional<String> only, Instant now, ScreenStyle style) {
    var queue = report.queue();
    var awaited =
        report.destinations().stream()
            .filter(destination -> only.isEmpty() || only.get().equals(destination.name()))
            .toList();
    var parts = new ArrayList<String>();
    parts.add(
        "%s queued, %s uploading"
            .formatted(
                Figures.count(
                    only.isEmpty()
                        ? queue.queued()
                        : awaited.stream().mapToLong(DestinationSnapshot::queued).sum()),
                Figures.count(
                    only.isEmpty()
                        ? queue.uploading()
                        : awaited.stream().mapToLong(DestinationSnapshot::uploading).sum())));
    if (queue.spooled() > 0) {
      parts.add(Figures.count(queue.spooled()) + " spooled");
    }
    for (var destination : awaited) {
      if (destination.queued() + destination.uploading() > 0) {
        parts.add(destination.name() + " " + state(destination, now));
      }
    }
    return style.spell(String.join(" · ", parts));
  }

  private static String state(DestinationSnapshot destination, Instant now) {
    var planned = destination.bytesPlanned();
    if (destination.state().equals("uploading") && planned > 0) {
      var percent = destination.bytesSent() * 100 / planned;
      var eta =
          destination.etaSeconds().isPresent()
              ? " ETA " + Figures.duration(Duration.ofSeconds(destination.etaSeconds().getAsLong()))
              : "";
      return percent + "% " + Figures.rate(destination.bytesPerSecond()) + eta;
    }
    var next =
        destination
            .retryAt()
            .map(at -> ", next try in " + Figures.duration(Duration.between(now, at)))
            .orElse("");
    return destination.state() + next;
  }
}
