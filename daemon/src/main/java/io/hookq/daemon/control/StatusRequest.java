package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/** How are things? */
public record StatusRequest() implements ControlRequest<StatusRequest.Reply> {
  static final String OP = "status";

  @Override
  public String op() {
    return OP;
  }

  @Override
  public void encode(JsonGenerator out) {
    // It has no fields.
  }

  @Override
  public Reply decodeReply(JsonObject json) {
    return Reply.decode(json);
  }

  /**
   * The answer as the daemon gave it: {@code status --json} of an older command passes on what a
   * newer daemon added.
   *
   * @param document the JSON document of docs/status-json.md, on one line
   */
  public record Reply(String document) {
    static Reply decode(JsonObject json) {
      return new Reply(json.object("status").toString());
    }

    void encode(JsonGenerator out) throws IOException {
      out.writeFieldName("status");
      JsonObject.parse(document).write(out);
    }
  }
}
