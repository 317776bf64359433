package io.hookq.daemon.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SurroundingsTest {
  @TempDir Path home;

  @Test
  void linux_keeps_to_the_system_folders() {
    var linux = new Surroundings(Map.of(), home, false);

    assertThat(linux.configFile()).isEqualTo(Path.of("/etc/hookq/hookq.toml"));
    assertThat(linux.defaultSocket()).isEqualTo(Path.of("/run/hookq/hookq.sock"));
    assertThat(linux.defaultStateDir()).isEqualTo(Path.of("/var/lib/hookq"));
  }

  @Test
  void a_mac_has_no_run_folder() {
    var mac = new Surroundings(Map.of(), home, true);

    assertThat(mac.configFile()).isEqualTo(Path.of("/etc/hookq/hookq.toml"));
    assertThat(mac.defaultSocket()).isEqualTo(Path.of("/var/lib/hookq/hookq.sock"));
  }

  @Test
  void a_mac_user_with_a_config_of_their_own_is_an_agent() throws Exception {
    var config = home.resolve(".config/hookq/hookq.toml");
    Files.createDirectories(config.getParent());
    Files.createFile(config);
    var mac = new Surroundings(Map.of(), home, true);

    assertThat(mac.configFile()).isEqualTo(config);
    assertThat(mac.defaultStateDir()).isEqualTo(home.resolve("Library/Application Support/hookq"));
    assertThat(mac.defaultSocket()).isEqualTo(mac.defaultStateDir().resolve("hookq.sock"));
  }

  @Test
  void variables_go_before_everything_and_empty_ones_count_as_unset() {
    var set =
        new Surroundings(
            Map.of("HOOKQ_CONFIG", "/c", "HOOKQ_SOCKET", "/s", "HOOKQ_SPOOL", ""), home, false);

    assertThat(set.configFile()).isEqualTo(Path.of("/c"));
    assertThat(set.socket()).contains(Path.of("/s"));
    assertThat(set.spool()).isEmpty();
    assertThat(set.gcRoots()).isEmpty();
  }
}
