package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonGenerator;
import io.hookq.daemon.intake.Order;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Take these paths to the destinations.
 *
 * @param paths full store paths as the sender has them, unchecked
 * @param derivation the derivation that made them; the hook sends it alone where Nix gives it no
 *     outputs
 * @param source {@code hook} or {@code push}
 * @param destination only to this one; empty: to all
 */
public record EnqueueRequest(
    List<String> paths, Optional<String> derivation, String source, Optional<String> destination)
    implements ControlRequest<EnqueueRequest.Reply> {
  static final String OP = "enqueue";

  /** Copies the list. */
  public EnqueueRequest {
    paths = List.copyOf(paths);
  }

  /**
   * Reads the line of an enqueue request, as it also lies in the spool.
   *
   * @throws IllegalArgumentException if it is not one; the message says why
   */
  public static EnqueueRequest parse(byte[] line) {
    if (ControlCodec.decodeRequest(line) instanceof EnqueueRequest request) {
      return request;
    }
    throw new IllegalArgumentException("not an enqueue request");
  }

  /** What the intake makes of it. */
  public Order order() {
    return new Order(paths, derivation, source, destination);
  }

  static EnqueueRequest decode(JsonObject json) {
    return new EnqueueRequest(
        json.texts("paths"),
        json.optionalText("drv"),
        json.optionalText("source").filter(Order.HOOK::equals).orElse(Order.PUSH),
        json.optionalText("to"));
  }

  @Override
  public void encode(JsonGenerator out) throws IOException {
    ControlCodec.writeOptional(out, "drv", derivation);
    ControlCodec.writeTexts(out, "paths", paths);
    out.writeStringField("source", source);
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
   * Durably queued.
   *
   * @param outputs full store paths of the outputs, where just a derivation was named
   * @param jobs paths × destinations, those that were queued already included
   * @param unchecked whether nobody could say if pushed paths are valid; they are queued all the
   *     same
   */
  public record Reply(List<String> outputs, int jobs, boolean unchecked) {
    /** Copies the list. */
    public Reply {
      outputs = List.copyOf(outputs);
    }

    static Reply decode(JsonObject json) {
      return new Reply(
          json.texts("outputs"),
          Math.toIntExact(json.number("jobs")),
          json.optionalBool("unchecked"));
    }

    void encode(JsonGenerator out) throws IOException {
      out.writeNumberField("jobs", jobs);
      if (unchecked) {
        out.writeBooleanField("unchecked", true);
      }
      if (!outputs.isEmpty()) {
        ControlCodec.writeTexts(out, "outputs", outputs);
      }
    }
  }
}
