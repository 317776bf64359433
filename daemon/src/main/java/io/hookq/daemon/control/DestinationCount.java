package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/**
 * The reply to a request that concerns some destinations: it is done.
 *
 * @param destinations how many it concerned
 */
public record DestinationCount(int destinations) {
  static DestinationCount decode(JsonObject json) {
    return new DestinationCount(Math.toIntExact(json.number("destinations")));
  }

  void encode(JsonGenerator out) throws IOException {
    out.writeNumberField("destinations", destinations);
  }
}
