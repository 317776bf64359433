package io.hookq.daemon.queue;

import java.time.Instant;
import java.util.Optional;

/**
 * A time during which nothing could go to a destination, or was to go there.
 *
 * @param to when that was over; empty while it lasts
 * @param reason what was wrong, as last heard; empty for a pause
 */
public record Outage(
    String destination, Kind kind, Instant from, Optional<Instant> to, Optional<String> reason) {

  /** Why nothing went there. */
  public enum Kind {
    /** The destination was the trouble: unreachable, denied, its disk full. */
    TROUBLE("trouble"),
    /** The user had said so. */
    PAUSED("paused");

    private final String label;

    Kind(String label) {
      this.label = label;
    }

    /** The word for it in the database and in JSON. */
    public String label() {
      return label;
    }

    static Kind of(String label) {
      for (var kind : values()) {
        if (kind.label.equals(label)) {
          return kind;
        }
      }
      throw new IllegalArgumentException("no such kind of outage: '" + label + "'");
    }
  }
}
