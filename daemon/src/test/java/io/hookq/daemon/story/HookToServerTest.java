package io.hookq.daemon.story;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.peers.Finished;
import io.hookq.peers.NixPeer;
import io.hookq.peers.TempFolder;
import io.hookq.store.PathInfo;
import io.hookq.store.StorePath;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class HookToServerTest {
  /** Several derivations that refer to each other, of every shape that a store object has. */
  private static final String SEVERAL =
      """
      let
        library = sh "library-1.0" { outputs = [ "out" "dev" "doc" ]; } ''
          mkdir $out $dev $doc
          echo code > $out/library.so
          echo "$out/library.so" > $dev/library.pc
          : > $doc/empty
        '';
        source = sh "source.txt" {
          outputHashMode = "flat"; outputHashAlgo = "sha256";
          outputHash = builtins.hashString "sha256" "fixed\\n";
        } "echo fixed > $out";
        tree = sh "tree" {
          outputHashMode = "recursive"; outputHashAlgo = "sha256";
          outputHash = "3cbc3580a25bbd1b55badec2dd23d712fdc75b5164127760846e3348148ab7bb";
        } "mkdir $out; echo fixed > $out/file";
        program = sh "program-2.0" {} ''
          mkdir -p $out/bin $out/empty-folder
          printf '#!/bin/sh\\necho %s' ${library.out} > $out/bin/program
          chmod +x $out/bin/program
          ln -s program $out/bin/alias
          ln -s ${library.dev} $out/library
          : > $out/empty-file
          echo ${source} ${tree} > $out/inputs
          echo $out > $out/self
        '';
        names = sh "names" {} ''
          mkdir $out
          : > "$out/grüße"
          : > "$out/z"
          : > "$out/A"
          : > "$out/a.b"
        '';
      in [ program names library.doc ]
      """;

  @AutoClose private final TempFolder folder = TempFolder.create();

  @Test
  void what_nix_builds_here_becomes_valid_there_equal_in_everything() {
    try (var server = Server.in(folder.resolve("server"));
        var machine = Machine.in(folder.resolve("machine"))) {
      var key = machine.nix().signBuilds("machine-1");
      machine.nix().startDaemon();
      machine.destination("server", server.settings(server.sshd().port()));
      machine.startDaemon();

      var built = machine.nix().build(SEVERAL);
      machine.awaitAllDone();

      var closure = machine.nix().closure(built);
      assertThat(closure)
          .extracting(StorePath::name)
          .contains("library-1.0", "library-1.0-dev", "library-1.0-doc", "source.txt", "tree")
          .contains("program-2.0", "names");
      assertEqualThere(machine.nix(), server.nix(), closure);
      server.nix().verify();
      assertThat(key).startsWith("machine-1:");
      assertThat(server.nix().pathInfo(built.getFirst()).signatures())
          .extracting(signature -> signature.keyName())
          .containsExactly("machine-1");
      assertThat(machine.gcRoots()).isEmptyDirectory();
      assertThat(machine.spool()).isEmptyDirectory();

      var sent = machine.destinationStatus().path("pathsSentTotal").asLong();
      assertThat(sent).isEqualTo(closure.size());

      machine.push(closure, "--wait").orFail("push");
      var second = machine.destinationStatus();
      assertThat(second.path("pathsSentTotal").asLong())
          .as("a second run sends nothing")
          .isEqualTo(sent);
      assertThat(machine.list()).hasSize(closure.size());
      machine.stopDaemon();
    }
  }

  @Test
  void the_outputs_that_nix_names_are_taken_without_their_derivation() {
    try (var server = Server.in(folder.resolve("server"));
        var machine = Machine.in(folder.resolve("machine"))) {
      machine.nix().startDaemon();
      machine.destination("server", server.settings(server.sshd().port()));
      machine.startDaemon();
      var one = machine.nix().addText("one", "1");
      var two = machine.nix().addText("two", "2");

      var called =
          machine.hook(
              Map.of(
                  "OUT_PATHS",
                  machine.nix().storeDir().print(one) + " " + machine.nix().storeDir().print(two)));

      assertThat(called).isEqualTo(new Finished(0, "", ""));
      machine.awaitAllDone();
      assertEqualThere(machine.nix(), server.nix(), List.of(one, two));
    }
  }

  /** Asserts that {@code paths} are valid in {@code there}, with the very same path infos. */
  static void assertEqualThere(NixPeer here, NixPeer there, Collection<StorePath> paths) {
    assertThat(paths).isNotEmpty();
    assertThat(infos(here, paths)).hasSameSizeAs(paths);
    assertThat(infos(there, paths)).isEqualTo(infos(here, paths));
  }

  private static List<PathInfo> infos(NixPeer nix, Collection<StorePath> paths) {
    return nix.pathInfos().values().stream()
        .filter(info -> paths.contains(info.path()))
        .map(HookToServerTest::withoutOrigin)
        .toList();
  }

  /** Only the builder of a path calls it its own. */
  private static PathInfo withoutOrigin(PathInfo info) {
    return new PathInfo(
        info.path(),
        info.narHash(),
        info.narSize(),
        info.references(),
        info.deriver(),
        0,
        false,
        info.signatures(),
        info.contentAddress());
  }
}
