package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Optional;

/**
 * Send nothing until told otherwise, over restarts too!
 *
 * @param destination only this one; empty: all
 */
public record PauseRequest(Optional<String> destination)
    implements ControlRequest<PauseRequest.Reply> {
  static final String OP = "pause";

  static PauseRequest decode(JsonObject json) {
    return new PauseRequest(json.optionalText("to"));
  }

  @Override
  public void encode(JsonGenerator out) throws IOException {
    if (destination.isPresent()) {
      out.writeStringField("to", destination.get());
    }
  }

  @Override
  public String op() {
    return OP;
  }

  @Override
  public Reply decodeReply(JsonObject json) {
    return Reply.decode(json);
  }

  /**
   * Durably noted; what was on the wire goes back to the queue.
   *
   * @param destinations how many were meant
   */
  public record Reply(int destinations) {
    static Reply decode(JsonObject json) {
      return new Reply(Math.toIntExact(json.number("destinations")));
    }

    void encode(JsonGenerator out) throws IOException {
      out.writeNumberField("destinations", destinations);
    }
  }
}
