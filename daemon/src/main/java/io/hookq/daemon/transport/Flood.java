package io.hookq.daemon.transport;

import io.hookq.daemon.planner.UploadPlan;
import io.hookq.log.Logged;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices when much is about to be sent that the destination could fetch from a binary cache, as in
 * the first week of a machine whose whole closure is missing there; says so once. Thread-safe.
 */
final class Flood {
  private static final Logger LOG = LoggerFactory.getLogger(Flood.class);

  private static final long MUCH = 1L << 30;

  private final String destination;
  private volatile Optional<String> notice = Optional.empty();

  Flood(String destination) {
    this.destination = destination;
  }

  void see(UploadPlan plan) {
    var elsewhere = plan.signedElsewhere();
    if (elsewhere.bytes() <= MUCH || notice.isPresent()) {
      return;
    }
    var words =
        "%.1f GiB of what is to be sent are signed by %s: with substitute-on-destination = true the server fetches such paths by itself"
            .formatted(
                elsewhere.bytes() / (double) (1L << 30), String.join(", ", elsewhere.keys()));
    notice = Optional.of(words);
    LOG.warn("sends what a cache has destination={} notice={}", destination, Logged.text(words));
  }

  /** What there was to say, from then on. */
  Optional<String> notice() {
    return notice;
  }
}
