package io.hookq.daemon.receive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.hookq.docs.Operations;
import io.hookq.peers.NixPeer;
import io.hookq.peers.PeerProcess;
import io.hookq.peers.Peers;
import io.hookq.peers.PipedProcess;
import io.hookq.peers.TempFolder;
import io.hookq.serve.ServeConnection;
import io.hookq.store.PeerEnd;
import io.hookq.store.StorePath;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/**
 * {@code hookq receive} run by nobody, behind whom there is a Nix daemon that root runs, and a
 * collector that root runs as well: all that is kept is so by indirect roots.
 */
class UnprivilegedReceiverTest {
  private static final String NOBODY = "nobody";

  @AutoClose private final TempFolder folder = TempFolder.create();
  @AutoClose private final NixPeer near = NixPeer.in(folder.resolve("near"));
  @AutoClose private final NixPeer far = NixPeer.in(folder.resolve("far"));

  private final Path home = folder.folder("home");
  private final Path links = home.resolve(".local/state/hookq/received/macbook");

  /** What nobody can read of the class path, which may lie in root's home. */
  private String classPath() throws IOException {
    var lib = folder.folder("lib");
    var copies = new ArrayList<String>();
    for (var entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      var original = Path.of(entry);
      if (!Files.exists(original) || entry.endsWith("test-classes")) {
        continue;
      }
      var copy = lib.resolve("" + copies.size());
      copyTree(original, copy);
      copies.add(copy.toString());
    }
    return String.join(File.pathSeparator, copies);
  }

