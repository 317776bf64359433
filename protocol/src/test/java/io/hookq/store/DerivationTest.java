package io.hookq.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hookq.peers.NixPeer;
import io.hookq.peers.TempFolder;
import io.hookq.store.Derivation.Output;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DerivationTest {
  private static final String A = "0".repeat(32) + "-a";
  private static final String B = "1".repeat(32) + "-b.drv";
  private static final String C = "2".repeat(32) + "-c";
  private static final String D = "3".repeat(32) + "-d.drv";

  /** Everything at once; single quotes stand for double ones. */
  private static final String FULL =
      quotes(
          """
          Derive([('dev','','',''),('out','/nix/store/%s','r:sha256','e3b0')],\
          [('/nix/store/%s',['dev','out']),('/nix/store/%s',[])],\
          ['/nix/store/%s'],'x86_64-linux','/bin/sh',['-c','say \\'a\\\\b\\n\\t\\r ü😀\\''],\
          [('',''),('name','a'),('two\\nlines','1\\n2')])\
          """
              .formatted(A, B, D, C));

  private static String quotes(String text) {
    return text.replace('\'', '"');
  }

  private static Derivation parse(String text) {
    return Derivation.parse(StoreDir.DEFAULT, text);
  }

  @Test
  void every_part_is_read() {
    var derivation = Derivation.parse(StoreDir.DEFAULT, FULL.getBytes(StandardCharsets.UTF_8));
    assertThat(derivation)
        .isEqualTo(
            new Derivation(
                Map.of(
                    "dev",
                    new Output(Optional.empty(), "", ""),
                    "out",
                    new Output(Optional.of(new StorePath(A)), "r:sha256", "e3b0")),
                Map.of(new StorePath(B), Set.of("dev", "out"), new StorePath(D), Set.of()),
                Set.of(new StorePath(C)),
                "x86_64-linux",
                "/bin/sh",
                List.of("-c", "say \"a\\b\n\t\r ü😀\""),
                Map.of("", "", "name", "a", "two\nlines", "1\n2")));
    assertThat(derivation.outputs().keySet()).containsExactly("dev", "out");
  }

  @Test
  void what_is_read_cannot_be_changed() {
    var derivation = parse(FULL);
    assertThatThrownBy(() -> derivation.outputs().clear())
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> derivation.environment().clear())
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> derivation.inputSources().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void derivations_by_nix_are_read() throws IOException {
    try (var folder = TempFolder.create();
        var nix = NixPeer.in(folder.resolve("nix"))) {
      var drv =
          instantiate(
              nix,
              """
              let
                part = attributes: derivation (attributes // {
                  system = "x86_64-linux"; builder = "/bin/sh";
                });
                dep = part { name = "dep"; outputs = [ "out" "dev" ]; };
                fixed = part {
                  name = "fixed";
                  outputHashMode = "recursive";
                  outputHashAlgo = "sha256";
                  outputHash = "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73";
                };
              in part {
                name = "demo";
                args = [ "-c" "say \\"a\\\\b\\n\\t\\r\\"" ];
                inherit dep fixed;
                dev = dep.dev;
                src = builtins.toFile "x" "y";
              }
              """);
      var derivation = read(nix, drv);
      assertThat(derivation.platform()).isEqualTo("x86_64-linux");
      assertThat(derivation.builder()).isEqualTo("/bin/sh");
      assertThat(derivation.arguments()).containsExactly("-c", "say \"a\\b\n\t\r\"");
      assertThat(derivation.outputs()).containsOnlyKeys("out");
      assertThat(derivation.outputs().values())
          .extracting(output -> output.path().orElseThrow())
          .containsExactlyElementsOf(nix.query("--outputs", List.of(drv)));
      for (var variable : List.of("name", "src", "dep", "dev", "out")) {
        assertThat(derivation.environment().get(variable) + "\n")
            .isEqualTo(nix.run("nix-store", "--query", "--binding", variable, "/nix/store/" + drv));
      }
      var inputs = new TreeSet<>(derivation.inputSources());
      inputs.addAll(derivation.inputDerivations().keySet());
      assertThat(inputs).containsExactlyElementsOf(nix.pathInfo(drv).otherReferences());
      for (var input : derivation.inputDerivations().entrySet()) {
        var made = read(nix, input.getKey());
        var output = made.outputs().values().iterator().next();
        if (input.getKey().name().equals("dep.drv")) {
          assertThat(input.getValue()).containsExactlyInAnyOrder("dev", "out");
          assertThat(output.hashAlgorithm()).isEmpty();
        } else {
          assertThat(input.getValue()).containsExactly("out");
          assertThat(output.hashAlgorithm()).isEqualTo("r:sha256");
          assertThat(NarHash.parse(output.hash()).prefixedNix32()).startsWith("sha256:0mdqa9w1");
        }
      }
    }
  }

  @Test
  void outputs_that_only_a_build_can_name_have_no_path() throws IOException {
    try (var folder = TempFolder.create();
        var nix = NixPeer.in(folder.resolve("nix"))) {
      nix.set("experimental-features", "nix-command ca-derivations");
      var drv =
          instantiate(
              nix,
              """
              let
                part = attributes: derivation (attributes // {
                  system = "x86_64-linux"; builder = "/bin/sh";
                });
                floating = part {
                  name = "floating";
                  __contentAddressed = true;
                  outputHashMode = "recursive";
                  outputHashAlgo = "sha256";
                };
              in part { name = "deferred"; inherit floating; }
              """);
      var deferred = read(nix, drv);
      assertThat(deferred.outputs())
          .containsExactly(Map.entry("out", new Output(Optional.empty(), "", "")));
      var floating = read(nix, deferred.inputDerivations().keySet().iterator().next());
      assertThat(floating.outputs())
          .containsExactly(Map.entry("out", new Output(Optional.empty(), "r:sha256", "")));
    }
  }

  private static StorePath instantiate(NixPeer nix, String expression) {
    return StoreDir.DEFAULT.parse(nix.run("nix-instantiate", "--expr", expression).strip());
  }

  private static Derivation read(NixPeer nix, StorePath drv) throws IOException {
    return Derivation.parse(StoreDir.DEFAULT, Files.readAllBytes(nix.real(drv)));
  }

  @Test
  void the_format_of_dynamic_derivations_is_refused_by_name() {
    assertThatThrownBy(() -> parse(quotes("DrvWithVersion('xp-dyn-drv',[],[],[],'','',[],[])")))
        .isInstanceOf(InvalidDerivationException.class)
        .hasMessageContaining("DrvWithVersion");
  }

  @Test
  void every_truncation_is_refused() {
    for (var length = 0; length < FULL.length(); length++) {
      var cut = FULL.substring(0, length);
      assertThatThrownBy(() -> parse(cut))
          .as(cut)
          .isInstanceOf(InvalidDerivationException.class)
          .hasMessageStartingWith("not a derivation: at character ");
    }
  }

  @Test
  void every_changed_character_is_read_or_refused() {
    for (var seed = 0; seed < 20_000; seed++) {
      var random = new Random(seed);
      var text = new StringBuilder(FULL);
      for (var i = random.nextInt(3); i >= 0; i--) {
        var at = random.nextInt(text.length());
        switch (random.nextInt(3)) {
          case 0 -> text.deleteCharAt(at);
          case 1 -> text.insert(at, "\"\\[](),'x\n/.0".charAt(random.nextInt(13)));
          default -> text.setCharAt(at, (char) random.nextInt(256));
        }
      }
      try {
        assertThat(parse(text.toString()).outputs()).isNotEmpty();
      } catch (InvalidDerivationException refused) {
        assertThat(refused).hasMessageStartingWith("not a derivation: at character ");
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + ": " + text, e);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[]|no outputs",
        "[('','/nix/store/A','','')]|an output without a name",
        "[('out','A','','')]|not a store path: 'A' (not below /nix/store)",
        "[('out','','','e3b0')]|a hash without an algorithm",
        "[('out','','',''),('out','','','')]|the output 'out' appears twice",
        "[('out','','')]|expected ',', found ')],[],[]",
        "[('out','','',''),]|expected '(', found '],[],[]",
        "[('out','','','') ]|expected ']', found ' ],[],[]",
        "[('out\\x','','','')]|expected an escape of '\"', '\\', 'n', 'r' or 't', found 'x",
      })
  void outputs_are_checked(String outputs, String problem) {
    var text =
        quotes("Derive(" + outputs.replace("store/A", "store/" + A) + ",[],[],'p','b',[],[])");
    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(InvalidDerivationException.class)
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[('/nix/store/C',[])],[],'p','b',[],[])|is not a derivation",
        "[('/nix/store/B',[]),('/nix/store/B',[])],[],'p','b',[],[])|appears twice",
        "[],['/nix/store/C','/nix/store/C'],'p','b',[],[])|appears twice",
        "[],['/nix/store'],'p','b',[],[])|not a store path",
        "[],[],'p','b',[],[('a','1'),('a','2')])|the variable 'a' appears twice",
        "[],[],'p','b',[],[]) |expected the end, found ' '",
        "[],[],'p','b',[],[])x|expected the end, found 'x'",
        "[],[],'p','b,[],[])|found the end",
      },
      ignoreLeadingAndTrailingWhitespace = false)
  void inputs_and_the_rest_are_checked(String rest, String problem) {
    var text =
        quotes(
            "Derive([('out','','','')],"
                + rest.replace("store/B", "store/" + B).replace("store/C", "store/" + C));
    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(InvalidDerivationException.class)
        .hasMessageContaining(problem);
  }

  @Test
  void bytes_that_are_not_utf_8_are_replaced() {
    var text = quotes("Derive([('out','','','')],[],[],'p','b',['\u00ff'],[])");
    var derivation = Derivation.parse(StoreDir.DEFAULT, text.getBytes(StandardCharsets.ISO_8859_1));
    assertThat(derivation.arguments()).containsExactly("\ufffd");
  }
}
