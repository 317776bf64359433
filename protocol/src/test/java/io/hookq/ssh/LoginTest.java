package io.hookq.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hookq.docs.Operations;
import io.hookq.peers.AgentPeer;
import io.hookq.peers.PeerProcess;
import io.hookq.peers.Peers;
import io.hookq.peers.SshdPeer;
import io.hookq.peers.TempFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Agents, certificates and authorities, against a real OpenSSH server and a real ssh-agent. */
@Timeout(120)
class LoginTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final TempFolder FOLDER = TempFolder.create();
  private static final SshConnector CONNECTOR = new SshConnector();
  private static final SshdPeer SSHD = SshdPeer.in(FOLDER.resolve("sshd"));
  private static final Path USER_AUTHORITY = SSHD.newKey("user_ca", "ed25519", "");
  private static final Path HOST_AUTHORITY = SSHD.newKey("host_ca", "ecdsa", "");
  private static int made;

  @BeforeAll
  static void start() {
    sign(HOST_AUTHORITY, FOLDER.resolve("sshd/host_ed25519"), "-h", "-n", "127.0.0.1,fort.example");
    SSHD.option("TrustedUserCAKeys", USER_AUTHORITY + ".pub")
        .option("HostCertificate", FOLDER.resolve("sshd/host_ed25519-cert.pub").toString())
        .start();
  }

  @AfterAll
  static void stop() {
    CONNECTOR.close();
    SSHD.close();
    FOLDER.close();
  }

  // ── ssh-agent ──────────────────────────────────────────────────────────────────────────────

  @ParameterizedTest
  @ValueSource(strings = {"ed25519", "rsa", "ecdsa"})
  void an_agent_signs_with_each_kind_of_key(String type) throws IOException {
    Path key = newKey(type, "");
    SSHD.authorize(key, "");
    try (var agent = agent()) {
      agent.add(key.toString());
      Files.delete(key);
      logsIn(new SshIdentity.AgentKeys(agent.socket(), false));
    }
  }

  @Test
  void a_key_with_a_passphrase_is_used_from_the_agent_that_holds_it() throws IOException {
    Path key = newKey("ed25519", "open sesame");
    SSHD.authorize(key, "");
    Files.delete(Path.of(key + ".pub"));
    try (var agent = agent()) {
      var identities =
          new SshIdentity[] {
            SshIdentity.keyFile(key), new SshIdentity.AgentKeys(agent.socket(), true)
          };
      SshAuthenticationException e = failure(identities);
      assertThat(e).hasMessageContaining("passphrase").hasMessageContaining(key.toString());
      assertThat(e.hint().orElseThrow()).contains("ssh-add " + key);
      agent.addAnswering("open sesame", key.toString());
      logsIn(identities);
    }
  }

  @Test
  void of_an_agent_full_of_keys_only_ours_is_offered() throws IOException {
    Path key = newKey("ed25519", "");
    SSHD.authorize(key, "");
    try (var agent = agent()) {
      for (int i = 0; i < 7; i++) {
        agent.add(newKey("ecdsa", "").toString());
      }
      agent.add(key.toString());
      SshAuthenticationException e = failure(new SshIdentity.AgentKeys(agent.socket(), false));
      assertThat(e.hint().orElseThrow())
          .contains("IdentitiesOnly")
          .is(Operations.says("fewer attempts than there are keys"));
      // The public half is enough to say which.
      logsIn(
          new SshIdentity.KeyFile(Path.of(key + ".pub"), false, true),
          new SshIdentity.AgentKeys(agent.socket(), true));
      // Ours goes first, even where the others may follow.
      logsIn(
          new SshIdentity.KeyFile(key, true, true),
          new SshIdentity.AgentKeys(agent.socket(), false));
    }
  }

  @Test
  void a_locked_agent_an_agent_that_is_gone_and_one_that_hangs_are_told_apart() throws Exception {
    Path gone;
    try (var agent = agent()) {
      gone = agent.socket();
      agent.add(newKey("ed25519", "").toString());
      agent.addAnswering("secret", "-x");
      assertThat(failure(new SshIdentity.AgentKeys(agent.socket(), false)).getMessage())
          .is(Operations.says("holds no key, or is locked"));
    }
    assertThat(failure(new SshIdentity.AgentKeys(gone, false)).getMessage())
        .contains(gone.toString())
        .is(Operations.says("the ssh-agent … cannot be asked"));
    // With another key it does not matter.
    logsIn(new SshIdentity.AgentKeys(gone, false), SshIdentity.keyFile(SSHD.userKey()));

    Path silent = FOLDER.resolve("silent.sock");
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(silent));
      assertThat(failure(new SshIdentity.AgentKeys(silent, false)))
          .hasMessageContaining("does not answer");
    }
  }

  @Test
  void a_key_that_the_agent_refuses_to_sign_with_is_followed_by_the_next() throws IOException {
    Path refused = newKey("ed25519", "");
    SSHD.authorize(refused, "");
    try (var agent = agent()) {
      // It would ask for confirmation, and there is nobody to confirm.
      agent.add("-c", refused.toString());
      var identity = new SshIdentity.AgentKeys(agent.socket(), false);
      SshAuthenticationException e = failure(identity);
      assertThat(e).hasMessageContaining("does not sign with ssh-ed25519 SHA256:");
      assertThat(e.getMessage())
          .is(Operations.says("the ssh-agent at … does not sign with …: it refuses"));
      logsIn(identity, SshIdentity.keyFile(SSHD.userKey()));
    }
  }

  // ── User certificates ──────────────────────────────────────────────────────────────────────

  @ParameterizedTest
  @ValueSource(strings = {"ed25519", "rsa", "ecdsa"})
  void a_certificate_beside_its_key_logs_in(String type) throws IOException {
    Path key = newKey(type, "");
    assertThat(failure(SshIdentity.keyFile(key))).hasMessageContaining(key.toString());
    sign(USER_AUTHORITY, key, "-n", SSHD.user());
    logsIn(SshIdentity.keyFile(key));
  }

  @Test
  void a_certificate_elsewhere_logs_in_with_a_key_from_a_file_or_an_agent() throws IOException {
    Path key = newKey("rsa", "");
    sign(USER_AUTHORITY, key, "-n", SSHD.user());
    Path certificate = Files.move(Path.of(key + "-cert.pub"), FOLDER.resolve("elsewhere.pub"));
    logsIn(new SshIdentity.Certificate(certificate), SshIdentity.keyFile(key));
    try (var agent = agent()) {
      agent.add(key.toString());
      Files.delete(key);
      logsIn(
          new SshIdentity.Certificate(certificate),
          new SshIdentity.AgentKeys(agent.socket(), true));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ed25519", "rsa"})
  void a_certificate_in_the_agent_logs_in(String type) throws IOException {
    Path key = newKey(type, "");
    sign(USER_AUTHORITY, key, "-n", SSHD.user());
    try (var agent = agent()) {
      agent.add(key.toString());
      logsIn(new SshIdentity.AgentKeys(agent.socket(), false));
    }
  }

  @Test
  void a_certificate_that_is_out_of_date_is_told_of() {
    Path key = newKey("ed25519", "");
    sign(USER_AUTHORITY, key, "-n", SSHD.user(), "-V", "20200101:20210101");
    SshAuthenticationException e = failure(SshIdentity.keyFile(key));
    assertThat(e).hasMessageContaining(key + "-cert.pub is valid from 20");
    assertThat(e.hint().orElseThrow()).contains("sign the key again");
  }

  // ── Host certificates ──────────────────────────────────────────────────────────────────────

  @ParameterizedTest
  @CsvSource({"127.0.0.1", "[127.0.0.1]:PORT", "*", "127.0.*"})
  void a_host_is_believed_by_its_authority(String pattern) throws IOException {
    logsIn(hosts("@cert-authority %s AUTHORITY\n".formatted(pattern)), "");
  }

  @Test
  void an_alias_is_the_name_that_counts() throws IOException {
    logsIn(hosts("@cert-authority fort.example AUTHORITY\n"), "fort.example");
    var elsewhere =
        hostKeyFailure(hosts("@cert-authority tower.example AUTHORITY\n"), "tower.example");
    assertThat(elsewhere.getMessage())
        .contains("is for 127.0.0.1, fort.example, not for tower.example")
        .is(Operations.says("is for …, not for …"));
    logsIn(hosts("fort.example HOST\n"), "fort.example");
  }

  @Test
  void another_authority_is_none_but_the_bare_key_may_be_known() throws IOException {
    Path other = newKey("ed25519", "");
    String authority = "@cert-authority * " + SshdPeer.publicKey(other) + "\n";
    assertThat(hostKeyFailure(hosts(authority), "")).hasMessageContaining("no certificate");
    logsIn(hosts(authority + "[127.0.0.1]:PORT HOST\n"), "");
  }

  @Test
  void a_revoked_authority_and_a_revoked_host_key_are_refused() {
    assertThat(hostKeyFailure(hosts("@cert-authority * AUTHORITY\n@revoked * AUTHORITY\n"), ""))
        .hasMessageContaining("signed by a key that is revoked")
        .hasMessageContaining(":2");
    assertThat(hostKeyFailure(hosts("@cert-authority * AUTHORITY\n@revoked * HOST\n"), ""))
        .hasMessageContaining("is revoked");
  }

  @ParameterizedTest
  @CsvSource({
    "-h -n 127.0.0.1 -V 20200101:20210101, is valid from 20",
    "-h -n elsewhere.example, 'is for elsewhere.example, not for 127.0.0.1'",
    "-h, is for no host in particular",
  })
  void a_certificate_that_is_not_good_for_the_host_is_refused(String options, String why)
      throws IOException {
    try (var server = SshdPeer.in(FOLDER.resolve("flawed" + made++))) {
      Path key = server.userKey().resolveSibling("host_ed25519");
      sign(HOST_AUTHORITY, key, options.split(" ", -1));
      server.option("HostCertificate", key + "-cert.pub").start();
      Path file =
          Files.writeString(
              FOLDER.resolve("hosts" + made++),
              "@cert-authority * " + SshdPeer.publicKey(HOST_AUTHORITY) + "\n");
      var endpoint =
          new SshEndpoint(
              server.host(),
              server.port(),
              server.user(),
              List.of(SshIdentity.keyFile(server.userKey())),
              new HostKeyPolicy.Strict(List.of(file)),
              LONG,
              LONG,
              false);
      var e =
          catchThrowableOfType(
              SshHostKeyException.class, () -> CONNECTOR.connect(endpoint).close());
      assertThat(e).hasMessageContaining(why).hasMessageContaining(file + ":1");
      if (options.contains("-V")) {
        assertThat(e.getMessage())
            .is(Operations.says("the host certificate of … is valid from … only"));
      }
    }
  }

  // ── ───────────────────────────────────────────────────────────────────────────────────────

  private static AgentPeer agent() throws IOException {
    return AgentPeer.in(Files.createDirectories(FOLDER.resolve("a" + made++)));
  }

  private static Path newKey(String type, String passphrase) {
    return SSHD.newKey("key" + made++, type, passphrase);
  }

  /** Has {@code ssh-keygen} write {@code KEY-cert.pub}. */
  private static void sign(Path authority, Path key, String... options) {
    var words =
        new ArrayList<>(
            List.of(Peers.require("ssh-keygen").toString(), "-q", "-s", "" + authority));
    words.addAll(List.of("-I", "test"));
    words.addAll(List.of(options));
    words.add(key + ".pub");
    PeerProcess.run(new ProcessBuilder(words)).orFail("ssh-keygen");
  }

  private static Path hosts(String text) {
    try {
      return Files.writeString(
          FOLDER.resolve("hosts" + made++),
          text.replace("PORT", "" + SSHD.port())
              .replace("AUTHORITY", SshdPeer.publicKey(HOST_AUTHORITY))
              .replace("HOST", SSHD.hostKey("ed25519")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static SshEndpoint endpoint(List<SshIdentity> identities, Path hosts, String alias) {
    return new SshEndpoint(
        SSHD.host(),
        SSHD.port(),
        SSHD.user(),
        identities,
        new HostKeyPolicy.Strict(List.of(hosts)),
        LONG,
        LONG,
        false,
        SshEndpoint.Family.ANY,
        alias.isEmpty() ? Optional.empty() : Optional.of(alias),
        Optional.empty());
  }

  private static void logsIn(SshIdentity... identities) throws IOException {
    logsIn(endpoint(List.of(identities), SSHD.knownHosts(), ""));
  }

  private static void logsIn(Path hosts, String alias) throws IOException {
    logsIn(endpoint(List.of(SshIdentity.keyFile(SSHD.userKey())), hosts, alias));
  }

  private static void logsIn(SshEndpoint endpoint) throws IOException {
    try (SshSession session = CONNECTOR.connect(endpoint);
        RemoteCommand remote = session.exec("echo in")) {
      assertThat(new String(remote.stdout().readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo("in\n");
    }
  }

  private static SshHostKeyException hostKeyFailure(Path hosts, String alias) {
    return catchThrowableOfType(SshHostKeyException.class, () -> logsIn(hosts, alias));
  }

  private static SshAuthenticationException failure(SshIdentity... identities) {
    return catchThrowableOfType(SshAuthenticationException.class, () -> logsIn(identities));
  }
}
