package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Optional;

/**
 * Send nothing until told otherwise, over restarts too! Durably noted when the reply comes; what
 * was on the wire goes back to the queue.
 *
 * @param destination only this one; empty: all
 */
public record PauseRequest(Optional<String> destination)
    implements ControlRequest<DestinationCount> {
  static final String OP = "pause";

  static PauseRequest decode(JsonObject json) {
    return new PauseRequest(json.optionalText("to"));
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
