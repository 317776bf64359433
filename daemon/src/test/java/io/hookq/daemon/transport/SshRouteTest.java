package io.hookq.daemon.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.hookq.daemon.config.Config;
import io.hookq.daemon.config.Surroundings;
import io.hookq.ssh.GeneratedKey;
import io.hookq.ssh.HostKeyPolicy;
import io.hookq.ssh.SshConfig;
import io.hookq.ssh.SshConfigException;
import io.hookq.ssh.SshEndpoint;
import io.hookq.ssh.SshIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whose word counts: the destination's own table and URI, OpenSSH's files, our defaults. */
final class SshRouteTest {
  @TempDir private Path home;

  private SshEndpoint endpoint(String uri, String... lines) throws Exception {
    var text = "[destinations.server]\nuri = \"%s\"\n%s\n".formatted(uri, String.join("\n", lines));
    var config = Config.parse(text, "test.toml", new Surroundings(Map.of(), home, false));
    var openSsh = new SshConfig(home, home.resolve("no-such-file"), Map.of(), "me");
    return new SshRoute(
            Objects.requireNonNull(config.destinations().get("server")),
            openSsh,
            home.resolve("learnt"))
        .endpoint();
  }

  private void openSsh(String text) throws IOException {
    Files.createDirectories(home.resolve(".ssh"));
    Files.writeString(home.resolve(".ssh/config"), text);
  }

  /** Everything that both sides have a word in. */
  private void openSshSaysItAll() throws IOException {
    openSsh(
        """
        Host cache
          HostName 192.0.2.7
          Port 2200
          User keeper
          IdentityFile ~/theirs
          IdentitiesOnly yes
          UserKnownHostsFile ~/their-hosts
          GlobalKnownHostsFile none
          StrictHostKeyChecking accept-new
          ConnectTimeout 7
          ServerAliveInterval 5
          ServerAliveCountMax 4
          Compression yes
          AddressFamily inet
          HostKeyAlias cache-key
        """);
  }

  @Test
  void what_only_openssh_says_is_followed() throws Exception {
    openSshSaysItAll();
    var endpoint = endpoint("ssh://cache", "compression = \"auto\"");
    assertThat(endpoint.toString()).isEqualTo("keeper@192.0.2.7:2200");
    assertThat(endpoint.identities())
        .containsExactly(new SshIdentity.KeyFile(home.resolve("theirs"), true, true));
    assertThat(endpoint.hostKeys())
        .isInstanceOfSatisfying(
            HostKeyPolicy.AcceptNew.class,
            policy -> {
              assertThat(policy.knownHosts()).containsExactly(home.resolve("their-hosts"));
              assertThat(policy.appendTo()).isEqualTo(home.resolve("learnt"));
            });
    assertThat(endpoint.connectTimeout()).isEqualTo(Duration.ofSeconds(7));
    assertThat(endpoint.stallTimeout()).isEqualTo(Duration.ofSeconds(20));
    assertThat(endpoint.zlib()).isTrue();
    assertThat(endpoint.family()).isEqualTo(SshEndpoint.Family.IPV4);
    assertThat(endpoint.hostKeyAlias()).contains("cache-key");
    assertThat(endpoint.via()).isEmpty();
  }

  @Test
  void what_the_uri_and_the_table_state_goes_before_what_openssh_says() throws Exception {
    openSshSaysItAll();
    var endpoint =
        endpoint(
            "ssh://me2@cache:2222",
            "ssh-key = \"%s\"".formatted(home.resolve("ours")),
            "known-hosts = [\"%s\"]".formatted(home.resolve("our-hosts")),
            "host-key-checking = \"strict\"",
            "connect-timeout = \"3s\"",
            "stall-timeout = \"4s\"",
            "compression = \"none\"");
    assertThat(endpoint.toString()).isEqualTo("me2@192.0.2.7:2222");
    assertThat(endpoint.identities()).containsExactly(SshIdentity.keyFile(home.resolve("ours")));
    assertThat(endpoint.hostKeys())
        .isEqualTo(
            new HostKeyPolicy.Strict(List.of(home.resolve("our-hosts"), home.resolve("learnt"))));
    assertThat(endpoint.connectTimeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(endpoint.stallTimeout()).isEqualTo(Duration.ofSeconds(4));
    assertThat(endpoint.zlib()).isFalse();
  }

  @Test
  void a_pinned_host_key_is_the_targets_alone_and_so_is_the_key_to_log_in_with() throws Exception {
    openSsh(
        """
        Host cache
          ProxyJump second@middle:2201
          UserKnownHostsFile ~/their-hosts
        Host middle
          HostName 192.0.2.8
          ProxyJump first
          IdentityFile ~/middle-key
        """);
    var pinned = GeneratedKey.ed25519().publicLine();
    var endpoint =
        endpoint(
            "ssh://me2@cache",
            "ssh-key = \"%s\"".formatted(home.resolve("ours")),
            "host-key = \"%s\"".formatted(pinned));
    assertThat(endpoint.hostKeys()).isEqualTo(HostKeyPolicy.pinned(pinned));
    assertThat(endpoint.identities()).containsExactly(SshIdentity.keyFile(home.resolve("ours")));
    var middle = endpoint.via().orElseThrow();
    assertThat(middle.toString()).isEqualTo("second@192.0.2.8:2201");
    assertThat(middle.hostKeys()).isInstanceOf(HostKeyPolicy.Strict.class);
    assertThat(middle.identities())
        .containsExactly(new SshIdentity.KeyFile(home.resolve("middle-key"), true, true));
    var first = middle.via().orElseThrow();
    assertThat(first.toString()).isEqualTo("me@first:22");
    assertThat(first.identities()).isEqualTo(SshIdentity.defaults(home));
    assertThat(first.via()).isEmpty();
  }

  @Test
  void with_ssh_config_off_its_files_are_not_even_read() throws Exception {
    openSsh("Host *\n  HostName 192.0.2.9\n  Port many\n");
    assertThatExceptionOfType(SshConfigException.class)
        .isThrownBy(() -> endpoint("ssh://cache"))
        .withMessageContaining("config");
    var endpoint = endpoint("ssh://cache", "ssh-config = false");
    assertThat(endpoint.toString()).isEqualTo("me@cache:22");
    assertThat(endpoint.identities()).isEqualTo(SshIdentity.defaults(home));
    assertThat(endpoint.via()).isEmpty();
  }

  @Test
  void files_are_read_anew_each_time() throws Exception {
    openSsh("Host cache\n  HostName 192.0.2.1\n");
    assertThat(endpoint("ssh://cache").host()).isEqualTo("192.0.2.1");
    openSsh("Host cache\n  HostName 192.0.2.2\n");
    assertThat(endpoint("ssh://cache").host()).isEqualTo("192.0.2.2");
  }
}
