package io.hookq.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hookq.peers.NixPeer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class SecretKeyTest {
  @TempDir private Path folder;

  /** From the fingerprint as text back to what it says. */
  private static PathInfo info(String fingerprint) {
    var fields = fingerprint.split(";", -1);
    var references = new ArrayList<StorePath>();
    for (var reference : fields[4].split(",", -1)) {
      if (!reference.isEmpty()) {
        references.add(StoreDir.DEFAULT.parse(reference));
      }
    }
    return PathInfo.of(
        StoreDir.DEFAULT.parse(fields[1]),
        NarHash.parse(fields[2]),
        Long.parseLong(fields[3]),
        references);
  }

  @Test
  void fingerprints_are_those_of_nix() {
    assertThat(Vectors.table("sign/fingerprints.tsv"))
        .isNotEmpty()
        .allSatisfy(row ->
            assertThat(Fingerprint.of(info(row.get(1)), StoreDir.DEFAULT).text())
                .isEqualTo(row.get(1)));
  }

  @Test
  void signatures_are_to_the_byte_those_of_nix_store_sign() {
    try (var nix = NixPeer.in(folder.resolve("nix"))) {
      var path = nix.addText("signed", "by both");
      var other = nix.newSecretKey("hookq-other-1");
      var secret = nix.newSecretKey("hookq-test-1");
      var key = read(secret);
      assertThat(key.publicKey()).isEqualTo(nix.publicKey(secret));
      assertThat(key).hasToString("secret key hookq-test-1");
      var both = key.sign(read(other).sign(nix.pathInfo(path), StoreDir.DEFAULT), StoreDir.DEFAULT);
      for (var file : List.of(secret, other)) {
        nix.run("nix", "store", "sign", "-k", file.toString(), StoreDir.DEFAULT.print(path));
      }
      assertThat(nix.pathInfo(path).signatures()).hasSize(2).isEqualTo(both.signatures());
    }
  }

  private static SecretKey read(Path file) {
    try {
      return SecretKey.read(file);
    } catch (SecretKeyException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void an_unusable_file_is_named_with_the_reason_and_nothing_of_what_it_says() throws IOException {
    var secret = Base64.getEncoder().encodeToString(new byte[48]);
    refused("nothing here", "it is no secret key of Nix");
    refused(":" + secret, "it is no secret key of Nix");
    refused("name:%%%" + secret, "not base 64");
    refused("name:" + secret, "48 bytes instead of 64");
    refused("name:" + Base64.getEncoder().encodeToString(new byte[32]), "public key");
    refused("x".repeat(5000), "too long");
    assertThatThrownBy(() -> SecretKey.read(folder.resolve("absent")))
        .isInstanceOf(SecretKeyException.class)
        .hasMessageContaining("absent")
        .hasMessageContaining("no such file");
  }

  private void refused(String text, String why) throws IOException {
    var file = Files.writeString(folder.resolve("key"), text);
    assertThatThrownBy(() -> SecretKey.read(file))
        .isInstanceOf(SecretKeyException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(why)
        .hasMessageNotContaining("AAAAAA")
        .hasNoCause();
  }
}
