package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Answer when nothing that is meant here is spooled, queued or uploading any more.
 *
 * @param paths only these, full store paths; empty: all
 * @param destination only this one; empty: all
 * @param since failed jobs count if enqueued at or after this; empty: since the daemon's start, or
 *     whenever it was where {@code paths} are named
 * @param timeout answer after this at the latest; empty: as long as it takes
 */
public record WaitRequest(
    List<String> paths,
    Optional<String> destination,
    Optional<Instant> since,
    Optional<Duration> timeout)
    implements ControlRequest<WaitRequest.Reply> {
  static final String OP = "wait";

  /** Copies the list. */
  public WaitRequest {
    paths = List.copyOf(paths);
  }

  static WaitRequest decode(JsonObject json) {
    var timeout = json.optionalNumber("timeoutMs");
    if (timeout.orElse(0) < 0) {
      throw new IllegalArgumentException("\"timeoutMs\" is negative");
    }
    return new WaitRequest(
        json.texts("paths"),
        json.optionalText("to"),
        json.optionalTime("since"),
        timeout.isPresent()
            ? Optional.of(Duration.ofMillis(timeout.getAsLong()))
            : Optional.empty());
  }

  @Override
  public void encode(JsonGenerator out) throws IOException {
    if (!paths.isEmpty()) {
      ControlCodec.writeTexts(out, "paths", paths);
    }
    ControlCodec.writeOptional(out, "to", destination);
    if (since.isPresent()) {
      out.writeStringField("since", since.get().toString());
    }
    if (timeout.isPresent()) {
      out.writeNumberField("timeoutMs", timeout.get().toMillis());
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

  @Override
  public JsonObject.ElementReader elements() {
    return ListRequest.Entry::read;
  }

  @Override
  public Optional<Duration> limit(Duration usual) {
    return timeout.map(usual::plus);
  }

  /**
   * How the waiting ended.
   *
   * @param timedOut whether something is still on its way
   * @param failed the jobs that failed
   */
  public record Reply(boolean timedOut, List<ListRequest.Entry> failed) {
    /** Copies the list. */
    public Reply {
      failed = List.copyOf(failed);
    }

    static Reply decode(JsonObject json) {
      return new Reply(
          json.bool("timedOut"), json.list("failed", ListRequest.Entry.class, "an array of jobs"));
    }

    void encode(JsonGenerator out) throws IOException {
      out.writeBooleanField("timedOut", timedOut);
      out.writeArrayFieldStart("failed");
      for (var job : failed) {
        job.encode(out);
      }
      out.writeEndArray();
    }
  }
}
