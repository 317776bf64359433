package io.hookq.daemon.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hookq.docs.Operations;
import io.hookq.peers.FaultProxy.Direction;
import io.hookq.peers.PeerProcess;
import io.hookq.peers.SshdPeer;
import io.hookq.peers.TempFolder;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Point 2: each failure has its class, its words and its hint, and ends when it is mended. */
@Timeout(180)
class FailureClassTest {
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

  // ── Unreachable ────────────────────────────────────────────────────────────────────────────

  @Test
  void unreachable_a_name_that_does_not_resolve() {
    var path = pushTo(far.bare("no-such-host.invalid"));
    near.awaitError(THERE, "no-such-host.invalid", "does not resolve");
    assertUntouched(path);
    near.stop().destination(THERE, far.settings()).start();
    assertArrives(path);
  }

  @Test
  void unreachable_a_port_that_refuses() {
    far.line().refuse();
    var path = pushTo(far.settings());
    assertThat(near.awaitError(THERE, "127.0.0.1:" + far.line().port(), "refused"))
        .is(Operations.says("… cannot be reached, while connecting: …"));
    assertUntouched(path);
    far.line().pass();
    assertArrives(path);
  }

  @Test
  void unreachable_a_server_that_takes_connections_and_says_nothing() {
    far.line().blackHole();
    var path = pushTo(far.settings() + "connect-timeout = \"500ms\"\n");
    near.awaitError(THERE, "greeting", "500 ms");
    assertUntouched(path);
    near.stop().destination(THERE, far.settings());
    far.line().pass();
    near.start();
    assertArrives(path);
  }

  @Test
  void unreachable_a_server_that_resets() {
    far.line().resetNew();
    var path = pushTo(far.settings());
    near.awaitError(THERE, "127.0.0.1:" + far.line().port(), "Connection reset");
    assertUntouched(path);
    far.line().pass();
    assertArrives(path);
  }

  @Test
  void unreachable_a_line_that_ends_in_the_middle_of_a_nar() {
    far.line()
        .after(
            Direction.UP,
            200_000,
            line -> {
              line.cut();
              line.refuse();
            });
    var path = pushTo(far.settings());
    near.awaitError(THERE, "127.0.0.1:" + far.line().port());
    assertUntouched(path);
    assertThat(far.nix().validPaths()).isEmpty();
    far.line().pass();
    assertArrives(path);
  }

  @Test
  void server_trouble_a_far_side_that_is_killed_without_a_word() {
    var program =
        far.program(
            "serve", "[ -e " + folder.path() + "/mended ] && exec nix-store \"$@\"; kill -9 $$");
    var path = pushTo(far.settings() + "remote-program = \"" + program + "\"\n");
    near.awaitError(THERE, "ended the connection without a word");
    assertUntouched(path);
    mend();
    assertArrives(path);
  }

  // ── Denied ─────────────────────────────────────────────────────────────────────────────────

  @Test
  void denied_a_key_that_the_server_does_not_know() {
    far.sshd().authorizeNobody();
    var path = pushTo(far.settings());
    near.awaitError(THERE, "does not let", "hint", far.sshd().userKey().toString());
    assertUntouched(path);
    far.sshd().authorize(far.sshd().userKey(), "");
    assertArrives(path);
  }

  @Test
  void denied_a_host_that_is_not_known() throws IOException {
    var known = knownHosts("");
    var path = pushTo(knownBy(known));
    near.awaitError(THERE, "host key", "unknown", "ssh-keygen", known.toString());
    assertUntouched(path);
    Files.writeString(known, far.sshd().knownHostsLines(far.line().port()));
    assertArrives(path);
  }

  @Test
  void denied_a_host_whose_key_changed() throws IOException {
    var stranger = SshdPeer.publicKey(far.sshd().newKey("stranger", "ed25519", ""));
    var known = knownHosts("[127.0.0.1]:%d %s\n".formatted(far.line().port(), stranger));
    var path = pushTo(knownBy(known));
    near.awaitError(THERE, "host key", "changed", known.toString());
    assertUntouched(path);
    Files.writeString(known, far.sshd().knownHostsLines(far.line().port()));
    assertArrives(path);
  }

  // ── Server trouble ─────────────────────────────────────────────────────────────────────────

  @Test
  void server_trouble_a_program_that_is_not_there() {
    var program = folder.resolve("far/not-yet-there");
    var path = pushTo(far.settings() + "remote-program = \"" + program + "\"\n");
    assertThat(near.awaitError(THERE, program.toString(), "127", "hint", "remote-program"))
        .is(Operations.says("without a word of the serve protocol (exit status 127): …"));
    assertUntouched(path);
    far.program("not-yet-there", "exec nix-store \"$@\"");
    assertArrives(path);
  }

  @Test
  void server_trouble_a_far_side_that_prints_a_banner_first() {
    var program = pretender("echo 'Welcome to the machine'; sleep 1");
    var path = pushTo(far.settings() + "remote-program = \"" + program + "\"\n");
    assertThat(near.awaitError(THERE, "Welcome"))
        .is(Operations.says("the far side speaks something else than the serve protocol: '…'"));
    assertUntouched(path);
    mend();
    assertArrives(path);
  }

  @Test
  void server_trouble_a_far_side_that_is_too_old() {
    // SERVE_MAGIC_2, then version 2.1.
    var hello = HexFormat.of().parseHex("cbee5254000000000102000000000000");
    var octal = new StringBuilder();
    for (var b : hello) {
      octal.append("\\%03o".formatted(b & 0xff));
    }
    var program = pretender("printf '" + octal + "'; cat >/dev/null");
    var path = pushTo(far.settings() + "remote-program = \"" + program + "\"\n");
    near.awaitError(THERE, "2.1", "2.5");
    assertUntouched(path);
    mend();
    assertArrives(path);
  }

