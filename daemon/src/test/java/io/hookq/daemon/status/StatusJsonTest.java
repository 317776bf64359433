package io.hookq.daemon.status;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatusJsonTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void the_document_is_the_golden_one() throws IOException {
    var document = StatusJson.write(Reports.busy());
    assertThat(document).doesNotContain("\n");
    try (var golden = requireNonNull(StatusJsonTest.class.getResourceAsStream("status.json"))) {
      assertThat(JSON.readTree(document).toPrettyString())
          .isEqualTo(JSON.readTree(golden).toPrettyString());
    }
  }

  @Test
  void what_is_written_reads_back_the_same() throws IOException {
    for (var report : List.of(Reports.busy(), Reports.fresh())) {
      assertThat(StatusJson.read(StatusJson.write(report))).isEqualTo(report);
    }
  }

  @Test
  void the_contract_names_every_field_in_its_order() throws IOException {
    var status = JSON.readTree(StatusJson.write(Reports.busy()));
    var destination = status.get("destinations").get(0);
    var written = new ArrayList<String>();
    add(written, "", status);
    add(written, "queue.", status.get("queue"));
    add(written, "destinations[].", destination);
    add(written, "destinations[].current[].", destination.get("current").get(0));
    assertThat(Contract.fieldsOf("status")).containsExactlyElementsOf(written);
  }

  private static void add(List<String> names, String prefix, JsonNode object) {
    object.fieldNames().forEachRemaining(name -> names.add(prefix + name));
  }

  @Test
  void fields_of_a_newer_daemon_are_passed_over() throws IOException {
    var newer =
        StatusJson.write(Reports.fresh())
            .replaceFirst("\\{", "{\"new\": {\"deep\": [1, [2, {}]]}, \"list\": [null, 1.5], ");
    assertThat(StatusJson.read(newer)).isEqualTo(Reports.fresh());
  }

  @Test
  void fields_that_an_older_daemon_lacks_read_as_nothing() throws IOException {
    var report = StatusJson.read("{\"version\": \"0.0.1\", \"destinations\": [{\"name\": \"a\"}]}");
    assertThat(report.version()).isEqualTo("0.0.1");
    assertThat(report.lastHookAt()).isEmpty();
    assertThat(report.destinations().getFirst().etaSeconds()).isEmpty();
    assertThat(new StatusScreen(ScreenStyle.pipe(true)).render(report, Reports.NOW)).contains("a");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "nonsense", "{\"version\": ", "{\"startedAt\": \"soon\"}"})
  void what_is_no_document_is_refused(String text) {
    assertThatThrownBy(() -> StatusJson.read(text)).isInstanceOf(IOException.class);
  }
}
