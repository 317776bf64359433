package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Try now, instead of at the end of the backoff! How it goes from here is in the status.
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
    ControlCodec.writeOptional(out, "to", destination);
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
   * It is done.
   *
   * @param destinations how many were meant
   * @param paused the names of those among them that stay paused, so that nothing is tried there
   */
  public record Reply(int destinations, List<String> paused) {
    /** Copies the list. */
    public Reply {
      paused = List.copyOf(paused);
    }

    static Reply decode(JsonObject json) {
      return new Reply(Math.toIntExact(json.number("destinations")), json.texts("paused"));
    }

    void encode(JsonGenerator out) throws IOException {
      out.writeNumberField("destinations", destinations);
      ControlCodec.writeTexts(out, "paused", paused);
    }
  }
}
