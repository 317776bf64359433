package io.hookq.daemon.status;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.hookq.daemon.transport.CurrentUpload;
import io.hookq.daemon.transport.DestinationSnapshot;
import java.io.IOException;
import java.io.StringWriter;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * {@link StatusReport} as one JSON object on one line, and back; docs/status-json.md is the
 * contract.
 *
 * <p>Fields that are unknown are passed over and fields that are missing read as nothing, so that a
 * command and a daemon of different versions understand each other. By tokens, for a command that
 * starts in a blink has no time to load a data binder. Stateless.
 */
public final class StatusJson {
  private StatusJson() {}

  /** The document, without a line end. */
  public static String write(StatusReport report) {
    var text = new StringWriter();
    try (var json = new JsonFactory().createGenerator(text)) {
      json.writeStartObject();
      json.writeStringField("version", report.version());
      json.writeNumberField("pid", report.pid());
      writeTime(json, "startedAt", Optional.of(report.startedAt()));
      writeTime(json, "lastHookAt", report.lastHookAt());
      write(json, report.queue());
      json.writeArrayFieldStart("destinations");
      for (var destination : report.destinations()) {
        write(json, destination);
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory failed", e);
    }
    return text.toString();
  }

  private static void write(JsonGenerator json, StatusReport.Queue queue) throws IOException {
    json.writeObjectFieldStart("queue");
    json.writeNumberField("queued", queue.queued());
    json.writeNumberField("uploading", queue.uploading());
    json.writeNumberField("done", queue.done());
    json.writeNumberField("failed", queue.failed());
    json.writeNumberField("gone", queue.gone());
    json.writeNumberField("skipped", queue.skipped());
    json.writeNumberField("spooled", queue.spooled());
    writeTime(json, "oldestQueuedAt", queue.oldestQueuedAt());
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, DestinationSnapshot destination)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("name", destination.name());
    json.writeStringField("uri", destination.uri());
    json.writeStringField("state", destination.state());
    json.writeStringField("protocol", destination.protocol().orElse(null));
    json.writeStringField("compression", destination.compression());
    json.writeNumberField("queued", destination.queued());
    json.writeNumberField("uploading", destination.uploading());
    json.writeNumberField("done", destination.done());
    json.writeNumberField("failed", destination.failed());
    json.writeNumberField("gone", destination.gone());
    json.writeNumberField("bytesPlanned", destination.bytesPlanned());
    json.writeNumberField("bytesSent", destination.bytesSent());
    json.writeNumberField("bytesPerSecond", destination.bytesPerSecond());
    if (destination.etaSeconds().isPresent()) {
      json.writeNumberField("etaSeconds", destination.etaSeconds().getAsLong());
    } else {
      json.writeNullField("etaSeconds");
    }
    json.writeNumberField("pathsSentTotal", destination.pathsSentTotal());
    json.writeNumberField("narBytesSentTotal", destination.narBytesSentTotal());
    json.writeNumberField("wireBytesSentTotal", destination.wireBytesSentTotal());
    json.writeArrayFieldStart("current");
    for (var upload : destination.current()) {
      json.writeStartObject();
      json.writeStringField("path", upload.path());
      json.writeNumberField("bytesSent", upload.bytesSent());
      json.writeNumberField("narSize", upload.narSize());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeStringField("lastError", destination.lastError().orElse(null));
    writeTime(json, "lastErrorAt", destination.lastErrorAt());
    writeTime(json, "retryAt", destination.retryAt());
    writeTime(json, "lastSuccessAt", destination.lastSuccessAt());
    json.writeStringField("lastErrorClass", destination.lastErrorClass().orElse(null));
    json.writeStringField("hint", destination.hint().orElse(null));
    json.writeStringField("notice", destination.notice().orElse(null));
    json.writeEndObject();
  }

  private static void writeTime(JsonGenerator json, String name, Optional<Instant> time)
      throws IOException {
    json.writeStringField(
        name, time.map(at -> at.truncatedTo(ChronoUnit.MILLIS).toString()).orElse(null));
  }

  /**
   * Reads a document back.
   *
   * @throws IOException if it is not one
   */
  public static StatusReport read(String document) throws IOException {
    try (var json = new JsonFactory().createParser(document)) {
      json.nextToken();
      var report = Fields.read(json);
      return new StatusReport(
          report.text("version").orElse("unknown"),
          report.number("pid"),
          report.time("startedAt").orElse(Instant.EPOCH),
          report.time("lastHookAt"),
          queue(report.object("queue")),
          report.objects("destinations").stream().map(StatusJson::destination).toList());
    } catch (DateTimeException e) {
      throw new IOException("not a status document: " + e.getMessage(), e);
    }
  }

  private static StatusReport.Queue queue(Fields queue) {
    return new StatusReport.Queue(
        queue.number("queued"),
        queue.number("uploading"),
        queue.number("done"),
        queue.number("failed"),
        queue.number("gone"),
        queue.number("skipped"),
        queue.number("spooled"),
        queue.time("oldestQueuedAt"));
  }

  private static DestinationSnapshot destination(Fields destination) {
    return new DestinationSnapshot(
        destination.text("name").orElse(""),
        destination.text("uri").orElse(""),
        destination.text("state").orElse("unknown"),
        destination.text("protocol"),
        destination.text("compression").orElse("none"),
        destination.number("queued"),
        destination.number("uploading"),
        destination.number("done"),
        destination.number("failed"),
        destination.number("gone"),
        destination.number("bytesPlanned"),
        destination.number("bytesSent"),
        destination.number("bytesPerSecond"),
        destination.optionalNumber("etaSeconds"),
        destination.number("pathsSentTotal"),
        destination.number("narBytesSentTotal"),
        destination.number("wireBytesSentTotal"),
        destination.objects("current").stream().map(StatusJson::current).toList(),
        destination.text("lastError"),
        destination.time("lastErrorAt"),
        destination.time("retryAt"),
        destination.time("lastSuccessAt"),
        destination.text("lastErrorClass"),
        destination.text("hint"),
        destination.text("notice"));
  }

  private static CurrentUpload current(Fields upload) {
    return new CurrentUpload(
        upload.text("path").orElse(""), upload.number("bytesSent"), upload.number("narSize"));
  }

  /** An object's fields: strings, whole numbers, objects and lists of objects; no other kinds. */
  private record Fields(Map<String, Object> values) {
    /** Reads the object at which {@code json} stands; afterwards it stands at the object's end. */
    static Fields read(JsonParser json) throws IOException {
      if (json.currentToken() != JsonToken.START_OBJECT) {
        throw new IOException("not a status document: an object was expected");
      }
      var values = new HashMap<String, Object>();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        var name = json.currentName();
        json.nextToken();
        var value = value(json);
        if (value != null) {
          values.put(name, value);
        }
      }
      return new Fields(values);
    }

    private static @Nullable Object value(JsonParser json) throws IOException {
      return switch (json.currentToken()) {
        case VALUE_STRING -> json.getText();
        case VALUE_NUMBER_INT -> json.getLongValue();
        case START_OBJECT -> read(json);
        case START_ARRAY -> list(json);
        default -> null;
      };
    }

    private static List<Fields> list(JsonParser json) throws IOException {
      var list = new ArrayList<Fields>();
      for (var token = json.nextToken(); token != JsonToken.END_ARRAY; token = json.nextToken()) {
        if (token == null) {
          throw new IOException("not a status document: it ends inside a list");
        }
        if (value(json) instanceof Fields fields) {
          list.add(fields);
        }
      }
      return list;
    }

    Optional<String> text(String name) {
      return values.get(name) instanceof String text ? Optional.of(text) : Optional.empty();
    }

    Optional<Instant> time(String name) {
      return text(name).map(Instant::parse);
    }

    long number(String name) {
      return optionalNumber(name).orElse(0);
    }

    OptionalLong optionalNumber(String name) {
      return values.get(name) instanceof Long number
          ? OptionalLong.of(number)
          : OptionalLong.empty();
    }

    Fields object(String name) {
      return values.get(name) instanceof Fields fields ? fields : new Fields(Map.of());
    }

    List<Fields> objects(String name) {
      return values.get(name) instanceof List<?> list
          ? list.stream().map(Fields.class::cast).toList()
          : List.of();
    }
  }
}
