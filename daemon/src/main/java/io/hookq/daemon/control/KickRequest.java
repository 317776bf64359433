package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Optional;

/**
 * Try now, instead of at the end of the backoff!
 *
 * @param destination only this one; empty: all
 */
public record KickRequest(Optional<String> destination)
    implements ControlRequest<KickRequest.Reply> {
  static final String OP = "kick";

  static KickRequest decode(JsonObject json) {
    return new KickRequest(json.optionalText("to"));
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
   * Done; how it goes from here is in the status.
   *
   * @param destinations how many are tried now
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