  private static void copyTree(Path from, Path to) throws IOException {
    try (var files = Files.walk(from)) {
      for (var file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  private ProcessBuilder receive(String classPath, String... options) {
    var words =
        new ArrayList<>(
            List.of(
                Peers.require("setpriv").toString(),
                "--reuid=" + NOBODY,
                "--regid=65534",
                "--clear-groups"));
    for (var word : Receiving.program()) {
      words.add(word.equals(System.getProperty("java.class.path")) ? classPath : word);
    }
    words.add(words.size() - 1, "-Duser.home=" + home);
    words.addAll(List.of("receive", "--store", far.daemonUri(), "--path", far.bin().toString()));
    words.addAll(List.of("--name", "macbook"));
    words.addAll(Arrays.asList(options));
    var builder = new ProcessBuilder(words);
    builder.environment().put("SSH_ORIGINAL_COMMAND", "nix-store --serve --write");
    return builder;
  }

  private void push(ProcessBuilder receive, List<StorePath> paths) throws IOException {
    try (var process = PipedProcess.start(receive)) {
      try (var server =
          ServeConnection.greet(process.stdout(), process.stdin(), near.storeDir(), process)) {
        new Upload(near).run(server, paths);
        process.stdin().close();
        assertThat(process.peerEnd().exitStatus()).hasValue(0);
      }
    }
  }

  private static void setAge(Path links, StorePath path, Duration age) throws IOException {
    Files.getFileAttributeView(
            links.resolve(path.baseName()), BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
        .setTimes(FileTime.from(Instant.now().minus(age)), null, null);
  }

  private void collect() {
    far.run("nix-collect-garbage");
  }

  /** Everything that nobody needs, and a Nix daemon. */
  private String readied() throws IOException {
    assumeTrue(System.getProperty("user.name").equals("root"), "only root may become nobody");
    for (var shown : List.of(folder.path(), folder.resolve("far"))) {
      Files.setPosixFilePermissions(shown, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    giveToNobody(home);
    far.startDaemon();
    return classPath();
  }

  private void giveToNobody(Path file) throws IOException {
    var users = file.getFileSystem().getUserPrincipalLookupService();
    Files.setOwner(file, users.lookupPrincipalByName(NOBODY));
  }

  /** How an upload ends that is not to succeed. */
  private PeerEnd failedPush(ProcessBuilder receive, StorePath path) throws IOException {
    try (var process = PipedProcess.start(receive);
        var server =
            ServeConnection.greet(process.stdout(), process.stdin(), near.storeDir(), process)) {
      assertThatThrownBy(() -> Upload.doomed(near).run(server, List.of(path)))
          .isInstanceOf(IOException.class);
      return process.peerEnd();
    }
  }

  @Test
  void roots_of_somebody_else_are_shown_and_neither_pruned_nor_added_to() throws Exception {
    var classPath = readied();
    var kept = far.addText("kept", "kept");
    var ofRoot = Files.createDirectories(far.stateDir().resolve("gcroots/hookq-received/macbook"));
    Files.createSymbolicLink(ofRoot.resolve(kept.baseName()), Path.of(far.storeDir().print(kept)));
    setAge(ofRoot, kept, Duration.ofDays(365));

    var listed = PeerProcess.run(receive(classPath, "--list"));
    var pruned = PeerProcess.run(receive(classPath, "--prune", "--keep", "90d"));

    assertThat(listed.orFail("--list").stdout()).contains(kept.baseName());
    assertThat(pruned.exitStatus()).isEqualTo(1);
    assertThat(pruned.stderr()).startsWith("hookq: ").contains(kept.baseName());
    assertThat(Files.isSymbolicLink(ofRoot.resolve(kept.baseName()))).isTrue();

    var fresh = near.addText("fresh", "fresh");
    var readOnly = folder.folder("read-only");
    var refused = failedPush(receive(classPath, "--roots", readOnly.toString()), fresh);
    assertThat(refused.stderrTail())
        .is(Operations.says("hookq receive: cannot keep …"))
        .contains(readOnly.toString());
    assertThat(refused.exitStatus()).hasValue(1);

    var half = folder.folder("half");
    var ofTheKey = folder.folder("half/macbook");
    giveToNobody(half);
    refused = failedPush(receive(classPath, "--roots", half.toString()), fresh);
    assertThat(refused.stderrTail())
        .is(Operations.says("hookq receive: cannot keep …"))
        .contains(fresh.baseName());
    assertThat(refused.exitStatus()).hasValue(1);
    assertThat(ofTheKey).isEmptyDirectory();
    assertThat(far.validPaths()).doesNotContain(fresh);

    // Next to the roots of somebody else it has its own, by way of the Nix daemon.
    push(receive(classPath), List.of(fresh));
    collect();
    assertThat(far.validPaths()).containsExactlyInAnyOrder(kept, fresh);
  }

  @Test
  void collectors_right_after_during_and_a_year_after_a_push_take_what_retention_says()
      throws Exception {
    var classPath = readied();
    var old = near.addText("old", "old");
    var young = near.addText("young", "young");
    var fresh = near.addText("fresh", "fresh");
    var unrelated = far.addText("unrelated", "unrelated");

    push(receive(classPath), List.of(old, young, fresh));
    collect();
    assertThat(far.validPaths())
        .containsExactlyInAnyOrder(old, young, fresh)
        .doesNotContain(unrelated);
    assertThat(Files.getOwner(links.resolve(old.baseName()), LinkOption.NOFOLLOW_LINKS).getName())
        .isEqualTo(NOBODY);
    assertThat(far.stateDir().resolve("gcroots/hookq-received")).doesNotExist();

    setAge(links, old, Duration.ofDays(365));
    setAge(links, young, Duration.ofDays(80));
    collect();
    assertThat(far.validPaths()).as("not pruned yet").contains(old);
    var pruned = PeerProcess.run(receive(classPath, "--prune", "--keep", "90d")).orFail("--prune");
    assertThat(pruned.stdout()).isEqualTo("macbook: let go of 1\n");
    collect();
    assertThat(far.validPaths()).containsExactlyInAnyOrder(young, fresh);

    var many = new ArrayList<StorePath>();
    for (var i = 0; i < 20; i++) {
      many.add(near.addText("during-" + i, "during " + i));
    }
    var done = new CompletableFuture<Void>();
    var collecting =
        Thread.ofPlatform()
            .start(() -> {
              while (!done.isDone()) {
                collect();
              }
            });
    // No more than these: what is older goes when the session ends.
    var size = near.pathInfo(fresh).narSize();
    for (var path : many) {
      size += near.pathInfo(path).narSize();
    }
    try {
      push(receive(classPath, "--keep-size", size + "B"), many);
    } finally {
      done.complete(null);
      collecting.join();
    }
    collect();

    many.add(fresh);
    assertThat(far.validPaths()).containsExactlyInAnyOrderElementsOf(many);
    var listed = PeerProcess.run(receive(classPath, "--list")).orFail("--list").stdout();
    assertThat(many).allSatisfy(path -> assertThat(listed).contains(path.baseName()));
    assertThat(listed).doesNotContain(young.baseName(), old.baseName());
    far.verify();
  }
}
