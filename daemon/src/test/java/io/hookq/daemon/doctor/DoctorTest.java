package io.hookq.daemon.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.hookq.daemon.config.Config;
import io.hookq.daemon.config.ConfigException;
import io.hookq.daemon.config.Surroundings;
import io.hookq.daemon.receive.Receiving;
import io.hookq.daemon.status.Contract;
import io.hookq.daemon.story.Machine;
import io.hookq.daemon.story.Server;
import io.hookq.peers.PeerProcess;
import io.hookq.peers.Peers;
import io.hookq.peers.SshdPeer;
import io.hookq.peers.TempFolder;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * A machine that works, with a real Nix, a real hook, a real daemon and a real server; each test
 * breaks one thing of it, asks the doctor, and mends it again.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DoctorTest {
  private static final String SERVER = "server";

  private final TempFolder folder = TempFolder.create();
  private final Path root = folder.folder("system");
  private final Machine machine = Machine.in(folder.resolve("near"));
  private final Server server = Server.in(folder.resolve("far"));
  private final StorePath arrived = machine.nix().add(hello());
  private final Map<String, String> environment = new HashMap<>();

  private Path hello() {
    try {
      return Files.writeString(folder.resolve("hello"), "hello\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @BeforeAll
  void set_up_what_works() throws IOException {
    Files.setPosixFilePermissions(machine.spool(), PosixFilePermissions.fromString("rwx------"));
    machine.destination(SERVER, server.settings(server.sshd().port()));
    machine.nix().startDaemon();
    machine.startDaemon();
    machine.push(List.of(arrived), "--wait").orFail("push");
    // What a user does who wants to keep it.
    Files.createDirectories(server.nix().stateDir().resolve("gcroots"));
    Files.createSymbolicLink(
        server.nix().stateDir().resolve("gcroots/kept"),
        Path.of(server.nix().storeDir().print(arrived)));
  }

  @AfterAll
  void take_it_down() {
    machine.close();
    server.close();
    folder.close();
  }

  @BeforeEach
  void the_usual_surroundings() {
    environment.clear();
    environment.putAll(machine.hookEnvironment());
    environment.put("NIX_CONF_DIR", machine.nix().confDir().toString());
  }

  private List<Finding> examine(boolean write) {
    var surroundings = new Surroundings(environment, folder.path(), false);
    Optional<Config> config = Optional.empty();
    Optional<String> trouble = Optional.empty();
    try {
      config = Optional.of(Config.load(machine.config(), surroundings));
    } catch (ConfigException e) {
      trouble = Optional.of(String.valueOf(e.getMessage()));
    }
    var findings = new ArrayList<Finding>();
    new Doctor(
            new Patient(
                machine.config(), config, trouble, machine.socket(), surroundings, root, write))
        .examine(findings::add);
    return findings;
  }

  /** What is found on this machine; asking the server every time would take its time. */
  private List<Finding> examineHere() {
    try (var _ = destination(settings().replaceFirst(":\\d+\"", ":" + closedPort() + "\""))) {
      return examine(false).stream().filter(finding -> finding.destination().isEmpty()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int closedPort() throws IOException {
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  /**
   * Asserts that on this machine this link, and no other, is found to be so, with these words in
   * what was seen or in the cure.
   */
  private void assertFinds(Verdict verdict, String check, String... words) {
    assertFinds(examineHere(), verdict, check, words);
  }

  private static void assertFinds(
      List<Finding> findings, Verdict verdict, String check, String... words) {
    var bad =
        findings.stream()
            .filter(finding -> finding.verdict().compareTo(Verdict.WARNING) >= 0)
            .toList();
    assertThat(bad).as("%s", findings).hasSize(1);
    assertThat(bad.getFirst().check()).isEqualTo(check);
    assertThat(bad.getFirst().verdict()).isEqualTo(verdict);
    assertThat(bad.getFirst().mend()).isPresent();
    assertThat(bad.getFirst().seen() + "\n" + bad.getFirst().mend().orElseThrow()).contains(words);
  }

  private static Finding only(List<Finding> findings, String check) {
    var found = findings.stream().filter(finding -> finding.check().equals(check)).toList();
    assertThat(found).as("%s", findings).hasSize(1);
    return found.getFirst();
  }

  /** Something that is undone when the test is over. */
  @FunctionalInterface
  private interface Undo extends AutoCloseable {
    @Override
    void close() throws IOException;
  }

  private Undo nixConf(String option, String value) {
    machine.nix().set(option, value);
    return () -> machine.nix().set("post-build-hook", Machine.hookBinary().toString());
  }

  private Undo nixConfText(String text) throws IOException {
    var file = machine.nix().confDir().resolve("nix.conf");
    var before = Files.readString(file);
    Files.writeString(file, text);
    return () -> Files.writeString(file, before);
  }

  private Undo destination(String settings) {
    machine.destination(SERVER, settings);
    return () -> machine.destination(SERVER, server.settings(server.sshd().port()));
  }

  private Undo moved(Path file) throws IOException {
    var aside = Files.move(file, file.resolveSibling(file.getFileName() + ".aside"));
    return () -> {
      Files.deleteIfExists(file);
      Files.move(aside, file);
    };
  }

  private Undo mode(Path file, String mode) throws IOException {
    var before = Files.getPosixFilePermissions(file);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    return () -> Files.setPosixFilePermissions(file, before);
  }

  private Path script(String name, String text) throws IOException {
    var file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + text + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    return file;
  }

  // ── As it should be ────────────────────────────────────────────────────────────────────────

  @Test
  void what_works_is_found_to_work_link_by_link_in_order() {
    var findings = examine(true);
    assertThat(findings)
        .allSatisfy(
            finding -> assertThat(finding.verdict()).as("%s", finding).isEqualTo(Verdict.OK));
    assertThat(new LinkedHashSet<>(findings.stream().map(Finding::check).toList()))
        .containsExactly(
            "config",
            "nix-conf",
            "hook",
            "socket",
            "daemon",
            "database",
            "spool",
            "space",
            "gc-roots",
            "source-store",
            "name",
            "tcp",
            "host-key",
            "login",
            "command",
            "protocol",
            "trust",
            "garbage",
            "clock");
    assertThat(only(findings, "trust").seen()).contains("-hookq-doctor");
    assertThat(server.nix().validPaths()).anyMatch(path -> path.name().equals("hookq-doctor"));
    assertThat(only(findings, "garbage").seen()).contains(arrived.baseName(), "gcroots/kept");
  }

  @Test
  void without_leave_nothing_is_written_to_the_server() {
    var before = server.nix().validPaths();
    assertThat(only(examine(false), "trust").verdict()).isEqualTo(Verdict.SKIPPED);
    assertThat(server.nix().validPaths()).isEqualTo(before);
  }

  @Test
  void the_command_says_it_in_lines_and_as_a_document() throws IOException {
    var typed = machine.hookq("doctor");
    assertThat(typed.exitStatus()).isNotEqualTo(2);
    assertThat(typed.stdout())
        .contains("ok       spool        ", "\nto server\n", "ok       login");
    var json = machine.hookq("doctor", "--json");
    var document = new ObjectMapper().readTree(json.stdout());
    var written = new ArrayList<String>();
    document.fieldNames().forEachRemaining(written::add);
    document
        .path("findings")
        .get(0)
        .fieldNames()
        .forEachRemaining(name -> written.add("findings[]." + name));
    assertThat(Contract.fieldsOf("doctor")).containsExactlyElementsOf(written);
    assertThat(json.exitStatus()).isEqualTo(document.path("failures").asInt() > 0 ? 1 : 0);
  }

  // ── Nix's side ─────────────────────────────────────────────────────────────────────────────

  @Test
  void a_hook_that_nix_conf_does_not_name() throws IOException {
    try (var _ = nixConfText("max-jobs = 1\n#post-build-hook = /x/hookq-hook\n")) {
      assertFinds(
          Verdict.FAILURE, "nix-conf", "post-build-hook is not set", "restart the Nix daemon");
    }
  }

  @Test
  void determinate_nix_where_the_setting_was_dropped() throws IOException {
    var program = root.resolve("usr/local/bin/determinate-nixd");
    Files.createDirectories(program.getParent());
    Files.createFile(program);
    try (var _ = nixConfText("!include nix.custom.conf\n")) {
      assertFinds(Verdict.FAILURE, "nix-conf", "Determinate Nix", "nix.custom.conf");
    } finally {
      Files.delete(program);
    }
  }

  @Test
  void another_hook_in_our_way() throws IOException {
    var other = script("upload-to-cache", "exec nix copy --to s3://cache $OUT_PATHS");
    try (var _ = nixConf("post-build-hook", other.toString())) {
      assertFinds(Verdict.FAILURE, "nix-conf", "another hook", other.toString());
    }
  }

  @Test
  void a_hook_chained_in_a_script_is_found_in_it_and_missed_if_it_is_not_there()
      throws IOException {
    var chain = script("both", "other-hook\nexec " + Machine.hookBinary() + " --timeout 100");
    try (var _ = nixConf("post-build-hook", chain.toString())) {
      var findings = examineHere();
      assertThat(only(findings, "nix-conf").seen()).contains("a script that runs hookq-hook");
      assertThat(only(findings, "hook").verdict()).isEqualTo(Verdict.OK);
    }
    var broken = script("broken", "exec /nowhere/hookq-hook");
    try (var _ = nixConf("post-build-hook", broken.toString())) {
      assertFinds(Verdict.FAILURE, "hook", "/nowhere/hookq-hook is not there");
    }
  }

  @Test
  void a_hook_that_nix_conf_names_and_that_is_not_there() throws IOException {
    try (var _ = nixConf("post-build-hook", "/nowhere/hook")) {
      assertFinds(
          Verdict.FAILURE, "nix-conf", "/nowhere/hook", "is not there, so every build fails");
    }
  }

  @Test
  void an_included_file_that_is_missing() throws IOException {
    try (var _ = nixConfText("include more.conf\n")) {
      assertFinds(Verdict.FAILURE, "nix-conf", "nix.conf:1 includes", "more.conf");
    }
  }

  @Test
  void the_last_word_counts_be_it_in_an_included_file_or_in_the_environment() throws IOException {
    var conf = machine.nix().confDir();
    Files.writeString(conf.resolve("more.conf"), "post-build-hook = /nowhere/more\n");
    try (var _ =
        nixConfText(
            "post-build-hook = /nowhere/first\ninclude more.conf # here\n!include none\n")) {
      assertFinds(Verdict.FAILURE, "nix-conf", "/nowhere/more", "more.conf:1");
      environment.put("NIX_CONFIG", "post-build-hook = " + Machine.hookBinary());
      assertThat(only(examineHere(), "nix-conf").seen()).contains("NIX_CONFIG");
    }
  }

  @Test
  void a_hook_that_may_not_be_run() throws IOException {
    var hook = Files.copy(Machine.hookBinary(), folder.folder("plain").resolve("hookq-hook"));
    try (var _ = nixConf("post-build-hook", hook.toString());
        var _ = mode(hook, "rw-r--r--")) {
      assertFinds(Verdict.FAILURE, "hook", "is not executable", "chmod 755 " + hook);
    }
  }

  @Test
  void a_hook_that_everybody_may_replace() throws IOException {
    var hook = Files.copy(Machine.hookBinary(), folder.folder("open").resolve("hookq-hook"));
    try (var _ = nixConf("post-build-hook", hook.toString());
        var _ = mode(hook, "rwxrwxrwx")) {
      assertFinds(Verdict.WARNING, "hook", "everybody may write to " + hook);
    }
  }

  @Test
  void a_hook_of_another_version_or_of_another_kind() throws IOException {
    var old = script("old/hookq-hook", "echo hookq-hook 0.0.1");
    try (var _ = nixConf("post-build-hook", old.toString())) {
      assertFinds(Verdict.WARNING, "hook", "hookq-hook 0.0.1");
    }
    var other = script("odd/hookq-hook", "exit 1");
    try (var _ = nixConf("post-build-hook", other.toString())) {
      assertFinds(Verdict.FAILURE, "hook", "does not answer --version");
    }
  }

  @Test
  void a_hook_that_knocks_at_another_door() throws IOException {
    environment.remove("HOOKQ_SOCKET");
    assertFinds(Verdict.WARNING, "hook", "/run/hookq/hookq.sock", "HOOKQ_SOCKET");
    var told = script("told", "exec " + Machine.hookBinary() + " --socket " + machine.socket());
    try (var _ = nixConf("post-build-hook", told.toString())) {
      assertThat(only(examineHere(), "hook").verdict()).isEqualTo(Verdict.OK);
    }
  }

  // ── hookq itself ───────────────────────────────────────────────────────────────────────────

  @Test
  void a_config_that_cannot_be_used_and_all_that_can_be_looked_at_without() throws IOException {
    var before = Files.readString(machine.config());
    try (Undo _ = () -> Files.writeString(machine.config(), before)) {
      Files.writeString(machine.config(), before + "\n[destinations.moon]\nurl = \"x\"\n");
      var findings = examine(false);
      assertThat(only(findings, "config").verdict()).isEqualTo(Verdict.FAILURE);
      assertThat(only(findings, "config").seen()).contains("hookq.toml:", "moon.uri");
      assertThat(only(findings, "daemon").verdict()).isEqualTo(Verdict.OK);
    }
  }

  @Test
  void a_config_that_is_not_there() throws IOException {
    var before = Files.readString(machine.config());
    try (Undo _ = () -> Files.writeString(machine.config(), before)) {
      Files.delete(machine.config());
      var finding = only(examine(false), "config");
      assertThat(finding.verdict()).isEqualTo(Verdict.FAILURE);
      assertThat(finding.seen()).contains("hookq.toml: no such file");
      assertThat(finding.mend().orElseThrow()).startsWith("write it: docs/operations.md");
    }
  }

  @Test
  void a_daemon_that_does_not_run() throws IOException {
    machine.stopDaemon();
    try (Undo _ = machine::startDaemon) {
      assertFinds(Verdict.FAILURE, "daemon", "not reachable", "hookq daemon");
    }
  }

  @Test
  void something_that_is_no_socket_in_its_place() throws IOException {
    try (var _ = moved(machine.socket())) {
      Files.writeString(machine.socket(), "");
      var findings = examineHere();
      assertThat(only(findings, "socket").verdict()).isEqualTo(Verdict.FAILURE);
      assertThat(only(findings, "socket").seen()).contains("is no socket");
    }
  }

  @Test
  void a_socket_that_is_open_to_all_or_to_nobody() throws IOException {
    try (var _ = mode(machine.socket(), "rw-rw-rw-")) {
      assertFinds(Verdict.WARNING, "socket", "everybody may connect");
    }
    try (var _ = mode(machine.socket(), "rw-------")) {
      assertFinds(Verdict.WARNING, "socket", "only root and");
    }
  }

  @Test
  void a_daemon_of_another_version() throws IOException {
    try (var _ = moved(machine.socket());
        var listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listener.bind(UnixDomainSocketAddress.of(machine.socket()));
      Files.setPosixFilePermissions(machine.socket(), PosixFilePermissions.fromString("rw-rw----"));
      var answer = "{\"ok\":true,\"version\":\"9.9.9\",\"pid\":1,\"status\":{},\"jobs\":[]}\n";
      Thread.ofVirtual().start(() -> answerAll(listener, answer));
      assertFinds(Verdict.WARNING, "daemon", "9.9.9");
    }
  }

  private static void answerAll(ServerSocketChannel listener, String answer) {
    while (listener.isOpen()) {
      try (var peer = listener.accept()) {
        peer.read(ByteBuffer.allocate(1024));
        peer.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.UTF_8)));
      } catch (IOException e) {
        // The test is over, or this peer is.
      }
    }
  }

  @Test
  void a_database_that_is_none() throws IOException {
    var state = Files.createDirectories(folder.resolve("other-state"));
    Files.writeString(state.resolve("queue.sqlite"), "garbage, garbage");
    var before = machine.stateDir();
    try (Undo _ = () -> machine.stateDir(before)) {
      machine.stateDir(state);
      assertFinds(Verdict.FAILURE, "database", "is no SQLite database");
    }
  }

  @Test
  void a_queue_that_was_set_aside() throws IOException {
    var aside = Files.createFile(machine.stateDir().resolve("queue.sqlite.corrupt-20261121"));
    try (Undo _ = () -> Files.delete(aside)) {
      assertFinds(Verdict.WARNING, "database", "queue.sqlite.corrupt-20261121", "disk");
    }
  }

  @Test
  void a_spool_that_is_missing_or_open_to_others() throws IOException {
    environment.put("HOOKQ_SPOOL", folder.resolve("no-spool").toString());
    assertFinds(Verdict.FAILURE, "spool", "no such file", "install -d -m 0700");
    environment.put("HOOKQ_SPOOL", machine.spool().toString());
    try (var _ = mode(machine.spool(), "rwxrwxrwx")) {
      assertFinds(Verdict.FAILURE, "spool", "nothing in it is believed", "chmod 0700");
    }
  }

  @Test
  void files_that_stay_in_the_spool_or_were_rejected() throws IOException {
    var other = folder.folder("other-spool");
    environment.put("HOOKQ_SPOOL", other.toString());
    Files.setPosixFilePermissions(other, PosixFilePermissions.fromString("rwx------"));
    var stuck = Files.createFile(other.resolve("1-1-1.json"));
    Files.setLastModifiedTime(stuck, FileTime.from(Instant.now().minusSeconds(3600)));
    assertFinds(Verdict.WARNING, "spool", "has not taken in");
    Files.createDirectories(other.resolve("rejected"));
    Files.createFile(other.resolve("rejected/x.json"));
    assertFinds(Verdict.WARNING, "spool", "rejected", ".reason");
  }

  @Test
  void a_full_disk() throws IOException {
    assumeTrue(System.getProperty("user.name").equals("root"), "only root may mount a small disk");
    var small = folder.folder("small");
    run("mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", small.toString());
    try (Undo _ = () -> run("umount", small.toString())) {
      environment.put("HOOKQ_SPOOL", small.toString());
      assertFinds(Verdict.FAILURE, "space", "1.0 MiB free for " + small, "make room");
    }
  }

  private static void run(String... words) {
    PeerProcess.run(new ProcessBuilder(words)).orFail(words[0]);
  }

  @Test
  void a_folder_of_gc_roots_that_is_missing() {
    environment.put("HOOKQ_GCROOTS", folder.resolve("no-roots").toString());
    assertFinds(Verdict.WARNING, "gc-roots", "no-roots", "install -d -m 0755");
  }

  @Test
  void a_nix_daemon_that_does_not_answer() throws IOException {
    machine.nix().stopDaemon();
    try (Undo _ = machine.nix()::startDaemon) {
      assertFinds(Verdict.FAILURE, "source-store", "cannot reach the Nix daemon");
    }
  }

  // ── The way to the server ──────────────────────────────────────────────────────────────────

  private String settings() {
    return server.settings(server.sshd().port());
  }

  @Test
  void a_name_that_nobody_knows() throws IOException {
    try (var _ = destination(settings().replace("@127.0.0.1:", "@no-such-host.invalid:"))) {
      assertFinds(
          examine(false), Verdict.FAILURE, "name", "no-such-host.invalid does not resolve", "DNS");
    }
  }

  @Test
  void a_port_that_nobody_listens_on() throws IOException {
    var port = closedPort();
    try (var _ = destination(server.settings(port))) {
      assertFinds(
          examine(false), Verdict.FAILURE, "tcp", "nobody answers at 127.0.0.1 port " + port);
    }
  }

  private Undo openSsh(String text) throws IOException {
    var file = folder.folder(".ssh").resolve("config");
    Files.writeString(file, text);
    return () -> Files.delete(file);
  }

  /** As people have it who keep hosts, ports and keys in their OpenSSH config. */
  private String byAlias() {
    return settings()
        .replace("ssh-config = false\n", "")
        .replaceFirst("@127\\.0\\.0\\.1:\\d+", "@cache.alias");
  }

  private static String host(String alias, int port, String more) {
    return "Host %s\n  HostName 127.0.0.1\n  Port %d\n%s".formatted(alias, port, more);
  }

  @Test
  void a_host_is_looked_for_where_openssh_would_go() throws IOException {
    try (var _ = openSsh(host("cache.alias", server.sshd().port(), ""));
        var _ = destination(byAlias())) {
      var findings = examine(false);
      assertThat(findings)
          .allSatisfy(finding ->
              assertThat(finding.verdict()).as("%s", finding).isIn(Verdict.OK, Verdict.SKIPPED));
      assertThat(only(findings, "name").seen()).isEqualTo("127.0.0.1");
      assertThat(only(findings, "tcp").seen()).contains("port " + server.sshd().port());
    }
    try (var _ = openSsh("Host cache.alias\n  Port many\n");
        var _ = destination(byAlias())) {
      assertFinds(examine(false), Verdict.FAILURE, "name", ".ssh/config", "many");
    }
  }

  @Test
  void of_a_host_behind_another_the_other_is_looked_at() throws IOException {
    try (var jump = SshdPeer.in(folder.resolve("jump")).start();
        var _ =
            openSsh(
                host("cache.alias", server.sshd().port(), "  ProxyJump jump.alias\n")
                    + host(
                        "jump.alias",
                        jump.port(),
                        "  IdentityFile %s\n  UserKnownHostsFile %s\n"
                            .formatted(jump.userKey(), jump.knownHosts())));
        var _ = destination(byAlias())) {
      var findings = examine(false);
      assertThat(findings)
          .allSatisfy(finding ->
              assertThat(finding.verdict()).as("%s", finding).isIn(Verdict.OK, Verdict.SKIPPED));
      assertThat(only(findings, "tcp").seen())
          .contains("port " + jump.port())
          .contains("the first host on the way to 127.0.0.1:" + server.sshd().port());
      assertThat(only(findings, "login").seen()).contains("by way of", ":" + jump.port());
      assertThat(jump.log()).contains("Accepted publickey");
      jump.stop();
      assertFinds(
          examine(false),
          Verdict.FAILURE,
          "tcp",
          "port " + jump.port(),
          "the first host on the way");
    }
  }

  @Test
  void over_the_worker_protocol_all_is_looked_at_as_well() throws IOException {
    for (var scheme : List.of("ssh-ng", "ssh+auto")) {
      try (var _ = destination(settings().replace("ssh://", scheme + "://"))) {
        var findings = examine(true);
        assertThat(findings)
            .allSatisfy(
                finding -> assertThat(finding.verdict()).as("%s", finding).isEqualTo(Verdict.OK));
        assertThat(only(findings, "protocol").seen()).startsWith("worker 1.");
      }
    }
    var key = server.sshd().newKey("serving", "ed25519", "");
    server.sshd().authorize(key, "restrict,command=\"echo Welcome to the server\" ");
    try (var _ =
        destination(
            settings()
                .replace("ssh://", "ssh-ng://")
                .replace(server.sshd().userKey().toString(), key.toString()))) {
      assertFinds(examine(false), Verdict.FAILURE, "command", "Welcome", "nix-daemon --stdio");
    }
  }

  @Test
  void a_host_key_that_is_another() throws IOException {
    try (var _ =
        destination(
            settings()
                .replace(
                    server.sshd().hostKey("ed25519"),
                    SshdPeer.publicKey(server.sshd().userKey())))) {
      assertFinds(examine(false), Verdict.FAILURE, "host-key", "is not the pinned one");
    }
  }

  @Test
  void a_key_that_the_server_does_not_know() throws IOException {
    var stranger = server.sshd().newKey("stranger", "ed25519", "");
    try (var _ =
        destination(settings().replace(server.sshd().userKey().toString(), stranger.toString()))) {
      assertFinds(examine(false), Verdict.FAILURE, "login", "does not let", stranger.toString());
    }
  }

  @Test
  void a_key_that_is_not_there_and_a_host_key_that_nobody_asked_for() throws IOException {
    var missing = folder.resolve("no-key");
    try (var _ =
        destination(settings().replace(server.sshd().userKey().toString(), missing.toString()))) {
      var findings = examine(false);
      assertFinds(findings, Verdict.FAILURE, "login", missing.toString());
      assertThat(only(findings, "host-key").verdict()).isEqualTo(Verdict.SKIPPED);
    }
  }

  @Test
  void a_program_that_the_server_does_not_find() throws IOException {
    try (var _ = destination(settings() + "remote-program = \"/nowhere/nix-store\"\n")) {
      assertFinds(examine(false), Verdict.FAILURE, "command", "127", "remote-program");
    }
  }

  @Test
  void a_forced_command_that_is_another() throws IOException {
    var key = server.sshd().newKey("forced", "ed25519", "");
    server.sshd().authorize(key, "restrict,command=\"echo Welcome to the server\" ");
    try (var _ =
        destination(settings().replace(server.sshd().userKey().toString(), key.toString()))) {
      assertFinds(examine(false), Verdict.FAILURE, "command", "Welcome", "authorized_keys");
    }
  }

  @Test
  void a_forced_command_that_lets_nobody_write() throws IOException {
    var key = server.sshd().newKey("reader", "ed25519", "");
    server
        .sshd()
        .authorize(
            key,
            "restrict,command=\"%s --serve --store '%s'\" "
                .formatted(Peers.require("nix-store"), server.nix().localUri()));
    try (var _ =
        destination(settings().replace(server.sshd().userKey().toString(), key.toString()))) {
      assertFinds(examine(true), Verdict.FAILURE, "trust", "not allowed", "--serve --write");
    }
  }

  @Test
  void a_server_that_trusts_neither_the_user_nor_a_signature() throws IOException {
    assumeTrue(System.getProperty("user.name").equals("root"), "only root may become nobody");
    var shown = List.of(folder.path(), folder.resolve("far"), folder.resolve("far/nix"));
    for (var each : shown) {
      Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    var program =
        script(
            "as-nobody",
            "HOME=/nonexistent exec setpriv --reuid=65534 --regid=65534 --clear-groups "
                + Peers.require("nix-store")
                + " \"$@\"");
    server.nix().startDaemon();
    try (Undo _ = server.nix()::stopDaemon;
        var _ =
            destination(
                settings().replace(server.nix().localUri(), server.nix().daemonUri())
                    + "remote-program = \""
                    + program
                    + "\"\n")) {
      assertFinds(examine(true), Verdict.FAILURE, "trust", "signature", "trusted-users");
      try (var _ = nixConf("secret-key-files", "/etc/nix/key")) {
        assertFinds(examine(true), Verdict.WARNING, "trust", "/etc/nix/key", "trusted-public-keys");
      } finally {
        machine.nix().set("secret-key-files", "");
      }
    }
  }

  @Test
  void a_signature_made_on_the_way_is_one_that_the_server_trusts_or_not() throws IOException {
    assumeTrue(System.getProperty("user.name").equals("root"), "only root may become nobody");
    for (var each : List.of(folder.path(), folder.resolve("far"), folder.resolve("far/nix"))) {
      Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    var secret = machine.nix().newSecretKey("doctor-1");
    var program =
        script(
            "signed-as-nobody",
            "HOME=/nonexistent exec setpriv --reuid=65534 --regid=65534 --clear-groups "
                + Peers.require("nix-store")
                + " \"$@\"");
    var signing =
        settings().replace(server.nix().localUri(), server.nix().daemonUri())
            + "remote-program = \"%s\"\nsigning-keys = [\"%s\"]\n".formatted(program, secret);
    server.nix().startDaemon();
    try (var _ = destination(signing)) {
      assertFinds(
          examine(true),
          Verdict.FAILURE,
          "trust",
          "signed by doctor-1",
          "trusted-public-keys",
          machine.nix().publicKey(secret));
      server.nix().stopDaemon();
      server.nix().set("trusted-public-keys", machine.nix().publicKey(secret)).startDaemon();
      var trust = only(examine(true), "trust");
      assertThat(trust.verdict()).as("%s", trust).isEqualTo(Verdict.OK);
      assertThat(trust.seen()).contains("which doctor-1 signed");
    } finally {
      server.nix().stopDaemon();
      server.nix().set("trusted-public-keys", "");
    }
  }

  @Test
  void a_signing_key_that_cannot_be_read() throws IOException {
    try (var _ = destination(settings() + "signing-keys = [\"/nowhere/key\"]\n")) {
      assertFinds(examine(false), Verdict.FAILURE, "signing-keys", "/nowhere/key", "no such file");
    }
  }

  @Test
  void a_garbage_collector_that_would_take_what_arrived() throws IOException {
    var link = server.nix().stateDir().resolve("gcroots/kept");
    try (var _ = movedAway(link)) {
      assertFinds(examine(false), Verdict.WARNING, "garbage", arrived.baseName(), "hookq receive");
    }
  }

  @Test
  void an_upload_key_may_not_ask_and_is_told_what_is_kept() throws IOException {
    var receiving = server.sshd().newKey("receiving", "ed25519", "");
    server
        .sshd()
        .authorize(
            receiving,
            "restrict,"
                + Receiving.command(server.nix(), "--keep", "90d", "--keep-size", "200GiB"));
    var fixed = server.sshd().newKey("fixed", "ed25519", "");
    server
        .sshd()
        .authorize(
            fixed,
            "restrict,command=\"%s --serve --write --store '%s'\" "
                .formatted(Peers.require("nix-store"), server.nix().localUri()));
    try (var _ = destination(with(receiving))) {
      var garbage = only(examine(false), "garbage");
      assertThat(garbage.verdict()).as("%s", garbage).isEqualTo(Verdict.OK);
      assertThat(garbage.seen())
          .isEqualTo(
              "what arrives is kept under macbook for 90d, up to 200.0 GiB, the newest first");
    }
    try (var _ = destination(with(fixed))) {
      assertThat(only(examine(false), "garbage").verdict()).isEqualTo(Verdict.SKIPPED);
    }
  }

  private String with(Path key) {
    return settings().replace(server.sshd().userKey().toString(), key.toString());
  }

  private Undo movedAway(Path link) throws IOException {
    var aside = Files.move(link, folder.resolve("kept-aside"));
    return () -> Files.move(aside, link);
  }

  @Test
  void a_clock_that_is_wrong() throws IOException {
    var early = script("early/date", "echo 1000000000");
    var key = server.sshd().newKey("early", "ed25519", "");
    server
        .sshd()
        .authorize(
            key,
            "command=\"PATH=%s:$PATH; eval \\\"$SSH_ORIGINAL_COMMAND\\\"\" "
                .formatted(early.getParent()));
    try (var _ =
        destination(settings().replace(server.sshd().userKey().toString(), key.toString()))) {
      assertFinds(examine(false), Verdict.WARNING, "clock", "apart", "NTP");
    }
  }
}
