package io.hookq.daemon.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hookq.docs.Operations;
import io.hookq.peers.PeerProcess;
import io.hookq.peers.Peers;
import io.hookq.peers.TempFolder;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Point 3: one bad path ends alone, with its reason; a server that takes nothing from us is not a
 * reason to fail anything.
 */
@Timeout(180)
class PoisonPathTest {
  private static final String THERE = "there";
  private static final String SEVENTEEN =
      "builtins.genList (i: sh \"good-${toString i}\" {} \"echo ${toString i} > $out\") 17";

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

  @Test
  void a_path_whose_recorded_hash_is_wrong_fails_alone_with_what_needs_it() throws Exception {
    far.line().refuse();
    var good = near.nix().build(SEVENTEEN);
    var poison = near.nix().build(POISON).getFirst();
    var dependants = near.nix().build(dependants());
    recordWrongHash(poison);
    near.destination(THERE, far.settings()).start();
    push(good, poison, dependants);
    near.awaitError(THERE, "refused");
    far.line().pass();

    assertEndsAlone(good, poison, dependants);
    assertThat(near.job(THERE, poison).reason().orElseThrow()).startsWith("corrupt here: ");
  }

  @Test
  void a_path_without_a_signature_among_signed_ones_fails_alone_with_what_needs_it()
      throws Exception {
    var settings = untrusting();
    far.line().refuse();
    var poison = near.nix().build(POISON).getFirst();
    near.nix().stopDaemon();
    var key = near.nix().signBuilds("near-1");
    near.nix().startDaemon();
    var good = near.nix().build(SEVENTEEN);
    var dependants = near.nix().build(dependants());
    trust("trusted-public-keys", key);
    near.attempts(2).destination(THERE, settings).start();
    push(good, poison, dependants);
    near.awaitError(THERE, "refused");
    far.line().pass();

    assertEndsAlone(good, poison, dependants);
    assertThat(near.job(THERE, poison).reason().orElseThrow())
        .contains("signature", "trusted-public-keys");
    assertThat(near.job(THERE, poison).attempts()).isEqualTo(2);
  }

  @Test
  void a_server_that_trusts_nobody_fails_nothing_and_takes_all_once_it_does() throws Exception {
    var settings = untrusting();
    far.nix().startDaemon();
    var built = near.nix().build(SEVENTEEN);
    near.attempts(1).destination(THERE, settings).start();
    near.push(built);

    assertThat(near.awaitError(THERE, "hint", "trusted-users", "trusted-public-keys"))
        .is(Operations.says("lacks a valid signature"));
    // A few more steps of the backoff.
    Near.await(() -> assertThat(runs()).isGreaterThan(6));
    assertThat(near.status(THERE).path("failed").asInt()).isZero();
    assertThat(near.jobs(THERE))
        .hasSize(17)
        .allSatisfy(job -> {
          assertThat(job.attempts()).isZero();
          assertThat(job.state()).isIn("queued", "uploading");
        });
    assertThat(far.nix().validPaths()).isEmpty();

    trust("trusted-users", "root nobody");
    near.awaitDone(THERE);
    far.assertWhole(built);
  }

  private static final String POISON = "sh \"poison\" {} \"echo poison > $out\"";

  private static String dependants() {
    return """
    let
      poison = %s;
      one = sh "needs-poison" {} "echo ${poison} > $out";
    in [ one (sh "needs-what-needs-it" {} "echo ${one} > $out") ]
    """
        .formatted(POISON);
  }

  private void push(List<StorePath> good, StorePath poison, List<StorePath> dependants) {
    var all = new ArrayList<>(good);
    all.add(9, poison);
    all.addAll(dependants);
    near.push(all);
  }

  private void assertEndsAlone(List<StorePath> good, StorePath poison, List<StorePath> dependants) {
    Near.await(() -> {
      for (var path : good) {
        assertThat(near.job(THERE, path).state()).isEqualTo("done");
        assertThat(near.job(THERE, path).attempts()).isLessThanOrEqualTo(1);
      }
    });
    Near.await(() -> {
      assertThat(near.job(THERE, poison).state()).isEqualTo("failed");
      for (var path : dependants) {
        assertThat(near.job(THERE, path).state()).isEqualTo("failed");
        assertThat(near.job(THERE, path).reason().orElseThrow())
            .contains("it needs " + poison.baseName());
      }
    });
    far.assertWhole(good);
    assertThat(far.nix().validPaths())
        .doesNotContain(poison)
        .doesNotContainAnyElementsOf(dependants);
  }

  /** Has Nix believe that the path has another hash than it has. */
  private void recordWrongHash(StorePath path) throws IOException {
    var info = near.nix().pathInfo(path);
    var lines =
        "%s\n%s\n%d\n\n0\n"
            .formatted(near.nix().storeDir().print(path), "0".repeat(64), info.narSize());
    var input = Files.writeString(folder.resolve("registration"), lines, StandardCharsets.UTF_8);
    var register = near.nix().command("nix-store", "--load-db");
    PeerProcess.run(register.redirectInput(input.toFile())).orFail("load-db");
    assertThat(near.nix().pathInfo(path).narHash()).isNotEqualTo(info.narHash());
  }

  // ── A server that does not trust its SSH user ──────────────────────────────────────────────

  /** Behind the far store's own Nix daemon, as an unprivileged user. */
  private String untrusting() throws IOException {
    assumeTrue(System.getProperty("user.name").equals("root"), "only root may become nobody");
    for (var shown : List.of(folder.path(), folder.resolve("far"), folder.resolve("far/nix"))) {
      Files.setPosixFilePermissions(shown, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    Files.createFile(runLog());
    var program =
        far.program(
            "as-nobody",
            "echo run >>%s; HOME=/nonexistent exec setpriv --reuid=65534 --regid=65534 --clear-groups %s \"$@\""
                .formatted(runLog(), Peers.require("nix-store")));
    return far.settings().replace(far.nix().localUri(), far.nix().daemonUri())
        + "remote-program = \""
        + program
        + "\"\n";
  }

  private Path runLog() {
    return folder.resolve("runs");
  }

  private long runs() throws IOException {
    try (var lines = Files.lines(runLog())) {
      return lines.count();
    }
  }

  private void trust(String option, String value) {
    far.nix().stopDaemon();
    far.nix().set(option, value).startDaemon();
  }
}
