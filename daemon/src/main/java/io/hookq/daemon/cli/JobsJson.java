package io.hookq.daemon.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import io.hookq.daemon.control.ListRequest;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Instant;
import java.util.List;

/** {@code hookq list --json}; docs/status-json.md is the contract. Stateless. */
final class JobsJson {
  private static final JsonFactory JSON =
      JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build();

  private JobsJson() {}

  /** Prints the jobs as one array on one line. */
  static void print(List<ListRequest.Entry> jobs, PrintStream out) throws IOException {
    try (var json = JSON.createGenerator(out)) {
      json.writeStartArray();
      for (var job : jobs) {
        write(json, job);
      }
      json.writeEndArray();
    }
    out.print('\n');
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
