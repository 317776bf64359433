package io.hookq.daemon.receive;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.docs.Operations;
import io.hookq.peers.Finished;
import io.hookq.peers.PeerProcess;
import io.hookq.peers.TempFolder;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The upload key at a real sshd, used as it is meant and as it is not. */
class ReceiveOverSshTest {
  @AutoClose private final TempFolder folder = TempFolder.create();
  @AutoClose private final Receiving server = Receiving.in(folder.resolve("r"));

  @Test
  void what_nix_copies_through_the_key_arrives_and_outlives_a_garbage_collection() {
    var one = server.near().addText("one", "1");
    var two = server.near().addText("two", "2");
    var other = server.far().addText("other", "3");

    server.copy("ssh", one).orFail("nix copy over ssh://");
    server.copy("ssh-ng", two).orFail("nix copy over ssh-ng://");
    server.far().collectGarbage();

    assertThat(server.far().validPaths()).containsExactlyInAnyOrder(one, two).doesNotContain(other);
    assertThat(server.roots()).isDirectoryContaining(path -> path.endsWith(one.baseName()));
  }

  @Test
  void the_key_is_good_for_nothing_else() throws Exception {
    var victim = Files.writeString(folder.resolve("victim"), "untouched");

    assertRefused(server.ssh(List.of()), "no shell");
    assertRefused(server.ssh(List.of("-tt")), "PTY allocation request failed");
    assertRefused(server.ssh(List.of(), "id"), "refused: 'id'");
    assertRefused(
        server.ssh(List.of(), "nix-store --serve --write; rm " + victim), "refused: 'nix-store");
    assertRefused(
        server.ssh(List.of(), "nix-store --serve --write --store file:///" + folder.path()),
        "refused: the store");
    var collected = server.ssh(List.of(), "nix-store --gc");
    assertRefused(collected, "refused: 'nix-store --gc'");
    assertThat(collected.stderr()).is(Operations.says("hookq receive: refused: …"));
    assertRefused(server.ssh(List.of("-s"), "sftp"), "");
    var forwarded = server.ssh(List.of("-W", "127.0.0.1:" + server.sshd().port()));
    assertThat(forwarded.exitStatus()).isNotZero();
    assertThat(forwarded.stderr()).contains("administratively prohibited");

    assertThat(victim).hasContent("untouched");
  }

  private static void assertRefused(Finished tried, String why) {
    assertThat(tried.exitStatus()).as(tried.stderr()).isNotZero();
    assertThat(tried.stdout()).isEmpty();
    assertThat(tried.stderr()).contains(why);
  }

  @Test
  void a_port_cannot_be_forwarded_either_way() throws Exception {
    try (var listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var back =
          server.ssh(
              List.of(
                  "-oExitOnForwardFailure=yes",
                  "-N",
                  "-R",
                  "0:127.0.0.1:" + listening.getLocalPort()));
      assertThat(back.exitStatus()).isNotZero();
      assertThat(back.stderr()).contains("forwarding failed");
    }
  }

  @Test
  void a_key_that_may_copy_may_neither_build_nor_collect() {
    var path = server.near().addText("kept", "kept");
    server.copy("ssh", path).orFail("nix copy");
    var uri = "ssh-ng://%s@%s".formatted(server.sshd().user(), server.sshd().host());

    var collected = server.nix("store", "gc", "--store", uri);
    var dumped = server.nix("store", "ping", "--store", uri);
    var verified =
        server.nix("store", "repair", "--store", uri, server.near().storeDir().print(path));

    assertThat(collected.exitStatus()).isNotZero();
    assertThat(collected.stderr()).contains("CollectGarbage");
    assertThat(dumped.exitStatus()).as(dumped.stderr()).isZero();
    assertThat(verified.exitStatus()).isNotZero();
    assertThat(server.far().validPaths()).containsExactly(path);
  }

  @Test
  void programs_are_ours_to_find_and_see_a_clean_environment() throws Exception {
    var bin = folder.folder("bin");
    var spy = Files.writeString(bin.resolve("nix-store"), "#!/bin/sh\nexec /usr/bin/env >&2\n");
    Files.setPosixFilePermissions(spy, PosixFilePermissions.fromString("rwxr-xr-x"));
    try (var spied = Receiving.in(folder.resolve("s"), "--path", bin.toString())) {
      var seen = spied.ssh(List.of(), "/somewhere/bin/nix-store --serve --write");
      var missing = spied.ssh(List.of(), "nix-daemon --stdio");

      assertThat(seen.exitStatus()).isZero();
      assertThat(seen.stderr().lines().map(line -> line.substring(0, line.indexOf('='))))
          .as("sshd sets NIX_CONF_DIR and SSH_… for all it starts")
          .contains("HOME", "PATH")
          .isSubsetOf("HOME", "PATH", "USER", "LOGNAME", "PWD", "SHLVL", "_");
      assertThat(missing.exitStatus()).isEqualTo(127);
      assertThat(missing.stderr()).contains("nix-daemon: not found in " + bin);
      Files.delete(spy);
      assertThat(spied.ssh(List.of(), "nix-store --serve --write").stderr())
          .is(Operations.says("hookq receive: nix-store: not found in …"));
    }
  }

  @Test
  void who_keeps_what_can_be_listed() {
    var path = server.near().addText("listed", "listed");
    server.copy("ssh", path).orFail("nix copy");

    var words = new ArrayList<>(Receiving.program());
    words.addAll(List.of("receive", "--list", "--json", "--store", server.far().localUri()));
    var listed = PeerProcess.run(new ProcessBuilder(words)).orFail("hookq receive --list");

    assertThat(listed.stdout())
        .contains("\"name\":\"macbook\"")
        .contains("\"path\":\"" + server.far().storeDir().print(path) + "\"");
  }
}
