package io.hookq.daemon.doctor;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.hookq.daemon.status.Version;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;

/** {@code hookq doctor --json}; docs/status-json.md is the contract. Stateless. */
public final class DoctorJson {
  private DoctorJson() {}

  /** The document, without a line end. */
  public static String write(List<Finding> findings) {
    var text = new StringWriter();
    try (var json = new JsonFactory().createGenerator(text)) {
      json.writeStartObject();
      json.writeStringField("version", Version.CURRENT);
      json.writeNumberField("failures", count(findings, Verdict.FAILURE));
      json.writeNumberField("warnings", count(findings, Verdict.WARNING));
      json.writeArrayFieldStart("findings");
      for (var finding : findings) {
        write(json, finding);
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory failed", e);
    }
    return text.toString();
  }

  private static long count(List<Finding> findings, Verdict verdict) {
    return findings.stream().filter(finding -> finding.verdict() == verdict).count();
  }

  private static void write(JsonGenerator json, Finding finding) throws IOException {
    json.writeStartObject();
    json.writeStringField("check", finding.check());
    json.writeStringField("destination", finding.destination().orElse(null));
    json.writeStringField("verdict", finding.verdict().label());
    json.writeStringField("seen", finding.seen());
    json.writeStringField("mend", finding.mend().orElse(null));
    json.writeEndObject();
  }
}
