package io.hookq.daemon.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.hookq.daemon.control.ListRequest;
import java.io.IOException;
import java.io.StringWriter;
import java.time.Instant;
import java.util.List;

/** {@code hookq list --json}; docs/status-json.md is the contract. Stateless. */
final class JobsJson {
  private JobsJson() {}

  /** The jobs as one array on one line. */
  static String write(List<ListRequest.Entry> jobs) {
    var text = new StringWriter();
    try (var json = new JsonFactory().createGenerator(text)) {
      json.writeStartArray();
      for (var job : jobs) {
        write(json, job);
      }
      json.writeEndArray();
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory failed", e);
    }
    return text.toString();
  }

  private static void write(JsonGenerator json, ListRequest.Entry job) throws IOException {
    json.writeStartObject();
    json.writeNumberField("id", job.id());
    json.writeStringField("path", job.path());
    json.writeStringField("destination", job.destination());
    json.writeStringField("state", job.state());
    json.writeNumberField("attempts", job.attempts());
    json.writeStringField("notBefore", job.notBefore().map(Instant::toString).orElse(null));
    json.writeStringField("reason", job.reason().orElse(null));
    json.writeStringField("enqueuedAt", job.enqueuedAt().toString());
    json.writeStringField("updatedAt", job.updatedAt().toString());
    json.writeEndObject();
  }
}
