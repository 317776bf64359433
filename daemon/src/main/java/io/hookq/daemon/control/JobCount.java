package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/**
 * The reply to a request that concerns some jobs: it is done.
 *
 * @param jobs how many it concerned
 */
public record JobCount(int jobs) {
  static JobCount decode(JsonObject json) {
    return new JobCount(Math.toIntExact(json.number("jobs")));
  }

  void encode(JsonGenerator out) throws IOException {
    out.writeNumberField("jobs", jobs);
  }
}
