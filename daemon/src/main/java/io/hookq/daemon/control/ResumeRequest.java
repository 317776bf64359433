package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Optional;

/**
 * Send again! Durably noted when the reply comes; what is queued is tried now.
 *
 * @param destination only this one; empty: all
 */
public record ResumeRequest(Optional<String> destination)
    implements ControlRequest<DestinationCount> {
  static final String OP = "resume";

  static ResumeRequest decode(JsonObject json) {
    return new ResumeRequest(json.optionalText("to"));
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