  @Test
  void server_trouble_a_program_that_fails_before_it_answers() {
    var program = pretender("echo 'error: opening lock file: Permission denied' >&2; exit 1");
    var path = pushTo(far.settings() + "remote-program = \"" + program + "\"\n");
    near.awaitError(THERE, "opening lock file: Permission denied", "1");
    assertUntouched(path);
    mend();
    assertArrives(path);
  }

  @Test
  void server_trouble_a_full_disk_there() throws IOException {
    assumeTrue(System.getProperty("user.name").equals("root"), "only root may mount a small disk");
    var store = far.nix().realStoreDir();
    Files.createDirectories(store);
    run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", store.toString());
    try {
      var path = pushTo(far.settings());
      assertThat(near.awaitError(THERE, "hint: the server's disk is full"))
          .is(Operations.says("No space left on device"));
      assertUntouched(path);
      run("mount", "-o", "remount,size=64m", store.toString());
      assertArrives(path);
    } finally {
      run("umount", store.toString());
    }
  }

  // ── Source ─────────────────────────────────────────────────────────────────────────────────

  @Test
  void source_gone_ends_as_gone_and_the_others_arrive() throws IOException {
    far.line().refuse();
    var path = pushTo(far.settings());
    var gone = near.nix().addText("soon-gone", "gone");
    near.push(gone);
    near.awaitError(THERE, "refused");
    // By somebody who does not care for roots.
    Files.delete(near.root(gone));
    near.nix().delete(gone);
    far.line().pass();
    Near.await(() -> assertThat(near.job(THERE, gone).state()).isEqualTo("gone"));
    assertThat(near.job(THERE, gone).reason()).asString().contains("no longer valid");
    Near.await(() -> assertThat(near.job(THERE, path).state()).isEqualTo("done"));
    far.assertWhole(List.of(path));
  }

  @Test
  void source_corrupt_fails_at_once_and_is_never_valid_there() throws IOException {
    far.line().refuse();
    var path = pushTo(far.settings());
    var corrupt = near.nix().addText("corrupt", "right");
    near.push(corrupt);
    var file = near.nix().real(corrupt);
    assertThat(file.toFile().setWritable(true)).isTrue();
    Files.writeString(file, "wrong");
    far.line().pass();
    Near.await(() -> assertThat(near.job(THERE, corrupt).state()).isEqualTo("failed"));
    assertThat(near.job(THERE, corrupt).reason().orElseThrow())
        .is(Operations.says("corrupt here: …"))
        .contains(corrupt.baseName());
    Near.await(() -> assertThat(near.job(THERE, path).state()).isEqualTo("done"));
    far.assertWhole(List.of(path));
    assertThat(far.nix().validPaths()).doesNotContain(corrupt);
  }

  @Test
  void interrupted_is_queued_again_without_a_counted_attempt() {
    far.line().rate(100_000);
    var path = pushTo(far.settings());
    Near.await(() -> assertThat(far.line().bytesUp()).isGreaterThan(100_000));
    assertThat(near.job(THERE, path).state()).isEqualTo("uploading");
    near.stop();
    far.line().pass();
    far.line().refuse();
    near.start();
    near.awaitError(THERE, "refused");
    assertUntouched(path);
    far.line().pass();
    assertArrives(path);
  }

  // ── Steps ──────────────────────────────────────────────────────────────────────────────────

  /** A path of a megabyte, on its way to a destination with these settings. */
  private StorePath pushTo(String settings) {
    near.destination(THERE, settings).start();
    var path = big();
    near.push(path);
    return path;
  }

  private StorePath big() {
    var bytes = new byte[2 << 20];
    new Random(1).nextBytes(bytes);
    var file = folder.resolve("big");
    try (var out = new RandomAccessFile(file.toFile(), "rw")) {
      out.write(bytes);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return near.nix().add(file);
  }

  /** The destination waits, and the job is none the worse for it. */
  private void assertUntouched(StorePath path) {
    Near.await(() -> {
      assertThat(near.status(THERE).path("failed").asInt()).isZero();
      var job = near.job(THERE, path);
      assertThat(job.attempts()).isZero();
      assertThat(job.state()).isEqualTo("queued");
    });
  }

  private void assertArrives(StorePath path) {
    near.awaitDone(THERE);
    assertThat(near.job(THERE, path).attempts()).isZero();
    assertThat(near.status(THERE).path("lastError").isNull()).isTrue();
    assertThat(near.root(path)).doesNotExist();
    far.assertWhole(List.of(path));
  }

  /** Does that until {@link #mend}. */
  private Path pretender(String script) {
    return far.program(
        "serve",
        "if [ -e %s/mended ]; then exec nix-store \"$@\"; fi\n%s".formatted(folder.path(), script));
  }

  private void mend() {
    try {
      Files.createFile(folder.resolve("mended"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private Path knownHosts(String lines) throws IOException {
    return Files.writeString(folder.resolve("hosts"), lines);
  }

  private String knownBy(Path knownHosts) {
    return far.bare("127.0.0.1")
        + "known-hosts = [\"%s\"]\nremote-store = \"%s\"\n"
            .formatted(knownHosts, far.nix().localUri());
  }

  private static void run(String... command) {
    PeerProcess.run(new ProcessBuilder(command)).orFail(Arrays.toString(command));
  }
}
