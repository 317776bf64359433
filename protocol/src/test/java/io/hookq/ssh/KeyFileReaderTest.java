package io.hookq.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hookq.docs.Operations;
import io.hookq.peers.PeerProcess;
import io.hookq.peers.Peers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyFileReaderTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-t ed25519",
        "-t rsa -b 2048",
        "-t rsa -b 2048 -m PEM",
        "-t rsa -b 2048 -m PKCS8",
        "-t ecdsa -m PEM"
      })
  void a_passphrase_is_a_clear_error(String options) throws IOException {
    Path key = keygen(options, "correct horse");
    var e = failure(SshIdentity.keyFile(key));
    assertThat(e).hasMessageContaining(key.toString());
    assertThat(e.getMessage()).is(Operations.says("key file … is protected by a passphrase"));
    assertThat(e.hint()).hasValueSatisfying(h -> assertThat(h).contains("ssh-keygen -p"));
  }

  @Test
  void a_missing_file_is_named() {
    Path missing = folder.resolve("missing");
    var e = failure(SshIdentity.keyFile(missing));
    assertThat(e).hasMessageContaining(missing + " does not exist");
    assertThat(e.hint()).isPresent();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r-----", "rw----r--", "rw-r--r--", "rw--w----"})
  void a_key_that_others_can_touch_is_refused_with_the_cure(String mode) throws IOException {
    Path key = keygen("-t ed25519", "");
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString(mode));
    var e = failure(SshIdentity.keyFile(key));
    assertThat(e).hasMessageContaining(mode);
    assertThat(e.hint()).hasValue("chmod 600 " + key);
  }

  @Test
  void a_credential_may_have_any_mode() throws IOException {
    Path key = keygen("-t ed25519", "");
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("r--r-----"));
    assertThat(KeyFileReader.read((SshIdentity.KeyFile) SshIdentity.credential(key)).getPrivate())
        .isNotNull();
  }

  @Test
  void the_public_half_is_told_apart() throws IOException {
    Path half = Path.of(keygen("-t ed25519", "") + ".pub");
    Files.setPosixFilePermissions(half, PosixFilePermissions.fromString("rw-------"));
    assertThat(failure(SshIdentity.keyFile(half))).hasMessageContaining("public key");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\n"
      })
  void nonsense_is_refused(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("nonsense"), text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    assertThat(failure(SshIdentity.keyFile(file))).hasMessageContaining(file.toString());
  }

  @Test
  void every_truncation_of_a_key_is_refused_and_no_other_key() throws IOException {
    Path key = keygen("-t ed25519", "");
    byte[] whole = Files.readAllBytes(key);
    int marker = new String(whole, StandardCharsets.US_ASCII).indexOf("\n-----END");
    for (int length = 0; length < marker - 8; length += 7) {
      Files.write(key, Arrays.copyOf(whole, length));
      assertThat(failure(SshIdentity.keyFile(key))).hasMessageContaining(key.toString());
    }
  }

  @Test
  void a_directory_is_no_key() {
    assertThat(
            catchThrowableOfType(
                SshAuthenticationException.class,
                () -> KeyFileReader.read((SshIdentity.KeyFile) SshIdentity.credential(folder))))
        .hasMessageContaining("directory");
  }

  @Test
  void of_the_default_keys_none_has_to_be_there_but_one() throws IOException {
    List<SshIdentity> defaults = SshIdentity.defaults(folder);
    assertThat(defaults).hasSize(3);
    assertThatThrownBy(() -> KeyFileReader.read((SshIdentity.KeyFile) defaults.getFirst()))
        .isInstanceOf(NoSuchFileException.class);
    var e =
        catchThrowableOfType(
            SshAuthenticationException.class, () -> new Handshake(endpoint(), defaults));
    assertThat(e)
        .hasMessageContaining("no SSH key to offer")
        .hasMessageContaining(folder.resolve(".ssh/id_rsa").toString());

    Files.createDirectories(folder.resolve(".ssh"));
    Files.copy(keygen("-t ed25519", "secret"), folder.resolve(".ssh/id_ed25519"));
    Files.setPosixFilePermissions(
        folder.resolve(".ssh/id_ed25519"), PosixFilePermissions.fromString("rw-------"));
    e =
        catchThrowableOfType(
            SshAuthenticationException.class, () -> new Handshake(endpoint(), defaults));
    assertThat(e).hasMessageContaining("passphrase");
  }

  private static SshEndpoint endpoint() {
    return new SshEndpoint(
        "server",
        22,
        "nobody",
        List.of(),
        new HostKeyPolicy.Strict(List.of()),
        Duration.ofSeconds(1),
        Duration.ofSeconds(1),
        false);
  }

  private static SshAuthenticationException failure(SshIdentity identity) {
    return catchThrowableOfType(
        SshAuthenticationException.class, () -> KeyFileReader.read((SshIdentity.KeyFile) identity));
  }

  private Path keygen(String options, String passphrase) throws IOException {
    Path key = Files.createTempDirectory(folder, "key").resolve("key");
    var words =
        new ArrayList<>(
            List.of(
                Peers.require("ssh-keygen").toString(), "-q", "-N", passphrase, "-f", "" + key));
    words.addAll(List.of(options.split(" ", -1)));
    PeerProcess.run(new ProcessBuilder(words)).orFail("ssh-keygen");
    return key;
  }
}
