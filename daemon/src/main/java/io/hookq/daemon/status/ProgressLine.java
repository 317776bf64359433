package io.hookq.daemon.status;

import io.hookq.daemon.transport.DestinationSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;

/** A report in one line, for somebody who waits for the end of it. Stateless. */
public final class ProgressLine {
  private ProgressLine() {}

  /** How far things are at {@code now}; not ended. */
  public static String of(StatusReport report, Instant now, ScreenStyle style) {
    var queue = report.queue();
    var parts = new ArrayList<String>();
    parts.add(
        "%s queued, %s uploading"
            .formatted(Figures.count(queue.queued()), Figures.count(queue.uploading())));
    if (queue.spooled() > 0) {
      parts.add(Figures.count(queue.spooled()) + " spooled");
    }
    for (var destination : report.destinations()) {
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
