package io.hookq.daemon.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.peers.PeerProcess;
import io.hookq.peers.Peers;
import org.junit.jupiter.api.Test;

final class PrometheusTextTest {
  @Test
  void each_sample_stands_below_its_help_and_type() {
    assertThat(PrometheusText.of(Reports.busy()))
        .contains(
            """
            # HELP hookq_jobs Jobs by destination and state.
            # TYPE hookq_jobs gauge
            hookq_jobs{destination="server",state="queued"} 3
            """,
            """
            # TYPE hookq_nar_sent_bytes_total counter
            hookq_nar_sent_bytes_total{destination="server"} 40909000000
            """,
            "hookq_skipped_jobs 4\n",
            "hookq_build_info{version=\"0.1.0\"} 1\n",
            "hookq_destination_state{destination=\"office\",state=\"waiting\"} 1\n",
            "hookq_destination_state{destination=\"office\",state=\"idle\"} 0\n",
            "hookq_retry_timestamp_seconds{destination=\"office\"} 1795262495.000\n");
  }

  @Test
  void what_is_not_known_has_no_sample() {
    assertThat(PrometheusText.of(Reports.fresh()))
        .doesNotContain("\nhookq_last_hook_timestamp_seconds")
        .doesNotContain("\nhookq_last_success_timestamp_seconds");
  }

  @Test
  void promtool_has_nothing_to_say_against_it() {
    var promtool = Peers.require("promtool");
    for (var report : new StatusReport[] {Reports.busy(), Reports.fresh()}) {
      var builder = new ProcessBuilder(promtool.toString(), "check", "metrics");
      var checked = PeerProcess.run(builder, PrometheusText.of(report));
      assertThat(checked.exitStatus()).as(checked.toString()).isZero();
      assertThat(checked.stdout() + checked.stderr()).isEmpty();
    }
  }
}
