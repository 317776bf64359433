package io.hookq.daemon.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hookq.docs.Operations;
import io.hookq.peers.FaultProxy.Direction;
import io.hookq.peers.NixPeer;
import io.hookq.peers.PeerProcess;
import io.hookq.peers.TempFolder;
import io.hookq.store.DerivationHashes;
import io.hookq.store.DrvOutput;
import io.hookq.store.StorePath;
import io.hookq.worker.DaemonSocket;
import io.hookq.worker.DaemonStore;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The whole way over {@code ssh-ng://} and {@code ssh+auto://}, to a real Nix behind sshd. */
@Timeout(180)
class WorkerProtocolTest {
  private static final String THERE = "there";

  private final TempFolder folder = TempFolder.create();
  private Far far;
  private Near near;

  @BeforeEach
  void open() {
    far = Far.in(folder.resolve("far"));
    near = Near.in(folder.resolve("near"));
  }

  @AfterEach
  void close() {
    near.close();
    far.close();
    folder.close();
  }

  private String over(String scheme) {
    return far.settings().replace("ssh://", scheme + "://");
  }

  /** The far daemon's socket instead of its files: then that daemon decides what it takes. */
  private String throughDaemon(String scheme) {
    return over(scheme).replace(far.nix().localUri(), far.nix().daemonUri());
  }

  private String protocol() {
    return near.status(THERE).path("protocol").asText();
  }

  private StorePath build(String name) {
    return near.nix()
        .build(
            "sh \"%1$s\" { dep = sh \"%1$s-dep\" {} \"echo dep > $out\"; } \"echo $dep > $out\""
                .formatted(name))
        .getFirst();
  }

  private StorePath big() throws IOException {
    var bytes = new byte[2 << 20];
    new Random(1).nextBytes(bytes);
    return near.nix().add(Files.write(folder.resolve("big"), bytes));
  }

  private void assertDone(StorePath path) {
    Near.await(() ->
        assertThat(near.job(THERE, path).state())
            .as("%s %s", near.job(THERE, path), near.status(THERE).path("lastError"))
            .isEqualTo("done"));
    far.assertWhole(List.of(path));
  }

  // ── ssh-ng ─────────────────────────────────────────────────────────────────────────────────

  @Test
  void a_closure_arrives_over_ssh_ng() {
    near.destination(THERE, over("ssh-ng")).start();
    var path = build("app");
    near.push(path);
    assertDone(path);
    assertThat(protocol()).startsWith("worker 1.");
    assertThat(far.nix().pathInfo(path).references())
        .isEqualTo(near.nix().pathInfo(path).references());
  }

  @Test
  void a_line_that_is_cut_in_the_middle_of_a_nar_is_no_fault_of_the_path() throws IOException {
    far.line()
        .after(
            Direction.UP,
            200_000,
            line -> {
              line.cut();
              line.refuse();
            });
    near.destination(THERE, over("ssh-ng")).start();
    var path = big();
    near.push(path);
    near.awaitError(THERE, "127.0.0.1:" + far.line().port());
    assertThat(near.job(THERE, path).attempts()).isZero();
    assertThat(far.nix().validPaths()).isEmpty();
    far.line().pass();
    assertDone(path);
  }

  @Test
  void a_corrupt_path_fails_alone_over_the_connection_that_the_others_go_on_with()
      throws IOException {
    far.line().refuse();
    near.destination(THERE, over("ssh-ng")).start();
    var corrupt = near.nix().addText("corrupt", "right");
    var file = near.nix().real(corrupt);
    assertThat(file.toFile().setWritable(true)).isTrue();
    Files.writeString(file, "wrong");
    var path = build("app");
    near.push(corrupt, path);
    near.awaitError(THERE, "refused");
    far.line().pass();
    assertDone(path);
    Near.await(() -> assertThat(near.job(THERE, corrupt).state()).isEqualTo("failed"));
    assertThat(near.job(THERE, corrupt).reason().orElseThrow()).startsWith("corrupt here: ");
    assertThat(far.nix().validPaths()).doesNotContain(corrupt);
  }

  @Test
  void a_full_disk_there_is_the_servers_trouble() throws IOException {
    assumeTrue(System.getProperty("user.name").equals("root"), "only root may mount a small disk");
    var store = Files.createDirectories(far.nix().realStoreDir());
    run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", store.toString());
    try {
      near.destination(THERE, over("ssh-ng")).start();
      var path = big();
      near.push(path);
      near.awaitError(THERE, "No space left on device", "hint: the server's disk is full");
      assertThat(near.job(THERE, path).attempts()).isZero();
      run("mount", "-o", "remount,size=64m", store.toString());
      assertDone(path);
    } finally {
      run("umount", store.toString());
    }
  }

  private static void run(String... command) {
    PeerProcess.run(new ProcessBuilder(command)).orFail(Arrays.toString(command));
  }

  // ── Signing in flight ──────────────────────────────────────────────────────────────────────

  @Test
  void an_untrusted_account_may_bring_what_is_signed_by_a_key_that_the_server_trusts()
      throws IOException {
    var secret = near.nix().newSecretKey("hookq-test-1");
    far.nix().set("trusted-users", "nobody").startDaemon();
    near.attempts(1).destination(THERE, throughDaemon("ssh-ng")).start();
    var path = build("app");
    near.push(path);
    Near.await(() -> assertThat(near.job(THERE, path).state()).isEqualTo("failed"));
    assertThat(near.job(THERE, path).reason().orElseThrow())
        .contains("signature")
        .contains("hint")
        .contains("signing-keys")
        .contains("trusted-public-keys");
    near.stop();

    var signing = "signing-keys = [\"" + secret + "\"]\n";
    near.attempts(1).destination(THERE, throughDaemon("ssh-ng") + signing).start();
    near.push(path);
    // Signed, and by nobody that the server knows.
    Near.await(() -> {
      assertThat(near.job(THERE, path).state()).isEqualTo("failed");
      assertThat(near.job(THERE, path).reason().orElseThrow()).contains("trusted-public-keys");
    });
    assertThat(far.nix().validPaths()).isEmpty();

    far.nix().stopDaemon();
    far.nix().set("trusted-public-keys", near.nix().publicKey(secret)).startDaemon();
    near.push(path);
    assertDone(path);
    near.nix().run("nix", "store", "sign", "-k", "" + secret, near.nix().storeDir().print(path));
    assertThat(far.nix().pathInfo(path).signatures())
        .hasSize(1)
        .isEqualTo(near.nix().pathInfo(path).signatures());
  }

  @Test
  void what_was_there_before_without_our_signature_gets_it() throws IOException {
    var secret = near.nix().newSecretKey("hookq-test-1");
    near.destination(THERE, over("ssh-ng")).start();
    var path = build("app");
    near.push(path);
    assertDone(path);
    assertThat(far.nix().pathInfo(path).signatures()).isEmpty();
    near.stop();
    near.destination(THERE, over("ssh-ng") + "signing-keys = [\"" + secret + "\"]\n").start();
    near.push(path);
    Near.await(() -> assertThat(far.nix().pathInfo(path).signatures()).hasSize(1));
  }

  @Test
  void over_serve_paths_are_signed_too_and_a_key_that_cannot_be_read_is_named() throws IOException {
    var secret = near.nix().newSecretKey("hookq-test-1");
    var missing = folder.resolve("no-such-key");
    near.destination(THERE, far.settings() + "signing-keys = [\"" + missing + "\"]\n").start();
    var path = build("app");
    near.push(path);
    assertThat(near.awaitError(THERE, missing.toString(), "no such file"))
        .is(Operations.says("cannot use the signing key FILE: …"));
    assertThat(near.job(THERE, path).attempts()).isZero();
    Files.copy(secret, missing);
    assertDone(path);
    assertThat(far.nix().pathInfo(path).signatures())
        .singleElement()
        .asString()
        .startsWith("hookq-test-1:");
  }

  // ── Realisations ───────────────────────────────────────────────────────────────────────────

  private static final String CONTENT_ADDRESSED = "nix-command ca-derivations";

  /** The last of a chain of content-addressed outputs, and none of it written for its inputs. */
  private StorePath buildContentAddressed() {
    near.nix().stopDaemon();
    near.nix().set("experimental-features", CONTENT_ADDRESSED).startDaemon();
    return near.nix()
        .build(
            """
            let
              ca = {
                __contentAddressed = true;
                outputHashMode = "recursive";
                outputHashAlgo = "sha256";
              };
            in rec {
              a = sh "a" (ca // { outputs = [ "out" "dev" ]; }) "echo a > $out; echo $out > $dev";
              b = sh "b" (ca // { inherit a; inherit (a) dev; }) "echo $a $dev > $out";
              c = sh "c" (ca // { inherit b; }) "echo $b > $out";
            }.c
            """)
        .getFirst();
  }

  private static DaemonStore store(NixPeer nix) {
    return new DaemonStore(new DaemonSocket(nix.socket()), nix.storeDir(), nix.realStoreDir());
  }

  @Test
  void the_realisations_of_content_addressed_derivations_are_registered_there() throws IOException {
    far.nix().set("experimental-features", CONTENT_ADDRESSED).startDaemon();
    near.destination(THERE, throughDaemon("ssh-ng")).start();
    var path = buildContentAddressed();
    near.push(path);
    assertDone(path);
    try (var here = store(near.nix());
        var there = store(far.nix())) {
      var hashes =
          new DerivationHashes(here.storeDir(), drv -> here.queryDerivation(drv).orElseThrow());
      var written = new ArrayList<String>();
      for (var drv : near.nix().validPaths()) {
        if (drv.isDerivation()
            && near.nix().pathInfo(path).deriver().filter(drv::equals).isEmpty()) {
          var derivation = here.queryDerivation(drv).orElseThrow();
          // Those that Nix has resolved are there for what was asked for only.
          if (derivation.inputSources().isEmpty()) {
            for (var output : derivation.outputs().keySet()) {
              var id = new DrvOutput(hashes.of(derivation), output);
              var known = here.queryRealisation(id, Optional.of(drv));
              assertThat(known).as(id.id()).isPresent();
              assertThat(there.queryRealisation(id, Optional.of(drv))).isEqualTo(known);
              written.add(drv.name() + "^" + output);
            }
          }
        }
      }
      assertThat(written)
          .containsExactlyInAnyOrder("a.drv^dev", "a.drv^out", "b.drv^out", "c.drv^out");
    }
  }

  @Test
  void where_content_addressed_derivations_are_not_enabled_their_outputs_arrive_all_the_same() {
    near.destination(THERE, over("ssh-ng")).start();
    var path = buildContentAddressed();
    near.push(path);
    assertDone(path);
    assertThat(near.job(THERE, path).attempts()).isZero();
    assertThat(near.status(THERE).path("lastError").asText("")).isIn("", "null");
    var next = build("app");
    near.push(path, next);
    assertDone(next);
    assertDone(path);
  }

  // ── Substitution there ─────────────────────────────────────────────────────────────────────

  @Test
  void what_the_far_side_gets_from_a_cache_is_not_sent_over_ssh_ng() {
    substitutes("ssh-ng", "nix-daemon");
  }

  @Test
  void what_the_far_side_gets_from_a_cache_is_not_sent_over_serve() {
    substitutes("ssh", "nix-store");
  }

  private void substitutes(String scheme, String program) {
    var cached = build("cached");
    var cache = "file://" + folder.resolve("cache");
    near.nix().run("nix", "copy", "--to", cache, near.nix().storeDir().print(cached));
    far.nix().set("substituters", cache).set("require-sigs", "false");
    var there =
        far.program(
            program, "NIX_CONF_DIR=%s exec %s \"$@\"".formatted(far.nix().confDir(), program));
    near.destination(
            THERE,
            over(scheme)
                + "remote-program = \"%s\"\nsubstitute-on-destination = true\n".formatted(there))
        .start();
    var own =
        near.nix()
            .build(
                "sh \"own\" { dep = builtins.storePath \"%s\"; } \"echo $dep > $out\""
                    .formatted(near.nix().storeDir().print(cached)))
            .getFirst();
    near.push(own);
    assertDone(own);
    assertThat(far.nix().validPaths()).contains(cached);
    assertThat(near.status(THERE).path("pathsSentTotal").asInt()).isEqualTo(1);
  }

  // ── ssh+auto ───────────────────────────────────────────────────────────────────────────────

  @Test
  void auto_prefers_the_worker_protocol() {
    near.destination(THERE, over("ssh+auto")).start();
    var path = build("app");
    near.push(path);
    assertDone(path);
    assertThat(protocol()).startsWith("worker");
  }

  @Test
  void auto_takes_what_a_forced_command_speaks_and_notices_when_that_changes() {
    force("nix-store --serve --write", far.nix());
    near.destination(THERE, over("ssh+auto") + "idle-timeout = \"100ms\"\n").start();
    var first = build("first");
    near.push(first);
    assertDone(first);
    assertThat(protocol()).startsWith("serve");

    force("nix-daemon --stdio", far.nix());
    Near.await(() -> assertThat(near.status(THERE).path("state").asText()).isEqualTo("idle"));
    var second = build("second");
    Near.await(() -> {
      near.push(second);
      assertThat(near.job(THERE, second).state()).isEqualTo("done");
      // Another push goes over whatever is spoken now.
      near.push(build("third"));
      assertThat(protocol()).startsWith("worker");
    });
  }

  @Test
  void auto_says_what_it_heard_where_neither_is_spoken() {
    far.sshd().authorizeNobody();
    far.sshd().authorize(far.sshd().userKey(), "command=\"echo hello there\" ");
    near.destination(THERE, over("ssh+auto")).start();
    near.push(build("app"));
    assertThat(near.awaitError(THERE, "neither protocol", "hello there"))
        .is(Operations.says("it speaks neither protocol of Nix; …"));
  }

  @Test
  void a_far_side_that_says_nothing_at_all_is_told_of() {
    far.sshd().authorizeNobody();
    far.sshd().authorize(far.sshd().userKey(), "command=\"cat >/dev/null\" ");
    near.destination(THERE, over("ssh-ng") + "connect-timeout = \"2s\"\n").start();
    near.push(build("app"));
    assertThat(near.awaitError(THERE, "said nothing"))
        .is(Operations.says("the far side ran our command and said nothing for …"));
  }

  private void force(String command, NixPeer nix) {
    far.sshd().authorizeNobody();
    far.sshd()
        .authorize(
            far.sshd().userKey(),
            "command=\"%s --store '%s'\" ".formatted(command, nix.localUri()));
  }
}
