package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Which jobs are there?
 *
 * @param state only those in this state, by its label; empty: all
 * @param destination only those of this destination; empty: all
 */
public record ListRequest(Optional<String> state, Optional<String> destination)
    implements ControlRequest<ListRequest.Reply> {
  static final String OP = "list";

  static ListRequest decode(JsonObject json) {
    return new ListRequest(json.optionalText("state"), json.optionalText("to"));
  }

  @Override
  public void encode(JsonGenerator out) throws IOException {
    ControlCodec.writeOptional(out, "state", state);
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

  @Override
  public JsonObject.ElementReader elements() {
    return Entry::read;
  }

  /** The jobs by id. The daemon writes them one by one and never holds this. */
  public record Reply(List<Entry> jobs) {
    /** Copies the list. */
    public Reply {
      jobs = List.copyOf(jobs);
    }

    static Reply decode(JsonObject json) {
      return new Reply(json.list("jobs", Entry.class, "an array of jobs"));
    }
  }

  /**
   * One job as people and scripts see it; the fields of {@code hookq list --json}.
   *
   * @param path the full store path
   * @param state the state's label
   * @param notBefore when it is due, for a queued job
   * @param reason why it stands as it does, where there is a reason
   * @param orphaned whether its destination is no longer in the config
   */
  public record Entry(
      long id,
      String path,
      String destination,
      String state,
      int attempts,
      Optional<Instant> notBefore,
      Optional<String> reason,
      Instant enqueuedAt,
      Instant updatedAt,
      boolean orphaned) {

    /** One that is part of something else. */
    static Entry decode(JsonObject json) {
      return new Entry(
          json.number("id"),
          json.text("path"),
          json.text("destination"),
          json.text("state"),
          Math.toIntExact(json.number("attempts")),
          json.optionalTime("notBefore"),
          json.optionalText("reason"),
          json.time("enqueuedAt"),
          json.time("updatedAt"),
          json.optionalBool("orphaned"));
    }

    /** Reads one without a tree of its fields: there may be a hundred thousand. */
    static Entry read(JsonParser parser) throws IOException {
      var fields = new EntryFields();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        var name = parser.currentName();
        parser.nextToken();
        fields.take(name, parser);
      }
      return fields.entry();
    }

    void encode(JsonGenerator out) throws IOException {
      out.writeStartObject();
      encodeFields(out);
      out.writeEndObject();
    }

    void encodeFields(JsonGenerator out) throws IOException {
      out.writeNumberField("id", id);
      out.writeStringField("path", path);
      out.writeStringField("destination", destination);
      out.writeStringField("state", state);
      out.writeNumberField("attempts", attempts);
      ControlCodec.writeNullable(out, "notBefore", notBefore.map(Instant::toString));
      ControlCodec.writeNullable(out, "reason", reason);
      out.writeStringField("enqueuedAt", enqueuedAt.toString());
      out.writeStringField("updatedAt", updatedAt.toString());
      out.writeBooleanField("orphaned", orphaned);
    }
  }
}
