package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Optional;

/**
 * Send again!
 *
 * @param destination only this one; empty: all
 */
public record ResumeRequest(Optional<String> destination)
    implements ControlRequest<ResumeRequest.Reply> {
  static final String OP = "resume";

  static ResumeRequest decode(JsonObject json) {
    return new ResumeRequest(json.optionalText("to"));
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
   * Durably noted; what is queued is tried now.
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
