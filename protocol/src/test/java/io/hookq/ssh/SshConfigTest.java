package io.hookq.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hookq.docs.Operations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SshConfigTest {
  @TempDir private Path folder;
  private Path home = Path.of("/nowhere");
  private Path system = Path.of("/nowhere");

  @BeforeEach
  void makeFolders() throws IOException {
    home = Files.createDirectories(folder.resolve("home"));
    Files.createDirectories(home.resolve(".ssh"));
    system = Files.createDirectories(folder.resolve("etc"));
  }

  private Path write(Path file, String text) {
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
      return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void user(String text) {
    write(home.resolve(".ssh/config"), text);
  }

  private SshConfig config() {
    return new SshConfig(
        home, system.resolve("ssh_config"), Map.of("SOCKETS", "/run/agents"), "me");
  }

  private HostSettings host(String name) throws SshConfigException {
    return config().host(name, Optional.empty(), OptionalInt.empty());
  }

  private SshConfigException failure(String name) {
    return catchThrowableOfType(SshConfigException.class, () -> host(name));
  }

  @Test
  void no_files_say_nothing() throws SshConfigException {
    HostSettings nothing = host("server");
    assertThat(nothing.host()).isEqualTo("server");
    assertThat(nothing.user()).isEmpty();
    assertThat(nothing.port()).isEmpty();
    assertThat(nothing.identityFiles()).isEmpty();
    assertThat(nothing.userKnownHosts()).isEmpty();
    assertThat(nothing.jumps()).isEmpty();
    assertThat(nothing.hostKeys()).isEmpty();
  }

  @Test
  void the_first_value_wins_and_the_users_file_comes_before_the_systems() throws Exception {
    user(
        """
        Host server
          HostName server.example
          Port 2222
        Host *
          Port 22
          User somebody
        """);
    write(system.resolve("ssh_config"), "User nobody\nConnectTimeout 1m30s\n");
    HostSettings server = host("server");
    assertThat(server.host()).isEqualTo("server.example");
    assertThat(server.port()).hasValue(2222);
    assertThat(server.user()).hasValue("somebody");
    assertThat(server.connectTimeout()).hasValue(Duration.ofSeconds(90));
    assertThat(host("other").port()).hasValue(22);
  }

  @Test
  void every_keyword_that_is_acted_upon_is_read() throws Exception {
    user(
        """
        HOSTNAME=%h.lan
        user = "build er"
        IdentityFile ~/.ssh/%r@%n   # in the end a comment
        IdentityFile '/keys/%u/%p'
        IdentityFile ${SOCKETS}/id
        IdentitiesOnly yes
        CertificateFile %d/cert-%k
        IdentityAgent ~/agent.sock
        HostKeyAlias alias
        UserKnownHostsFile ~/a "/b c"
        GlobalKnownHostsFile none
        StrictHostKeyChecking off
        ServerAliveInterval 10
        ServerAliveCountMax 4
        Compression yes
        AddressFamily inet6
        ProxyJump one,joe@two:2200,ssh://three:3,[::1]:4
        """);
    assertThat(host("server"))
        .isEqualTo(
            new HostSettings(
                "server.lan",
                OptionalInt.empty(),
                Optional.of("build er"),
                Optional.of(
                    List.of(
                        home.resolve(".ssh/build er@server"),
                        Path.of("/keys/me/22"),
                        Path.of("/run/agents/id"))),
                true,
                List.of(home.resolve("cert-alias")),
                Optional.of(home.resolve("agent.sock")),
                false,
                Optional.of(List.of(home.resolve("a"), Path.of("/b c"))),
                Optional.of(List.of()),
                Optional.of(HostSettings.HostKeys.UNCHECKED),
                Optional.of("alias"),
                List.of(
                    new HostSettings.Jump("one", Optional.empty(), OptionalInt.empty()),
                    new HostSettings.Jump("two", Optional.of("joe"), OptionalInt.of(2200)),
                    new HostSettings.Jump("three", Optional.empty(), OptionalInt.of(3)),
                    new HostSettings.Jump("::1", Optional.empty(), OptionalInt.of(4))),
                true,
                Optional.of(Duration.ofSeconds(10)),
                4,
                Optional.empty(),
                Optional.of(true),
                SshEndpoint.Family.IPV6));
  }

  @Test
  void what_is_given_goes_before_what_the_files_say() throws Exception {
    user("User a\nPort 1\nIdentityFile /k/%r-%p\nMatch user b\nHostName matched\n");
    HostSettings settings = config().host("h", Optional.of("b"), OptionalInt.of(7));
    assertThat(settings.user()).hasValue("b");
    assertThat(settings.port()).hasValue(7);
    assertThat(settings.host()).isEqualTo("matched");
    assertThat(settings.identityFiles().orElseThrow()).containsExactly(Path.of("/k/b-7"));
  }

  @Test
  void included_files_are_relative_to_their_folder_sorted_and_follow_the_block_they_stand_in()
      throws Exception {
    user("Host server\nInclude conf.d/*.conf none\nHost *\nUser last\n");
    write(home.resolve(".ssh/conf.d/2.conf"), "User second\n");
    write(home.resolve(".ssh/conf.d/1.conf"), "Port 1\nHost nobody\nUser first\n");
    write(home.resolve(".ssh/conf.d/.hidden.conf"), "User hidden\n");
    assertThat(host("server").user()).hasValue("second");
    assertThat(host("server").port()).hasValue(1);
    assertThat(host("other").user()).hasValue("last");
    assertThat(host("other").port()).isEmpty();
    assertThat(host("nobody").user()).hasValue("last");
  }

  @Test
  void files_that_include_each_other_come_to_an_end() {
    user("Include config\n");
    assertThat(failure("server")).hasMessageContaining("include each other");
  }

  @ParameterizedTest
  @CsvSource({
    "ProxyCommand nc %h 22, ProxyCommand none",
    "CanonicalizeHostname yes, CanonicalizeHostname no",
    "PKCS11Provider /lib/p11.so, PKCS11Provider none",
    "RemoteCommand tmux, RemoteCommand none",
    "KnownHostsCommand /bin/true, KnownHostsCommand none",
    "RevokedHostKeys /etc/krl, RevokedHostKeys none",
    "PubkeyAuthentication no, PubkeyAuthentication yes"
  })
  void what_matters_and_is_not_supported_is_refused_where_it_applies(String bad, String fine)
      throws Exception {
    user("Host server\n  " + bad + "\nHost other\n  " + fine + "\nHost *\n  " + bad + "\n");
    assertThat(failure("server"))
        .hasMessageStartingWith(home.resolve(".ssh/config") + ":2: ")
        .hasMessageContaining(bad.split(" ", 2)[1])
        .hasMessageContaining("server");
    assertThat(failure("server").getMessage())
        .is(Operations.says("FILE:LINE: KEYWORD: \"…\" is not supported, and applies to HOST"));
    assertThat(failure("server").hint()).isPresent();
    assertThat(failure("third")).hasMessageContaining(":6: ");
    assertThat(host("other").host()).isEqualTo("other");
  }

  @Test
  void jumps_are_followed_and_circles_are_refused() throws Exception {
    user(
        """
        Host target
          ProxyJump b,joe@c:3
        Host b
          ProxyJump a
          HostName b.example
        Host c
          ProxyJump not-asked
        Host round
          ProxyJump about
        Host about
          ProxyJump round
        """);
    assertThat(config().way("target", Optional.empty(), OptionalInt.empty()))
        .extracting(HostSettings::host)
        .containsExactly("a", "b.example", "c", "target");
    assertThat(
            catchThrowableOfType(
                SshConfigException.class,
                () -> config().way("round", Optional.empty(), OptionalInt.empty())))
        .hasMessageContaining("round by way of about");
  }

  @Test
  void of_a_jump_and_a_command_the_first_counts() throws Exception {
    user("Host a\nProxyJump x\nHost b\nProxyCommand none\nHost *\nProxyCommand nc\nProxyJump y\n");
    assertThat(host("a").jumps()).hasSize(1);
    assertThat(host("b").jumps()).isEmpty();
    assertThat(failure("c")).hasMessageContaining("proxycommand");
  }

  @Test
  void a_match_block_that_cannot_be_judged_is_refused_only_where_nothing_rules_it_out()
      throws Exception {
    user("Match host db exec \"test -f /x\"\nUser x\nMatch all\nUser y\n");
    assertThat(host("server").user()).hasValue("y");
    assertThat(failure("db"))
        .hasMessageContaining(":1: match: ")
        .hasMessageContaining("exec")
        .hasMessageContaining("db");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Port",
        "Port =",
        "Port zero",
        "Port 70000",
        "User \"open",
        "User a b",
        "Prot 22",
        "ConnectTimeout soon",
        "StrictHostKeyChecking perhaps",
        "IdentityFile ~joe/key",
        "IdentityFile /k/%Z",
        "IdentityFile /k/%",
        "ProxyJump a,,b",
        "ProxyJump -oX",
        "IdentitiesOnly maybe",
        "Match host",
        "Match colour red",
        "AddressFamily ipx"
      })
  void a_line_that_makes_no_sense_is_named_with_file_and_line(String line) {
    user("# first\n\n" + line + "\n");
    assertThat(failure("server")).hasMessageStartingWith(home.resolve(".ssh/config") + ":3: ");
  }

  @Test
  void an_unknown_keyword_is_told_of() {
    user("Host server\n  Colour red\n");
    assertThat(failure("server").getMessage())
        .is(Operations.says("FILE:LINE: KEYWORD: unknown keyword"));
  }

  @Test
  void unknown_keywords_are_let_pass_where_they_are_said_to_be() throws Exception {
    user("IgnoreUnknown Fancy*,Other\nFancyThing yes\nother 1\nUseKeychain yes\nUser me\n");
    assertThat(host("server").user()).hasValue("me");
  }

  @Test
  void a_file_that_others_can_write_is_refused_but_a_read_only_one_is_not() throws Exception {
    user("User x\n");
    Path file = home.resolve(".ssh/config");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-r--"));
    assertThat(failure("server")).hasMessageContaining("written by others");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
    assertThat(host("server").user()).hasValue("x");
  }
}
