package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Queue failed and gone jobs afresh! They are durably queued when the reply comes.
 *
 * @param paths only jobs for these: full store paths, base names, or the beginning of one; empty:
 *     all
 * @param destination only its jobs; empty: those of all
 */
public record RetryRequest(List<String> paths, Optional<String> destination)
    implements ControlRequest<JobCount> {
  static final String OP = "retry";

  /** Copies the list. */
  public RetryRequest {
    paths = List.copyOf(paths);
  }

  static RetryRequest decode(JsonObject json) {
    return new RetryRequest(json.textsOrAll("paths"), json.optionalText("to"));
  }

  @Override
  public void encode(JsonGenerator out) throws IOException {
    if (!paths.isEmpty()) {
      ControlCodec.writeTexts(out, "paths", paths);
    }
    ControlCodec.writeOptional(out, "to", destination);
  }

  @Override
  public String op() {
    return OP;
  }

  @Override
  public JobCount decodeReply(JsonObject json) {
    return JobCount.decode(json);
  }
}
