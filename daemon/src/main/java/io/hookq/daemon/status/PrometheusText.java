package io.hookq.daemon.status;

import io.hookq.daemon.transport.DestinationSnapshot;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * {@link StatusReport} in Prometheus' text format, version 0.0.4.
 *
 * <p>Names and units by its conventions: base units, counters end in {@code _total}, times are Unix
 * seconds. A time that is not known leaves its sample out. Stateless.
 */
public final class PrometheusText {
  private static final List<String> STATES =
      List.of("idle", "connecting", "uploading", "waiting", "paused");

  private final StringBuilder text = new StringBuilder();
  private final StatusReport report;

  private PrometheusText(StatusReport report) {
    this.report = report;
  }

  /** The whole exposition, every line ended. */
  public static String of(StatusReport report) {
    var metrics = new PrometheusText(report);
    metrics.writeDaemon();
    metrics.writeJobs();
    metrics.writeSkipped();
    metrics.writeDestinations();
    return metrics.text.toString();
  }

  private void writeDaemon() {
    gauge("hookq_build_info", "The daemon that answers; always 1.");
    sample("hookq_build_info", label("version", report.version()), 1);
    gauge("hookq_start_time_seconds", "When the daemon started.");
    sample("hookq_start_time_seconds", "", seconds(report.startedAt()));
    gauge("hookq_last_hook_timestamp_seconds", "When the hook last brought something.");
    report
        .lastHookAt()
        .ifPresent(at -> sample("hookq_last_hook_timestamp_seconds", "", seconds(at)));
    gauge("hookq_spooled_files", "Files of the hook that are not taken in yet.");
    sample("hookq_spooled_files", "", report.queue().spooled());
    gauge(
        "hookq_oldest_queued_timestamp_seconds",
        "When the job that waits longest was asked for; absent where none waits.");
    report
        .queue()
        .oldestQueuedAt()
        .ifPresent(at -> sample("hookq_oldest_queued_timestamp_seconds", "", seconds(at)));
  }

  private void writeJobs() {
    gauge("hookq_jobs", "Jobs by destination and state.");
    for (var destination : report.destinations()) {
      job(destination, "queued", destination.queued());
      job(destination, "uploading", destination.uploading());
      job(destination, "done", destination.done());
      job(destination, "failed", destination.failed());
      job(destination, "gone", destination.gone());
    }
  }

  private void writeSkipped() {
    gauge("hookq_skipped_jobs", "Jobs that a filter leaves out, of all destinations.");
    sample("hookq_skipped_jobs", "", report.queue().skipped());
  }

  private void job(DestinationSnapshot destination, String state, long jobs) {
    sample("hookq_jobs", name(destination) + "," + label("state", state), jobs);
  }

  private void writeDestinations() {
    gauge("hookq_destination_state", "1 for the state that a destination is in, 0 for others.");
    for (var destination : report.destinations()) {
      for (var state : STATES) {
        sample(
            "hookq_destination_state",
            name(destination) + "," + label("state", state),
            destination.state().equals(state) ? 1 : 0);
      }
    }
    each(
        "gauge",
        "hookq_batch_bytes",
        "NAR bytes of the batch in hand.",
        DestinationSnapshot::bytesPlanned);
    each(
        "gauge",
        "hookq_batch_sent_bytes",
        "NAR bytes of the batch in hand that are sent.",
        DestinationSnapshot::bytesSent);
    each(
        "counter",
        "hookq_paths_sent_total",
        "Store paths that the destination has taken since the daemon's start.",
        DestinationSnapshot::pathsSentTotal);
    each(
        "counter",
        "hookq_nar_sent_bytes_total",
        "NAR bytes of those paths.",
        DestinationSnapshot::narBytesSentTotal);
    each(
        "counter",
        "hookq_wire_sent_bytes_total",
        "Bytes that went out for them, after compression.",
        DestinationSnapshot::wireBytesSentTotal);
    eachTime(
        "hookq_last_success_timestamp_seconds",
        "When a job was last done.",
        DestinationSnapshot::lastSuccessAt);
    eachTime(
        "hookq_last_error_timestamp_seconds",
        "When the last trouble was; absent while there is none.",
        DestinationSnapshot::lastErrorAt);
    eachTime(
        "hookq_retry_timestamp_seconds",
        "When a waiting destination is tried again.",
        DestinationSnapshot::retryAt);
  }

  private void each(
      String type, String metric, String help, Function<DestinationSnapshot, Long> value) {
    head(metric, type, help);
    for (var destination : report.destinations()) {
      sample(metric, name(destination), value.apply(destination));
    }
  }

  private void eachTime(
      String metric, String help, Function<DestinationSnapshot, Optional<Instant>> time) {
    gauge(metric, help);
    for (var destination : report.destinations()) {
      time.apply(destination).ifPresent(at -> sample(metric, name(destination), seconds(at)));
    }
  }

  private void gauge(String metric, String help) {
    head(metric, "gauge", help);
  }

  private void head(String metric, String type, String help) {
    text.append("# HELP ").append(metric).append(' ').append(help).append('\n');
    text.append("# TYPE ").append(metric).append(' ').append(type).append('\n');
  }

  private void sample(String metric, String labels, long value) {
    sample(metric, labels, Long.toString(value));
  }

  private void sample(String metric, String labels, String value) {
    text.append(metric);
    if (!labels.isEmpty()) {
      text.append('{').append(labels).append('}');
    }
    text.append(' ').append(value).append('\n');
  }

  private static String seconds(Instant time) {
    return String.format(Locale.ROOT, "%d.%03d", time.getEpochSecond(), time.getNano() / 1_000_000);
  }

  private static String name(DestinationSnapshot destination) {
    return label("destination", destination.name());
  }

  private static String label(String name, String value) {
    var escaped = value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    return name + "=\"" + escaped + '"';
  }
}
