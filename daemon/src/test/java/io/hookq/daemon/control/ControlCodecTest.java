package io.hookq.daemon.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.hookq.daemon.intake.RefusalClass;
import io.hookq.store.StoreDir;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ControlCodecTest {
  private static final String A = "/nix/store/00000000000000000000000000000000-a";
  private static final String JOB =
      "{\"id\":7,\"path\":\""
          + A
          + "\",\"destination\":\"server\",\"state\":\"failed\",\"attempts\":5,"
          + "\"notBefore\":null,\"reason\":\"he said \\\"no\\\"\","
          + "\"enqueuedAt\":\"2026-01-31T12:00:00Z\",\"updatedAt\":\"2026-01-31T12:00:00.250Z\",\"orphaned\":true}";

  private static final String LIFE =
      "\"path\":\""
          + A
          + "\",\"valid\":true,\"origin\":{\"registeredAt\":\"2026-01-31T11:00:00Z\","
          + "\"ultimate\":true,\"deriver\":\""
          + A
          + ".drv\",\"signedBy\":[\"key-1\"],\"contentAddressed\":false},\"lastHookAt\":null,"
          + "\"jobs\":["
          + JOB.substring(0, JOB.length() - 1)
          + ",\"derivation\":null,\"source\":\"push\","
          + "\"history\":[{\"at\":\"2026-01-31T12:00:00Z\",\"event\":\"enqueued\","
          + "\"state\":\"queued\",\"attempts\":0,\"reason\":null}],"
          + "\"waits\":[{\"kind\":\"trouble\",\"from\":\"2026-01-31T12:00:00Z\","
          + "\"to\":null,\"reason\":\"down\"}]}]";

  static Stream<Arguments> requests() {
    return Stream.of(
        arguments(
            new EnqueueRequest(
                List.of(A), Optional.of("/nix/store/x.drv"), "hook", Optional.empty()),
            "{\"op\":\"enqueue\",\"drv\":\"/nix/store/x.drv\",\"paths\":[\""
                + A
                + "\"],\"source\":\"hook\"}"),
        arguments(
            new EnqueueRequest(List.of(), Optional.empty(), "push", Optional.of("server")),
            "{\"op\":\"enqueue\",\"paths\":[],\"source\":\"push\",\"to\":\"server\"}"),
        arguments(new StatusRequest(), "{\"op\":\"status\"}"),
        arguments(new KickRequest(Optional.empty()), "{\"op\":\"kick\"}"),
        arguments(new KickRequest(Optional.of("server")), "{\"op\":\"kick\",\"to\":\"server\"}"),
        arguments(new ListRequest(Optional.empty(), Optional.empty()), "{\"op\":\"list\"}"),
        arguments(
            new ListRequest(Optional.of("failed"), Optional.of("server")),
            "{\"op\":\"list\",\"state\":\"failed\",\"to\":\"server\"}"),
        arguments(
            new WaitRequest(List.of(), Optional.empty(), Optional.empty(), Optional.empty()),
            "{\"op\":\"wait\"}"),
        arguments(
            new WaitRequest(
                List.of(A),
                Optional.of("server"),
                Optional.of(Instant.parse("2026-01-31T12:00:00Z")),
                Optional.of(Duration.ofMinutes(10))),
            "{\"op\":\"wait\",\"paths\":[\""
                + A
                + "\"],\"to\":\"server\","
                + "\"since\":\"2026-01-31T12:00:00Z\",\"timeoutMs\":600000}"),
        arguments(
            new RetryRequest(List.of(), Optional.of("server")),
            "{\"op\":\"retry\",\"to\":\"server\"}"),
        arguments(
            new DropRequest(List.of(A), Optional.empty()),
            "{\"op\":\"drop\",\"paths\":[\"" + A + "\"]}"),
        arguments(new PauseRequest(Optional.empty()), "{\"op\":\"pause\"}"),
        arguments(
            new ResumeRequest(Optional.of("server")), "{\"op\":\"resume\",\"to\":\"server\"}"),
        arguments(new WhyRequest("0000"), "{\"op\":\"why\",\"path\":\"0000\"}"),
        arguments(
            new CheckRequest(List.of(A), true, Optional.empty()),
            "{\"op\":\"check\",\"paths\":[\"" + A + "\"],\"closure\":true}"),
        arguments(
            new ReconcileRequest(Optional.empty(), true, true),
            "{\"op\":\"reconcile\",\"remoteBuilt\":true,\"dryRun\":true}"),
        arguments(new VersionRequest(), "{\"op\":\"version\"}"));
  }

  @ParameterizedTest
  @MethodSource("requests")
  void a_request_is_one_line_both_ways(ControlRequest<?> request, String line) throws Exception {
    var out = new ByteArrayOutputStream();
    ControlCodec.writeRequest(out, request);

    assertThat(out).hasToString(line + "\n");
    assertThat(ControlCodec.decodeRequest(bytes(line))).isEqualTo(request);
  }

  static Stream<Arguments> replies() {
    var nothing = new EnqueueRequest(List.of(), Optional.empty(), "hook", Optional.empty());
    var list = new ListRequest(Optional.empty(), Optional.empty());
    var wait = new WaitRequest(List.of(), Optional.empty(), Optional.empty(), Optional.empty());
    return Stream.of(
        arguments(
            nothing, new EnqueueRequest.Reply(List.of(), 2, false), "{\"ok\":true,\"jobs\":2}"),
        arguments(
            nothing,
            new EnqueueRequest.Reply(List.of(A), 2, true),
            "{\"ok\":true,\"jobs\":2,\"unchecked\":true,\"outputs\":[\"" + A + "\"]}"),
        arguments(
            new StatusRequest(),
            new StatusRequest.Reply("{\"a\":null,\"b\":[1,2.5]}"),
            "{\"ok\":true,\"status\":{\"a\":null,\"b\":[1,2.5]}}"),
        arguments(
            new KickRequest(Optional.empty()),
            new KickRequest.Reply(2, List.of("other")),
            "{\"ok\":true,\"destinations\":2,\"paused\":[\"other\"]}"),
        arguments(
            list,
            new ListRequest.Reply(List.of(ScriptedHandler.JOB)),
            "{\"ok\":true,\"jobs\":[" + JOB + "]}"),
        arguments(
            wait,
            new WaitRequest.Reply(false, List.of(ScriptedHandler.JOB)),
            "{\"ok\":true,\"timedOut\":false,\"failed\":[" + JOB + "]}"),
        arguments(
            new RetryRequest(List.of(), Optional.empty()),
            new JobCount(3),
            "{\"ok\":true,\"jobs\":3}"),
        arguments(
            new DropRequest(List.of(), Optional.empty()),
            new JobCount(3),
            "{\"ok\":true,\"jobs\":3}"),
        arguments(
            new PauseRequest(Optional.empty()),
            new DestinationCount(2),
            "{\"ok\":true,\"destinations\":2}"),
        arguments(
            new ResumeRequest(Optional.empty()),
            new DestinationCount(2),
            "{\"ok\":true,\"destinations\":2}"),
        arguments(new WhyRequest(A), ScriptedHandler.LIFE, "{\"ok\":true," + LIFE + "}"),
        arguments(
            new CheckRequest(List.of(A), false, Optional.empty()),
            new CheckRequest.Reply(
                List.of(
                    new CheckRequest.Answer("server", 2, List.of(A), Optional.empty()),
                    new CheckRequest.Answer("moon", 2, List.of(), Optional.of("far")))),
            "{\"ok\":true,\"destinations\":[{\"name\":\"server\",\"asked\":2,\"missing\":[\""
                + A
                + "\"],\"error\":null},"
                + "{\"name\":\"moon\",\"asked\":2,\"missing\":[],\"error\":\"far\"}]}"),
        arguments(
            new ReconcileRequest(Optional.empty(), false, true),
            new ReconcileRequest.Reply(
                50,
                List.of(
                    new ReconcileRequest.Answer(
                        "server",
                        4,
                        1,
                        1,
                        120,
                        0,
                        List.of(new ReconcileRequest.Missing(A, 120)),
                        Optional.empty()))),
            "{\"ok\":true,\"valid\":50,\"destinations\":[{\"name\":\"server\",\"built\":4,"
                + "\"filtered\":1,\"missing\":1,\"missingBytes\":120,\"queued\":0,"
                + "\"paths\":[{\"path\":\""
                + A
                + "\",\"narSize\":120}],\"error\":null}]}"),
        arguments(
            new VersionRequest(),
            new VersionRequest.Reply("0.1.0", 4711, StoreDir.DEFAULT),
            "{\"ok\":true,\"version\":\"0.1.0\",\"pid\":4711,\"storeDir\":\"/nix/store\"}"));
  }

  @ParameterizedTest
  @MethodSource("replies")
  void a_reply_is_read_whatever_else_it_holds(ControlRequest<?> request, Object reply, String line)
      throws Exception {
    assertThat(ControlCodec.readReply(stream(line), request)).isEqualTo(reply);
    assertThat(
            ControlCodec.readReply(
                stream("  " + line.replaceFirst("\\{", "{\"later\":[0],")), request))
        .isEqualTo(reply);
  }

  @Test
  void the_documents_of_why_check_and_reconcile_are_written_as_they_are_read() throws Exception {
    for (var reply : replies().map(Arguments::get).toList()) {
      ControlCodec.Fields fields =
          switch (reply[1]) {
            case WhyRequest.Reply why -> why::encode;
            case CheckRequest.Reply check -> check::encode;
            case ReconcileRequest.Reply reconcile -> reconcile::encode;
            default -> _ -> {};
          };
      if (!(reply[0] instanceof WhyRequest
          || reply[0] instanceof CheckRequest
          || reply[0] instanceof ReconcileRequest)) {
        continue;
      }
      var out = new ByteArrayOutputStream();
      ControlCodec.writeReply(out, fields);
      assertThat(out).hasToString(reply[2] + "\n");
    }
  }

  @Test
  void a_list_goes_on_as_it_came_or_not_at_all() throws Exception {
    var jobs = "[" + JOB + "," + JOB + "]";
    var line = "{\"later\":{\"jobs\":[0]},\"ok\":true,\"jobs\":" + jobs + ",\"end\":1}\n";

    assertThat(StandardCharsets.UTF_8.decode(ControlCodec.readList(stream(line))).toString())
        .isEqualTo(jobs);
    assertThatExceptionOfType(ControlRefusedException.class)
        .isThrownBy(() ->
            ControlCodec.readList(stream("{\"ok\":false,\"error\":\"no\",\"class\":\"retry\"}\n")))
        .withMessage("no");
    assertThatExceptionOfType(EOFException.class)
        .isThrownBy(() -> ControlCodec.readList(stream("")));
    for (var length = 1; length < line.indexOf(jobs) + jobs.length(); length++) {
      var cut = line.substring(0, length);
      assertThatIOException()
          .isThrownBy(() -> ControlCodec.readList(stream(cut)))
          .withMessageStartingWith("the daemon's answer is not understood: ");
    }
  }

  @Test
  void a_job_without_one_of_its_fields_or_with_another_type_is_not_understood() {
    for (var field : List.of("id", "path", "destination", "state", "attempts", "updatedAt")) {
      var list = new ListRequest(Optional.empty(), Optional.empty());
      var other = "{\"ok\":true,\"jobs\":[" + JOB.replace("\"" + field + "\":", "\"x\":") + "]}";
      assertThatIOException()
          .isThrownBy(() -> ControlCodec.readReply(stream(other), list))
          .withMessageContaining("\"" + field + "\" is missing");
      var typed = other.replace("\"x\":", "\"" + field + "\":{\"a\":1},\"x\":");
      assertThatIOException()
          .isThrownBy(() -> ControlCodec.readReply(stream(typed), list))
          .withMessageContaining("\"" + field + "\" is not a");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00.250Z",
        "2024-02-29T23:59:59.001Z",
        "1969-12-31T23:59:59.999Z",
        "2026-01-31T12:00:00.000001Z"
      })
  void a_time_is_read_as_it_was_written(String time) throws Exception {
    var list = new ListRequest(Optional.empty(), Optional.empty());
    var line =
        "{\"ok\":true,\"jobs\":["
            + JOB.replaceFirst("At\":\"[^\"]*\"", "At\":\"" + time + "\"")
            + "]}";
    assertThat(ControlCodec.readReply(stream(line), list).jobs().getFirst().enqueuedAt())
        .isEqualTo(Instant.parse(time));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "now", "2026-02-30T12:00:00Z", "2026-01-31T25:00:00Z", "2026-01-31Tab:00:00Z"})
  void what_is_no_time_is_not_understood(String text) {
    var list = new ListRequest(Optional.empty(), Optional.empty());
    var line =
        "{\"ok\":true,\"jobs\":["
            + JOB.replaceFirst("At\":\"[^\"]*\"", "At\":\"" + text + "\"")
            + "]}";
    assertThatIOException()
        .isThrownBy(() -> ControlCodec.readReply(stream(line), list))
        .withMessageContaining("\"enqueuedAt\" is not a time");
  }

  @Test
  void a_refusal_says_why_and_of_which_kind() throws Exception {
    var out = new ByteArrayOutputStream();
    ControlCodec.writeRefusal(out, RefusalClass.BAD_REQUEST, "not a \"path\"");

    assertThat(out)
        .hasToString("{\"ok\":false,\"error\":\"not a \\\"path\\\"\",\"class\":\"bad-request\"}\n");
    assertThatExceptionOfType(ControlRefusedException.class)
        .isThrownBy(() ->
            ControlCodec.readReply(
                stream(out.toString(StandardCharsets.UTF_8)), new StatusRequest()))
        .withMessage("not a \"path\"")
        .satisfies(e -> assertThat(e.refusalClass()).isEqualTo("bad-request"));
  }

  @Test
  void unknown_fields_are_ignored_and_null_counts_as_absent() {
    var line = "{\"op\":\"enqueue\",\"x\":{\"y\":[1]},\"drv\":null,\"paths\":[\"" + A + "\"]}";

    assertThat(ControlCodec.decodeRequest(bytes(line)))
        .isEqualTo(new EnqueueRequest(List.of(A), Optional.empty(), "push", Optional.empty()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"roots", "spool", "Hook", ""})
  void only_the_hook_is_believed_like_the_hook(String source) {
    var line = "{\"op\":\"enqueue\",\"paths\":[\"" + A + "\"],\"source\":\"" + source + "\"}";

    assertThat(ControlCodec.decodeRequest(bytes(line)))
        .isEqualTo(new EnqueueRequest(List.of(A), Optional.empty(), "push", Optional.empty()));
  }

  static Stream<Arguments> nonsense() {
    return Stream.of(
        arguments("", "not JSON: an empty line"),
        arguments("hello", "not JSON: "),
        arguments("{\"op\":\"status\"", "not JSON: "),
        arguments("{\"op\":\"status\"} {}", "not one JSON object: something follows it"),
        arguments("[\"op\"]", "not a JSON object"),
        arguments("{}", "\"op\" is missing"),
        arguments("{\"op\":5}", "\"op\" is not a string"),
        arguments("{\"op\":\"reboot\"}", "unknown op \"reboot\""),
        arguments("{\"op\":\"status\",\"op\":\"list\"}", "not JSON: Duplicate field 'op'"),
        arguments("{\"op\":\"enqueue\",\"paths\":\"x\"}", "\"paths\" is not an array of strings"),
        arguments("{\"op\":\"enqueue\",\"paths\":[1]}", "\"paths\" is not an array of strings"),
        arguments("{\"op\":\"enqueue\",\"paths\":[null]}", "\"paths\" is not an array of strings"),
        arguments("{\"op\":\"drop\",\"paths\":[]}", "\"paths\" is empty; absent it means all"),
        arguments("{\"op\":\"retry\",\"paths\":[]}", "\"paths\" is empty; absent it means all"),
        arguments("{\"op\":\"enqueue\",\"drv\":[]}", "\"drv\" is not a string"),
        arguments("{\"op\":\"wait\",\"timeoutMs\":1.5}", "\"timeoutMs\" is not a whole number"),
        arguments("{\"op\":\"wait\",\"timeoutMs\":-1}", "\"timeoutMs\" is negative"),
        arguments("{\"op\":\"wait\",\"timeoutMs\":1e400}", "\"timeoutMs\" is not a whole number"),
        arguments(
            "{\"op\":\"wait\",\"since\":\"now\"}",
            "\"since\" is not a time such as 2026-01-31T12:00:00Z"),
        arguments("{\"op\":" + "[".repeat(100_000), "not JSON: "));
  }

  @ParameterizedTest
  @MethodSource("nonsense")
  void nonsense_is_refused_with_a_reason(String line, String reason) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ControlCodec.decodeRequest(bytes(line)))
        .satisfies(e -> assertThat(e.getMessage()).startsWith(reason));
  }

  @Test
  void bytes_that_are_not_utf_8_are_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ControlCodec.decodeRequest(new byte[] {'{', '"', (byte) 0xff, '"', '}'}))
        .withMessage("not UTF-8");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hello",
        "{\"ok\":true}",
        "{\"ok\":1}",
        "{\"ok\":true,\"jobs\":\"x\"}",
        "{\"ok\":true"
      })
  void an_answer_that_is_none_is_said_to_be_none(String line) {
    var request = new EnqueueRequest(List.of(), Optional.empty(), "hook", Optional.empty());

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> ControlCodec.readReply(stream(line), request))
        .withMessageStartingWith("the daemon's answer is not understood: ");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static InputStream stream(String text) {
    return new ByteArrayInputStream(bytes(text));
  }
}
