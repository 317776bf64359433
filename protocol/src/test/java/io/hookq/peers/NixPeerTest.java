package io.hookq.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.store.Signature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class NixPeerTest {
  @AutoClose private final TempFolder folder = TempFolder.create();

  @Test
  void a_real_build_runs_the_hook_signs_and_leaves_the_machines_own_nix_alone() throws IOException {
    var hook = folder.resolve("hook");
    var seen = folder.resolve("seen");
    Files.writeString(hook, "#!/bin/sh\necho \"$DRV_PATH $GREETING\" >> " + seen + "\n");
    Files.setPosixFilePermissions(hook, PosixFilePermissions.fromString("rwxr-xr-x"));
    try (var nix = NixPeer.in(folder.resolve("a"))) {
      nix.signBuilds("test-1");
      nix.postBuildHook(hook, Map.of("GREETING", "hello"));
      nix.startDaemon();

      var built =
          nix.build(
              """
              let
                a = sh "a" {} "echo a > $out";
                b = sh "b" { outputs = [ "out" "dev" ]; } "echo ${a} > $dev; echo $dev > $out";
              in b.all
              """);

      assertThat(built).extracting(path -> path.name()).containsExactly("b", "b-dev");
      assertThat(nix.closure(built)).extracting(path -> path.name()).contains("a", "b", "b-dev");
      var info = nix.pathInfo(built.getFirst());
      assertThat(info.ultimate()).isTrue();
      assertThat(info.signatures()).extracting(Signature::keyName).containsExactly("test-1");
      assertThat(info.references()).containsExactly(built.getLast());
      assertThat(Files.readAllLines(seen)).hasSize(2).allMatch(line -> line.endsWith(".drv hello"));
      assertThat(nix.real(built.getFirst())).isRegularFile();
      nix.verify();
    }
  }

  @Test
  void a_damaged_store_object_is_found() throws IOException {
    try (var nix = NixPeer.in(folder.resolve("a"))) {
      var path = nix.addText("greeting", "hello");
      nix.verify();
      assertThat(nix.pathInfo(path).contentAddress()).isPresent();

      Files.setPosixFilePermissions(nix.real(path), PosixFilePermissions.fromString("rw-------"));
      Files.writeString(nix.real(path), "HELLO");

      assertThat(PeerProcess.run(nix.command("nix-store", "--verify", "--check-contents")))
          .returns(1, Finished::exitStatus);
    }
  }

  @Test
  void garbage_is_collected_and_roots_are_kept() throws IOException {
    try (var nix = NixPeer.in(folder.resolve("a"))) {
      var kept = nix.addText("kept", "kept");
      var gone = nix.addText("gone", "gone");
      Files.createSymbolicLink(
          nix.stateDir().resolve("gcroots/kept"),
          folder.path().getFileSystem().getPath(nix.storeDir().print(kept)));

      nix.collectGarbage();

      assertThat(nix.validPaths()).containsExactly(kept).doesNotContain(gone);
    }
  }
}
