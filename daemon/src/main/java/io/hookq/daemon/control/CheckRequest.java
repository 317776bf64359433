package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Do the destinations have these paths? They are asked, nothing is remembered.
 *
 * @param paths full store paths, at least one; they need not be valid here
 * @param closure whether all that they refer to is asked for too, as far as it is known here
 * @param destination only this one; empty: all
 */
public record CheckRequest(List<String> paths, boolean closure, Optional<String> destination)
    implements ControlRequest<CheckRequest.Reply> {
  static final String OP = "check";

  /** Copies the list. */
  public CheckRequest {
    paths = List.copyOf(paths);
  }

  static CheckRequest decode(JsonObject json) {
    return new CheckRequest(
        json.texts("paths"), json.optionalBool("closure"), json.optionalText("to"));
  }

  @Override
  public void encode(JsonGenerator out) throws IOException {
    ControlCodec.writeTexts(out, "paths", paths);
    if (closure) {
      out.writeBooleanField("closure", true);
    }
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

  /** What they said, in the config's order; also the document of {@code hookq check --json}. */
  public record Reply(List<Answer> destinations) {
    /** Copies the list. */
    public Reply {
      destinations = List.copyOf(destinations);
    }

    static Reply decode(JsonObject json) {
      return new Reply(
          json.list("destinations", JsonObject.class, "an array of objects").stream()
              .map(Answer::decode)
              .toList());
    }

    /** Writes the fields into the object that is open. */
    public void encode(JsonGenerator out) throws IOException {
      out.writeArrayFieldStart("destinations");
      for (var answer : destinations) {
        answer.encode(out);
      }
      out.writeEndArray();
    }
  }

  /**
   * What one destination said.
   *
   * @param asked how many paths it was asked for
   * @param missing those that are not valid there, full store paths
   * @param error why it could not be asked; {@code missing} says nothing then
   */
  public record Answer(String name, int asked, List<String> missing, Optional<String> error) {
    /** Copies the list. */
    public Answer {
      missing = List.copyOf(missing);
    }

    static Answer decode(JsonObject json) {
      return new Answer(
          json.text("name"),
          Math.toIntExact(json.number("asked")),
          json.texts("missing"),
          json.optionalText("error"));
    }

    private void encode(JsonGenerator out) throws IOException {
      out.writeStartObject();
      out.writeStringField("name", name);
      out.writeNumberField("asked", asked);
      ControlCodec.writeTexts(out, "missing", missing);
      ControlCodec.writeNullable(out, "error", error);
      out.writeEndObject();
    }
  }
}
