package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonGenerator;
import io.hookq.store.StoreDir;
import java.io.IOException;

/** Who is there? */
public record VersionRequest() implements ControlRequest<VersionRequest.Reply> {
  static final String OP = "version";

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
   * The daemon.
   *
   * @param version of hookq
   * @param pid the daemon's process
   * @param storeDir of the store whose paths it takes
   */
  public record Reply(String version, long pid, StoreDir storeDir) {
    static Reply decode(JsonObject json) {
      return new Reply(
          json.text("version"),
          json.number("pid"),
          json.optionalText("storeDir").map(StoreDir::new).orElse(StoreDir.DEFAULT));
    }

    void encode(JsonGenerator out) throws IOException {
      out.writeStringField("version", version);
      out.writeNumberField("pid", pid);
      out.writeStringField("storeDir", storeDir.path());
    }
  }
}
