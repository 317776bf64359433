package io.hookq.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.peers.NixPeer;
import io.hookq.peers.TempFolder;
import io.hookq.store.DerivationHashes;
import io.hookq.store.DrvOutput;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Content-addressed derivations, built and remembered by a real Nix daemon. */
@Timeout(120)
final class RealisedDerivationsTest {
  /** Chains of every kind of derivation on every other, with several outputs and odd characters. */
  private static final String DERIVATIONS =
      """
      let
        ca = {
          __contentAddressed = true;
          outputHashMode = "recursive";
          outputHashAlgo = "sha256";
        };
      in rec {
        ia = sh "ia" {} "echo ia > $out";
        fixed = sh "fixed" {
          outputHashMode = "flat";
          outputHashAlgo = "sha256";
          outputHash = builtins.hashString "sha256" "fixed\\n";
        } "echo fixed > $out";
        a = sh "a" (ca // { outputs = [ "out" "dev" ]; }) "echo a > $out; echo dev $out > $dev";
        b = sh "b" (ca // { inherit a ia fixed; dev = a.dev; }) "echo $a $ia $fixed $dev > $out";
        c = sh "c" (ca // { inherit b; note = "x\\ty\\"\\\\ü"; }) "echo $b > $out";
        d = sh "d" { inherit c; } "echo $c > $out";
        e = sh "e" (ca // { inherit d fixed; }) "echo $d > $out";
        f = sh "f" { inherit fixed ia; } "echo $fixed $ia > $out";
        g = sh "g" (ca // { inherit f fixed; }) "echo $f > $out";
      }
      """;

  @AutoClose private final TempFolder folder = TempFolder.create();
  @AutoClose private final NixPeer nix = NixPeer.in(folder.resolve("nix"));

  @AutoClose
  private final DaemonStore store =
      new DaemonStore(new DaemonSocket(nix.socket()), StoreDir.DEFAULT, nix.realStoreDir());

  @Test
  void every_derivation_is_hashed_as_nix_does_and_its_realisations_are_found() throws IOException {
    nix.set("experimental-features", "nix-command ca-derivations").startDaemon();
    var built = Set.copyOf(nix.build(DERIVATIONS));
    var hashes =
        new DerivationHashes(StoreDir.DEFAULT, path -> store.queryDerivation(path).orElseThrow());
    var outPaths = new HashSet<StorePath>();
    var derivations = nix.validPaths().stream().filter(StorePath::isDerivation).toList();
    assertThat(derivations).hasSizeGreaterThanOrEqualTo(14);
    for (var path : derivations) {
      var derivation = store.queryDerivation(path).orElseThrow();
      for (var output : derivation.outputs().keySet()) {
        var id = new DrvOutput(hashes.of(derivation), output);
        var realisation = store.queryRealisation(id, Optional.of(path));
        assertThat(realisation).as("%s of %s", output, path).isPresent();
        assertThat(realisation.get().id()).isEqualTo(id);
        outPaths.add(realisation.get().outPath());
      }
    }
    assertThat(outPaths).containsAll(built);

    var unknown = new DrvOutput("0".repeat(64), "out");
    assertThat(store.queryRealisation(unknown, Optional.of(derivations.getFirst()))).isEmpty();
    var referrers = store.queryReferrers(named(derivations, "fixed.drv"));
    assertThat(referrers).contains(named(derivations, "f.drv"));
  }

  private static StorePath named(List<StorePath> paths, String name) {
    return paths.stream().filter(path -> path.name().equals(name)).findFirst().orElseThrow();
  }
}
