package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Optional;

/**
 * Try now, instead of at the end of the backoff! How it goes from here is in the status.
 *
 * @param destination only this one; empty: all
 */
public record KickRequest(Optional<String> destination)
    implements ControlRequest<DestinationCount> {
  static final String OP = "kick";

  static KickRequest decode(JsonObject json) {
    return new KickRequest(json.optionalText("to"));
  }

  @Override
  public void encode(JsonGenerator out) throws IOException {
    ControlCodec.writeOptional(out, "to", destination);
  }

  @Override
  public String op() {
    return OP;
  }

  @Override
  public DestinationCount decodeReply(JsonObject json) {
    return DestinationCount.decode(json);
  }
}
