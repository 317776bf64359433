package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/** Who is there? */
public record VersionRequest() implements ControlRequest<VersionRequest.Reply> {
  static final String OP = "version";

  /**
   * The daemon.
   *
   * @param version of hookq
   * @param pid the daemon's process
   */
  public record Reply(String version, long pid) {
    static Reply decode(JsonObject json) {
      return new Reply(json.text("version"), json.number("pid"));
    }

    void encode(JsonGenerator out) throws IOException {
      out.writeStringField("version", version);
      out.writeNumberField("pid", pid);
    }
  }
}
