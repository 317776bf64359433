package io.hookq.daemon.control;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What is the story of this path?
 *
 * @param path a full store path, a base name, or the beginning of the base name of one that is
 *     known
 */
public record WhyRequest(String path) implements ControlRequest<WhyRequest.Reply> {
  static final String OP = "why";

  static WhyRequest decode(JsonObject json) {
    return new WhyRequest(json.text("path"));
  }

  @Override
  public void encode(JsonGenerator out) throws IOException {
    out.writeStringField("path", path);
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
   * The story; also the document of {@code hookq why --json}.
   *
   * @param path the full store path
   * @param valid whether it is valid here; empty where the Nix daemon does not say
   * @param origin what the store knows of where it comes from, if it is valid
   * @param lastHookAt when the hook last told of anything
   * @param jobs one for each destination that it was ever to go to; those that were settled long
   *     ago are forgotten
   */
  public record Reply(
      String path,
      Optional<Boolean> valid,
      Optional<Origin> origin,
      Optional<Instant> lastHookAt,
      List<Life> jobs) {
    /** Copies the list. */
    public Reply {
      jobs = List.copyOf(jobs);
    }

    static Reply decode(JsonObject json) {
      return new Reply(
          json.text("path"),
          json.optionalFlag("valid"),
          json.optionalObject("origin").map(Origin::decode),
          json.optionalTime("lastHookAt"),
          json.list("jobs", JsonObject.class, "an array of jobs").stream()
              .map(Life::decode)
              .toList());
    }

    /** Writes the fields into the object that is open. */
    public void encode(JsonGenerator out) throws IOException {
      out.writeStringField("path", path);
      if (valid.isPresent()) {
        out.writeBooleanField("valid", valid.get());
      } else {
        out.writeNullField("valid");
      }
      if (origin.isPresent()) {
        out.writeFieldName("origin");
        origin.get().encode(out);
      } else {
        out.writeNullField("origin");
      }
      writeTime(out, "lastHookAt", lastHookAt);
      out.writeArrayFieldStart("jobs");
      for (var job : jobs) {
        job.encode(out);
      }
      out.writeEndArray();
    }
  }

  /**
   * Where a valid path comes from, as far as the store knows.
   *
   * @param ultimate whether it was built here
   * @param deriver what it was built from, here or elsewhere
   * @param signedBy the names of the keys that signed it
   * @param contentAddressed whether its name follows from its contents, as a source's does
   */
  public record Origin(
      Instant registeredAt,
      boolean ultimate,
      Optional<String> deriver,
      List<String> signedBy,
      boolean contentAddressed) {
    /** Copies the list. */
    public Origin {
      signedBy = List.copyOf(signedBy);
    }

    static Origin decode(JsonObject json) {
      return new Origin(
          json.time("registeredAt"),
          json.bool("ultimate"),
          json.optionalText("deriver"),
          json.texts("signedBy"),
          json.bool("contentAddressed"));
    }

    private void encode(JsonGenerator out) throws IOException {
      out.writeStartObject();
      out.writeStringField("registeredAt", registeredAt.toString());
      out.writeBooleanField("ultimate", ultimate);
      ControlCodec.writeNullable(out, "deriver", deriver);
      ControlCodec.writeTexts(out, "signedBy", signedBy);
      out.writeBooleanField("contentAddressed", contentAddressed);
      out.writeEndObject();
    }
  }

  /**
   * A job and all that happened to it.
   *
   * @param job as it stands now
   * @param derivation what it was built from, as the hook said
   * @param source who asked for it first: {@code hook}, {@code spool}, {@code push}, {@code roots},
   *     {@code reconcile}
   * @param history oldest first
   * @param waits when nothing could go to its destination while it was to go there, oldest first
   */
  public record Life(
      ListRequest.Entry job,
      Optional<String> derivation,
      String source,
      List<Change> history,
      List<Wait> waits) {
    /** Copies the lists. */
    public Life {
      history = List.copyOf(history);
      waits = List.copyOf(waits);
    }

    static Life decode(JsonObject json) {
      return new Life(
          ListRequest.Entry.decode(json),
          json.optionalText("derivation"),
          json.text("source"),
          json.list("history", JsonObject.class, "an array of objects").stream()
              .map(Change::decode)
              .toList(),
          json.list("waits", JsonObject.class, "an array of objects").stream()
              .map(Wait::decode)
              .toList());
    }

    private void encode(JsonGenerator out) throws IOException {
      out.writeStartObject();
      job.encodeFields(out);
      ControlCodec.writeNullable(out, "derivation", derivation);
      out.writeStringField("source", source);
      out.writeArrayFieldStart("history");
      for (var change : history) {
        change.encode(out);
      }
      out.writeEndArray();
      out.writeArrayFieldStart("waits");
      for (var wait : waits) {
        wait.encode(out);
      }
      out.writeEndArray();
      out.writeEndObject();
    }
  }

  /**
   * One thing that happened to a job.
   *
   * @param event what, as a word
   * @param state where the job stood afterwards
   * @param attempts refusals counted by then
   */
  public record Change(
      Instant at, String event, String state, int attempts, Optional<String> reason) {
    static Change decode(JsonObject json) {
      return new Change(
          json.time("at"),
          json.text("event"),
          json.text("state"),
          Math.toIntExact(json.number("attempts")),
          json.optionalText("reason"));
    }

    private void encode(JsonGenerator out) throws IOException {
      out.writeStartObject();
      out.writeStringField("at", at.toString());
      out.writeStringField("event", event);
      out.writeStringField("state", state);
      out.writeNumberField("attempts", attempts);
      ControlCodec.writeNullable(out, "reason", reason);
      out.writeEndObject();
    }
  }

  /**
   * A time during which nothing went to the destination.
   *
   * @param kind {@code trouble} or {@code paused}
   * @param to empty while it lasts
   * @param reason the trouble, as last heard
   */
  public record Wait(String kind, Instant from, Optional<Instant> to, Optional<String> reason) {
    static Wait decode(JsonObject json) {
      return new Wait(
          json.text("kind"),
          json.time("from"),
          json.optionalTime("to"),
          json.optionalText("reason"));
    }

    private void encode(JsonGenerator out) throws IOException {
      out.writeStartObject();
      out.writeStringField("kind", kind);
      out.writeStringField("from", from.toString());
      writeTime(out, "to", to);
      ControlCodec.writeNullable(out, "reason", reason);
      out.writeEndObject();
    }
  }

  private static void writeTime(JsonGenerator out, String field, Optional<Instant> time)
      throws IOException {
    ControlCodec.writeNullable(out, field, time.map(Instant::toString));
  }
}
