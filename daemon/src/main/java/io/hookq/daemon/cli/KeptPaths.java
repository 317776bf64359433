package io.hookq.daemon.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamWriteFeature;
import io.hookq.daemon.receive.Kept;
import io.hookq.daemon.receive.KeyName;
import io.hookq.daemon.receive.Receiver;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;

/** {@code hookq receive --list}; docs/status-json.md is the contract of its JSON. Stateless. */
final class KeptPaths {
  private KeptPaths() {}

  /** A line a path: who keeps it, since when, which. */
  static void print(Receiver receiver, Map<KeyName, List<Kept>> kept, PrintStream out) {
    kept.forEach((name, paths) -> {
      for (var path : paths) {
        out.println("%s  %s  %s".formatted(name, path.since(), receiver.print(path)));
      }
    });
  }

  /** One object on one line. */
  static void printJson(Receiver receiver, Map<KeyName, List<Kept>> kept, PrintStream out)
      throws IOException {
    var factory = JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build();
    try (var json = factory.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("folder", receiver.folder().toString());
      json.writeArrayFieldStart("keys");
      for (var key : kept.entrySet()) {
        json.writeStartObject();
        json.writeStringField("name", key.getKey().text());
        json.writeArrayFieldStart("paths");
        for (var path : key.getValue()) {
          json.writeStartObject();
          json.writeStringField("path", receiver.print(path));
          json.writeStringField("keptSince", path.since().toString());
          json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    out.print('\n');
  }
}
