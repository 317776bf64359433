package io.hookq.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hookq.docs.Operations;
import io.hookq.peers.PeerProcess;
import io.hookq.peers.Peers;
import io.hookq.peers.SshdPeer;
import io.hookq.peers.TempFolder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a real OpenSSH server. */
class OpenSshTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  private static final TempFolder FOLDER = TempFolder.create();
  private static final SshConnector CONNECTOR = new SshConnector();
  private static SshdPeer sshd = SshdPeer.in(FOLDER.resolve("sshd"));
  private static int files;

  @BeforeAll
  static void start() {
    // Keys are exchanged anew several times within one big transfer.
    sshd.option("RekeyLimit", "32M").start();
  }

  @AfterAll
  static void stop() {
    CONNECTOR.close();
    sshd.close();
    FOLDER.close();
  }

  // ── Our keys ───────────────────────────────────────────────────────────────────────────────

  @ParameterizedTest
  @CsvSource({
    "ed25519, -t ed25519",
    "rsa, -t rsa -b 2048",
    "rsa as PEM, -t rsa -b 2048 -m PEM",
    "rsa as PKCS8, -t rsa -b 3072 -m PKCS8",
    "ecdsa, -t ecdsa",
    "ecdsa 384 as PEM, -t ecdsa -b 384 -m PEM",
    "ecdsa 521 as PKCS8, -t ecdsa -b 521 -m PKCS8"
  })
  void each_kind_of_key_file_logs_in(String name, String options) throws IOException {
    Path key = keygen(options, "");
    sshd.authorize(key, "");
    try (SshSession session = CONNECTOR.connect(endpoint(SshIdentity.keyFile(key)))) {
      assertThat(session.serverVersion()).startsWith("SSH-2.0-OpenSSH");
      assertThat(output(session, "echo hello")).isEqualTo("hello\n");
    }
  }

  @Test
  void an_ed25519_key_made_by_openssl_logs_in() throws IOException {
    Path key = FOLDER.resolve("openssl" + files++);
    run("openssl", "genpkey", "-algorithm", "ed25519", "-out", key.toString());
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    run("sh", "-c", "ssh-keygen -y -f '%s' > '%s.pub' || :".formatted(key, key));
    if (Files.size(Path.of(key + ".pub")) == 0) {
      // This ssh-keygen cannot read such a file; what we read from it can be asked of ourselves.
      String line =
          PublicKeyText.of(
                  KeyFileReader.read(new SshIdentity.KeyFile(key, true, false)).getPublic())
              .toString();
      Files.writeString(Path.of(key + ".pub"), line + " openssl\n");
    }
    sshd.authorize(key, "");
    try (SshSession session = CONNECTOR.connect(endpoint(SshIdentity.keyFile(key)))) {
      assertThat(output(session, "echo hello")).isEqualTo("hello\n");
    }
  }

  @Test
  void a_generated_key_logs_in_from_memory_and_from_its_file() throws IOException {
    GeneratedKey key = GeneratedKey.ed25519();
    Path file = FOLDER.resolve("generated");
    key.writeTo(file);
    Files.writeString(Path.of(file + ".pub"), key.publicLine() + " generated\n");
    sshd.authorize(file, "");
    for (SshIdentity identity : List.of(key, SshIdentity.keyFile(file))) {
      try (SshSession session = CONNECTOR.connect(endpoint(identity))) {
        assertThat(output(session, "echo hello")).isEqualTo("hello\n");
      }
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThatThrownBy(() -> key.writeTo(file)).isInstanceOf(IOException.class);
  }

  @Test
  void a_key_that_is_not_authorized_is_named_in_the_error() {
    Path stranger = keygen("-t ed25519", "");
    var e = authenticationFailure(SshIdentity.keyFile(stranger));
    assertThat(e)
        .hasMessageContaining("127.0.0.1:" + sshd.port())
        .hasMessageContaining(sshd.user())
        .hasMessageContaining("ssh-ed25519 SHA256:")
        .hasMessageContaining(fingerprint(stranger))
        .hasMessageContaining(stranger.toString());
    assertThat(e.getMessage())
        .is(Operations.says("… does not let USER in with ssh-ed25519 SHA256:… (FILE)"));
    assertThat(e.hint()).hasValueSatisfying(h -> assertThat(h).contains("authorized_keys"));
  }

  @Test
  void the_second_key_is_tried_after_the_first_is_refused() throws IOException {
    Path stranger = keygen("-t rsa -b 2048", "");
    SshEndpoint endpoint =
        endpoint(SshIdentity.keyFile(stranger), SshIdentity.keyFile(sshd.userKey()));
    try (SshSession session = CONNECTOR.connect(endpoint)) {
      assertThat(session.isOpen()).isTrue();
    }
  }

  @Test
  void more_keys_than_the_server_bears_is_an_authentication_failure() {
    var strangers = new ArrayList<SshIdentity>();
    for (int i = 0; i < 8; i++) {
      strangers.add(GeneratedKey.ed25519());
    }
    assertThat(authenticationFailure(strangers.toArray(SshIdentity[]::new)).getMessage())
        .contains("ssh-ed25519 SHA256:")
        .is(Operations.says("… does not let USER in with …"));
  }

  // ── Its keys ───────────────────────────────────────────────────────────────────────────────

  @ParameterizedTest
  @ValueSource(strings = {"ed25519", "rsa", "ecdsa"})
  void a_server_of_several_keys_is_known_by_any_one_of_them(String type) throws IOException {
    assertThat(logsIn(knownHosts(name() + " " + sshd.hostKey(type) + "\n"))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ed25519", "rsa", "ecdsa"})
  void a_pinned_key_of_any_type_is_believed(String type) throws IOException {
    assertThat(logsIn(HostKeyPolicy.pinned(sshd.hostKey(type) + " some comment"))).isTrue();
  }

  @Test
  void hashed_names_are_found() throws IOException {
    Path file = file("%s %s\n".formatted(name(), sshd.hostKey("ecdsa")));
    run("ssh-keygen", "-q", "-H", "-f", file.toString());
    assertThat(Files.readString(file)).startsWith("|1|");
    assertThat(logsIn(new HostKeyPolicy.Strict(List.of(file)))).isTrue();
  }

  @Test
  void an_unknown_host_is_refused_with_the_line_that_would_admit_it() {
    Path nowhere = FOLDER.resolve("nowhere");
    var e = hostKeyFailure(new HostKeyPolicy.Strict(List.of(nowhere)));
    assertThat(e.fingerprint()).startsWith("SHA256:");
    assertThat(e).hasMessageContaining(e.fingerprint()).hasMessageContaining(nowhere.toString());
    assertThat(e.getMessage()).is(Operations.says("the host key of … is unknown"));
    assertThat(e.hint())
        .hasValueSatisfying(h -> assertThat(h).contains(name() + " " + sshd.hostKey("ed25519")));
  }

  @Test
  void a_changed_key_is_refused_with_file_and_line() {
    Path other = keygen("-t ed25519", "");
    Path file = file("# a comment\n\n" + name() + " " + SshdPeer.publicKey(other) + "\n");
    var e = hostKeyFailure(new HostKeyPolicy.Strict(List.of(file)));
    assertThat(e).hasMessageContaining(file + ":3").hasMessageContaining(fingerprint(other));
    assertThat(e.getMessage()).is(Operations.says("the host key of … has changed"));
    assertThat(e.fingerprint()).isNotEqualTo(fingerprint(other));
    assertThat(e.hint()).hasValueSatisfying(h -> assertThat(h).contains("line 3 of " + file));
  }

  @Test
  void a_key_pinned_to_another_is_refused() {
    Path other = keygen("-t ed25519", "");
    var e = hostKeyFailure(HostKeyPolicy.pinned(SshdPeer.publicKey(other)));
    assertThat(e).hasMessageContaining("pinned").hasMessageContaining(fingerprint(other));
  }

  @Test
  void a_revoked_key_is_refused_though_another_line_knows_it() {
    String key = sshd.hostKey("ed25519");
    Path file = file("%s %s\n@revoked * %s\n".formatted(name(), key, key));
    assertThat(hostKeyFailure(new HostKeyPolicy.Strict(List.of(file))))
        .hasMessageContaining("revoked")
        .hasMessageContaining(file + ":2");
  }

  @Test
  void a_new_host_is_believed_once_and_strictly_ever_after() throws IOException {
    Path file = FOLDER.resolve("new-folder").resolve("known_hosts" + files++);
    var policy = new HostKeyPolicy.AcceptNew(List.of(), file);
    assertThat(logsIn(policy)).isTrue();
    assertThat(file).hasContent(name() + " " + sshd.hostKey("ed25519"));
    assertThat(logsIn(policy)).isTrue();
    assertThat(file).hasContent(name() + " " + sshd.hostKey("ed25519"));
    run("ssh-keygen", "-F", name(), "-f", file.toString());

    Files.writeString(file, name() + " " + SshdPeer.publicKey(keygen("-t ed25519", "")) + "\n");
    assertThat(hostKeyFailure(policy)).hasMessageContaining("changed");
  }

  @Test
  void a_new_host_goes_on_a_line_of_its_own() throws IOException {
    Path file = file("other.example ssh-ed25519 AAAA");
    assertThat(logsIn(new HostKeyPolicy.AcceptNew(List.of(), file))).isTrue();
    assertThat(Files.readAllLines(file))
        .containsExactly("other.example ssh-ed25519 AAAA", name() + " " + sshd.hostKey("ed25519"));
  }

  // ── Commands ───────────────────────────────────────────────────────────────────────────────

  @ParameterizedTest
  @CsvSource({"true, 0", "false, 1", "exit 7, 7", "no-such-program-here, 127"})
  void the_exit_status_is_the_commands(String command, int status) throws IOException {
    try (SshSession session = connect();
        RemoteCommand remote = session.exec(command)) {
      assertThat(remote.stdout().readAllBytes()).isEmpty();
      assertThat(remote.awaitExit(LONG)).hasValue(status);
      assertThat(remote.exitSignal()).isEmpty();
    }
  }

  @Test
  void the_words_on_stderr_are_kept() throws IOException {
    try (SshSession session = connect();
        RemoteCommand remote = session.exec("echo out; echo no space left >&2; exit 3")) {
      assertThat(remote.stdout().readAllBytes()).asString().isEqualTo("out\n");
      assertThat(remote.awaitExit(LONG)).hasValue(3);
      assertThat(remote.stderrTail()).isEqualTo("no space left\n");
    }
  }

  @Test
  void a_signal_is_no_exit_status() throws IOException {
    try (SshSession session = connect();
        RemoteCommand remote = session.exec("kill -TERM $$")) {
      assertThat(remote.stdout().readAllBytes()).isEmpty();
      assertThat(remote.awaitExit(LONG)).isEmpty();
      assertThat(remote.exitSignal()).hasValue("TERM");
    }
  }

  @Test
  void closing_the_input_leaves_the_output_open() throws IOException {
    try (SshSession session = connect();
        RemoteCommand remote = session.exec("wc -c; echo after")) {
      remote.stdin().write(new byte[100_000]);
      remote.stdin().close();
      remote.stdin().close();
      assertThat(remote.stdout().readAllBytes()).asString().contains("100000").endsWith("after\n");
      assertThat(remote.awaitExit(LONG)).hasValue(0);
    }
  }

  @Test
  void all_commands_of_a_session_share_what_is_in_flight() throws Exception {
    try (SshSession session = connect()) {
      var digests = new ArrayList<CompletableFuture<String>>();
      var pools = new HashSet<PacketPool>();
      for (int i = 0; i < 4; i++) {
        RemoteCommand remote = session.exec("cksum");
        pools.add(((ChannelStdin) remote.stdin()).pool());
        digests.add(CompletableFuture.supplyAsync(() -> sumOf(remote), Thread::startVirtualThread));
      }
      for (var digest : digests) {
        assertThat(digest.get()).isEqualTo(SUM_OF_ZEROS);
      }
      assertThat(pools)
          .singleElement()
          .satisfies(pool -> assertThat(pool.made()).isBetween(1, PacketPool.SIZE));
    }
  }

  /** Of {@link #sumOf}, by {@code head -c 8M /dev/zero | cksum}. */
  private static final String SUM_OF_ZEROS = "2532515601 8388608\n";

  private static String sumOf(RemoteCommand remote) {
    try (remote) {
      for (int i = 0; i < 32; i++) {
        remote.stdin().write(new byte[256 * 1024]);
      }
      remote.stdin().close();
      return new String(remote.stdout().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void a_flood_on_stderr_blocks_nothing() throws IOException {
    try (SshSession session = connect();
        RemoteCommand remote =
            session.exec("head -c 50000000 /dev/zero | tr '\\0' x >&2; echo end >&2; cat")) {
      remote.stdin().write("still here".getBytes(StandardCharsets.UTF_8));
      remote.stdin().close();
      assertThat(remote.stdout().readAllBytes()).asString().isEqualTo("still here");
      assertThat(remote.awaitExit(LONG)).hasValue(0);
      assertThat(remote.stderrTail()).hasSizeLessThanOrEqualTo(StderrTail.SIZE).endsWith("end\n");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void two_hundred_megabytes_come_back_as_they_went(boolean zlib) throws Exception {
    long size = zlib ? 30_000_000 : 200_000_000;
    SshEndpoint plain = endpoint(SshIdentity.keyFile(sshd.userKey()));
    var endpoint =
        new SshEndpoint(
            plain.host(),
            plain.port(),
            plain.user(),
            plain.identities(),
            plain.hostKeys(),
            plain.connectTimeout(),
            plain.stallTimeout(),
            zlib);
    try (SshSession session = CONNECTOR.connect(endpoint);
        RemoteCommand remote = session.exec("cat")) {
      var sent = MessageDigest.getInstance("SHA-256");
      var writer =
          CompletableFuture.runAsync(
              () -> {
                byte[] block = new byte[256 * 1024];
                var random = new Random(42);
                try (OutputStream out = remote.stdin()) {
                  for (long left = size; left > 0; ) {
                    random.nextBytes(block);
                    int n = (int) Math.min(left, 1 + random.nextInt(block.length));
                    sent.update(block, 0, n);
                    out.write(block, 0, n);
                    left -= n;
                  }
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              },
              Thread::startVirtualThread);
      var received = MessageDigest.getInstance("SHA-256");
      byte[] block = new byte[100_000];
      long count = 0;
      for (int n; (n = remote.stdout().read(block)) >= 0; count += n) {
        received.update(block, 0, n);
      }
      writer.get(60, TimeUnit.SECONDS);
      assertThat(count).isEqualTo(size);
      assertThat(HexFormat.of().formatHex(received.digest()))
          .isEqualTo(HexFormat.of().formatHex(sent.digest()));
      assertThat(remote.awaitExit(LONG)).hasValue(0);
    }
  }

  @Test
  void closing_a_command_frees_its_blocked_reader() throws Exception {
    try (SshSession session = connect()) {
      RemoteCommand remote = session.exec("cat");
      var reader = failureOf(() -> remote.stdout().read());
      remote.close();
      assertThat(reader.get(60, TimeUnit.SECONDS)).hasMessageContaining("closed");
      assertThat(output(session, "echo next")).isEqualTo("next\n");
    }
  }

  @Test
  void closing_a_command_frees_its_blocked_writer() throws Exception {
    try (SshSession session = connect()) {
      RemoteCommand remote = session.exec("sleep 600");
      var writer =
          failureOf(() -> {
            while (true) {
              remote.stdin().write(new byte[256 * 1024]);
            }
          });
      awaitFullWindow(remote);
      remote.close();
      assertThat(writer.get(60, TimeUnit.SECONDS)).hasMessageContaining("closed");
      assertThat(output(session, "echo next")).isEqualTo("next\n");
    }
  }

  @Test
  void closing_the_session_frees_readers_and_writers_and_names_the_reason() throws Exception {
    SshSession session = connect();
    RemoteCommand remote = session.exec("cat");
    var reader = failureOf(() -> remote.stdout().read());
    session.close();
    assertThat(reader.get(60, TimeUnit.SECONDS))
        .isInstanceOf(SshUnreachableException.class)
        .hasMessageContaining("was closed");
    assertThat(session.isOpen()).isFalse();
    assertThatThrownBy(() -> remote.stdin().write(new byte[100_000]))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> session.exec("true")).isInstanceOf(SshUnreachableException.class);
  }

  @Test
  void writing_to_a_command_that_has_ended_says_so() throws IOException {
    try (SshSession session = connect();
        RemoteCommand remote = session.exec("exit 9")) {
      assertThat(remote.awaitExit(LONG)).hasValue(9);
      assertThat(remote.stdout().readAllBytes()).isEmpty();
      assertThatThrownBy(
              () -> {
                while (true) {
                  remote.stdin().write(new byte[100_000]);
                }
              })
          .hasMessageContaining("ended with exit status 9");
      remote.stdin().close();
    }
  }

  @Test
  void many_commands_run_over_one_session() throws IOException {
    try (SshSession session = connect()) {
      for (int i = 0; i < 25; i++) {
        assertThat(output(session, "echo " + i)).isEqualTo(i + "\n");
      }
    }
  }

  @Test
  void commands_run_side_by_side() throws IOException {
    try (SshSession session = connect();
        RemoteCommand first = session.exec("cat");
        RemoteCommand second = session.exec("cat")) {
      first.stdin().write('a');
      first.stdin().flush();
      second.stdin().write('b');
      second.stdin().flush();
      assertThat(second.stdout().read()).isEqualTo('b');
      assertThat(first.stdout().read()).isEqualTo('a');
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void a_server_that_limits_the_commands_of_a_session_refuses_one_and_lets_the_others_run(int limit)
      throws IOException {
    try (var miser =
        SshdPeer.in(FOLDER.resolve("miser" + limit)).option("MaxSessions", "" + limit).start()) {
      SshEndpoint endpoint =
          new SshEndpoint(
              miser.host(),
              miser.port(),
              miser.user(),
              List.of(SshIdentity.keyFile(miser.userKey())),
              new HostKeyPolicy.Strict(List.of(miser.knownHosts())),
              LONG,
              LONG,
              false);
      try (SshSession session = CONNECTOR.connect(endpoint)) {
        var running = new ArrayList<RemoteCommand>();
        for (int i = 0; i < limit; i++) {
          running.add(session.exec("cat"));
        }
        assertThatThrownBy(() -> session.exec("cat"))
            .isInstanceOfSatisfying(
                SshChannelRefusedException.class,
                e -> {
                  assertThat(e.hint().orElseThrow()).contains("MaxSessions");
                  assertThat(e.getMessage())
                      .is(Operations.says("… refuses another command on this session"));
                });
        assertThat(session.isOpen()).isTrue();
        for (RemoteCommand remote : running) {
          remote.stdin().write('x');
          remote.stdin().close();
          assertThat(remote.stdout().readAllBytes()).asString().isEqualTo("x");
        }
      }
    }
  }

  @Test
  void an_idle_session_lives_longer_than_its_stall_timeout() throws Exception {
    try (SshSession session = CONNECTOR.connect(endpoint(Duration.ofMillis(600)));
        RemoteCommand remote = session.exec("sleep 3; echo awake")) {
      assertThat(remote.stdout().readAllBytes()).asString().isEqualTo("awake\n");
      assertThat(session.isOpen()).isTrue();
    }
  }

  @Test
  void a_server_that_is_stopped_ends_the_session_with_an_error_and_no_end_of_output()
      throws IOException {
    try (var mortal = SshdPeer.in(FOLDER.resolve("mortal")).start()) {
      SshEndpoint endpoint =
          new SshEndpoint(
              mortal.host(),
              mortal.port(),
              mortal.user(),
              List.of(SshIdentity.keyFile(mortal.userKey())),
              new HostKeyPolicy.Strict(List.of(mortal.knownHosts())),
              LONG,
              LONG,
              false);
      try (SshSession session = CONNECTOR.connect(endpoint);
          RemoteCommand remote = session.exec("echo begun; cat")) {
        assertThat(remote.stdout().readNBytes(6)).asString().isEqualTo("begun\n");
        mortal.stop();
        assertThatThrownBy(() -> remote.stdout().read())
            .isInstanceOf(SshUnreachableException.class)
            .hasMessageContaining(endpoint.address());
        assertThat(session.isOpen()).isFalse();
      }
      assertThatThrownBy(() -> CONNECTOR.connect(endpoint))
          .isInstanceOf(SshUnreachableException.class)
          .hasMessageContaining(endpoint.address())
          .hasMessageContaining("refused");
    }
  }

  // ── ───────────────────────────────────────────────────────────────────────────────────────

  private static SshSession connect() throws IOException {
    return CONNECTOR.connect(endpoint(SshIdentity.keyFile(sshd.userKey())));
  }

  private static SshEndpoint endpoint(SshIdentity... identities) {
    return endpoint(List.of(identities), new HostKeyPolicy.Strict(List.of(sshd.knownHosts())));
  }

  private static SshEndpoint endpoint(List<SshIdentity> identities, HostKeyPolicy hostKeys) {
    return new SshEndpoint(
        sshd.host(), sshd.port(), sshd.user(), identities, hostKeys, LONG, LONG, false);
  }

  private static SshEndpoint endpoint(Duration stallTimeout) {
    return new SshEndpoint(
        sshd.host(),
        sshd.port(),
        sshd.user(),
        List.of(SshIdentity.keyFile(sshd.userKey())),
        new HostKeyPolicy.Strict(List.of(sshd.knownHosts())),
        LONG,
        stallTimeout,
        false);
  }

  private static boolean logsIn(HostKeyPolicy hostKeys) throws IOException {
    try (SshSession session =
        CONNECTOR.connect(endpoint(List.of(SshIdentity.keyFile(sshd.userKey())), hostKeys))) {
      return session.isOpen();
    }
  }

  private static SshHostKeyException hostKeyFailure(HostKeyPolicy hostKeys) {
    return catchThrowableOfType(SshHostKeyException.class, () -> logsIn(hostKeys));
  }

  private static SshAuthenticationException authenticationFailure(SshIdentity... identities) {
    return catchThrowableOfType(
        SshAuthenticationException.class, () -> CONNECTOR.connect(endpoint(identities)).close());
  }

  private static String output(SshSession session, String command) throws IOException {
    try (RemoteCommand remote = session.exec(command);
        InputStream out = remote.stdout()) {
      return new String(out.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private interface Failing {
    void run() throws IOException;
  }

  private static CompletableFuture<IOException> failureOf(Failing failing) {
    var failure = new CompletableFuture<IOException>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            failing.run();
            failure.completeExceptionally(new ExecutionException("it did not fail", null));
          } catch (IOException e) {
            failure.complete(e);
          }
        });
    return failure;
  }

  private static void awaitFullWindow(RemoteCommand remote) {
    Awaitility.await().atMost(LONG).until(() -> ((ChannelStdin) remote.stdin()).isWindowFull());
  }

  private static String name() {
    return "[127.0.0.1]:" + sshd.port();
  }

  private static HostKeyPolicy knownHosts(String text) {
    return new HostKeyPolicy.Strict(List.of(file(text)));
  }

  private static Path file(String text) {
    try {
      return Files.writeString(FOLDER.resolve("file" + files++), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path keygen(String options, String passphrase) {
    Path key = FOLDER.resolve("key" + files++);
    var words = new ArrayList<>(List.of("ssh-keygen", "-q", "-N", passphrase, "-f", "" + key));
    words.addAll(List.of(options.split(" ", -1)));
    run(words.toArray(String[]::new));
    return key;
  }

  private static String fingerprint(Path key) {
    return run("ssh-keygen", "-lf", key + ".pub").split(" ", -1)[1];
  }

  private static String run(String... words) {
    if (words[0].startsWith("ssh")) {
      words[0] = Peers.require(words[0]).toString();
    }
    return PeerProcess.run(new ProcessBuilder(words)).orFail(words[0]).stdout();
  }
}
