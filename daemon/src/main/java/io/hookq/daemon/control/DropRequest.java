package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Forget jobs: wherever they stand where paths are named, else those that are failed or gone! They
 * are forgotten when the reply comes, or cancelled, and forgotten as soon as they leave the wire.
 *
 * @param paths only jobs for these: full store paths, base names, or the beginning of one; empty:
 *     all
 * @param destination only its jobs; empty: those of all
 */
public record DropRequest(List<String> paths, Optional<String> destination)
    implements ControlRequest<JobCount> {
  static final String OP = "drop";

  /** Copies the list. */
  public DropRequest {
    paths = List.copyOf(paths);
  }

  static DropRequest decode(JsonObject json) {
    return new DropRequest(json.textsOrAll("paths"), json.optionalText("to"));
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
