package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Queue every path that was built here and that a destination misses!
 *
 * @param destination only this one; empty: all
 * @param remoteBuilt whether also paths with a deriver and without a signature, as remote builders
 *     leave them
 * @param dryRun whether nothing is to be queued, just told
 */
public record ReconcileRequest(Optional<String> destination, boolean remoteBuilt, boolean dryRun)
    implements ControlRequest<ReconcileRequest.Reply> {
  static final String OP = "reconcile";

  static ReconcileRequest decode(JsonObject json) {
    return new ReconcileRequest(
        json.optionalText("to"), json.optionalBool("remoteBuilt"), json.optionalBool("dryRun"));
  }

  @Override
  public void encode(JsonGenerator out) throws IOException {
    ControlCodec.writeOptional(out, "to", destination);
    if (remoteBuilt) {
      out.writeBooleanField("remoteBuilt", true);
    }
    if (dryRun) {
      out.writeBooleanField("dryRun", true);
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
   * What came of it; also the document of {@code hookq reconcile --json}.
   *
   * @param valid how many paths are valid here
   * @param destinations in the config's order
   */
  public record Reply(long valid, List<Answer> destinations) {
    /** Copies the list. */
    public Reply {
      destinations = List.copyOf(destinations);
    }

    static Reply decode(JsonObject json) {
      return new Reply(
          json.number("valid"),
          json.list("destinations", JsonObject.class, "an array of objects").stream()
              .map(Answer::decode)
              .toList());
    }

    /** Writes the fields into the object that is open. */
    public void encode(JsonGenerator out) throws IOException {
      out.writeNumberField("valid", valid);
      out.writeArrayFieldStart("destinations");
      for (var answer : destinations) {
        answer.encode(out);
      }
      out.writeEndArray();
    }
  }

  /**
   * How one destination compares.
   *
   * @param built how many paths were built here
   * @param filtered how many of those its filter leaves out
   * @param missing how many of the others are not valid there
   * @param missingBytes of the NARs of those
   * @param queued how many of those are queued now
   * @param paths those that are missing, where nothing was queued
   * @param error why it could not be asked; {@code missing} and all after it say nothing then
   */
  public record Answer(
      String name,
      long built,
      long filtered,
      long missing,
      long missingBytes,
      long queued,
      List<Missing> paths,
      Optional<String> error) {
    /** Copies the list. */
    public Answer {
      paths = List.copyOf(paths);
    }

    static Answer decode(JsonObject json) {
      return new Answer(
          json.text("name"),
          json.number("built"),
          json.number("filtered"),
          json.number("missing"),
          json.number("missingBytes"),
          json.number("queued"),
          json.list("paths", JsonObject.class, "an array of objects").stream()
              .map(Missing::decode)
              .toList(),
          json.optionalText("error"));
    }

    private void encode(JsonGenerator out) throws IOException {
      out.writeStartObject();
      out.writeStringField("name", name);
      out.writeNumberField("built", built);
      out.writeNumberField("filtered", filtered);
      out.writeNumberField("missing", missing);
      out.writeNumberField("missingBytes", missingBytes);
      out.writeNumberField("queued", queued);
      out.writeArrayFieldStart("paths");
      for (var path : paths) {
        path.encode(out);
      }
      out.writeEndArray();
      ControlCodec.writeNullable(out, "error", error);
      out.writeEndObject();
    }
  }

  /**
   * A path that a destination misses.
   *
   * @param path the full store path
   * @param narSize bytes of its NAR
   */
  public record Missing(String path, long narSize) {
    static Missing decode(JsonObject json) {
      return new Missing(json.text("path"), json.number("narSize"));
    }

    private void encode(JsonGenerator out) throws IOException {
      out.writeStartObject();
      out.writeStringField("path", path);
      out.writeNumberField("narSize", narSize);
      out.writeEndObject();
    }
  }
}
