package io.hookq.daemon.story;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.peers.TempFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What must never be read anywhere but in the files of keys. */
class SecretsTest {
  private static final String PASSPHRASE = "correct-horse-battery-staple";

  /** How much of a key there has to be for it to be found; so much is in no key by chance. */
  private static final int PIECE = 32;

  @AutoClose private final TempFolder folder = TempFolder.create();

  @Test
  void no_key_gets_out_whether_uploads_work_or_fail_and_however_much_is_said() throws Exception {
    try (var server = Server.in(folder.resolve("server"));
        var machine = Machine.in(folder.resolve("machine"))) {
      var sshd = server.sshd();
      var locked = sshd.newKey("locked", "ed25519", PASSPHRASE);
      var stranger = sshd.newKey("stranger", "rsa", "");
      var signing = machine.nix().newSecretKey("cache.example.org-1");
      var hostKey = sshd.hostKey("ed25519");
      machine.destination(
          "works", server.settings(sshd.port()) + "signing-keys = [\"%s\"]\n".formatted(signing));
      machine.destination("locked", server.settings(sshd.port(), locked, hostKey));
      machine.destination("stranger", server.settings(sshd.port(), stranger, hostKey));
      // A key of the wrong kind is read and refused.
      machine.destination(
          "mistaken",
          server.settings(sshd.port()) + "signing-keys = [\"%s\"]\n".formatted(sshd.userKey()));
      Files.setPosixFilePermissions(
          machine.stateDir(), PosixFilePermissions.fromString("rwxr-xr-x"));
      machine.nix().startDaemon();
      machine.debugging().startDaemon();
      var path = machine.nix().build("sh \"some\" {} \"echo some > $out\"").getFirst();

      var waited = machine.hookq("wait", "--to", "works", "--timeout", "60s");
      assertThat(waited.exitStatus()).as("%s\n%s", waited, machine.log()).isZero();
      Awaitility.await("each of the others has failed")
          .atMost(Machine.PATIENCE)
          .until(() ->
              machine.status().path("destinations").findValues("lastErrorClass").stream()
                      .filter(kind -> !kind.isNull())
                      .count()
                  == 3);

      var printed = machine.nix().storeDir().print(path);
      var said = new LinkedHashMap<String, String>();
      said.put("status", machine.hookq("status", "--json").toString());
      said.put("why", machine.hookq("why", printed, "--json", "--debug").toString());
      said.put("doctor", machine.hookq("doctor", "--json", "--debug").toString());
      said.put("metrics", machine.hookq("metrics").toString());
      machine.stopDaemon();
      said.put("log", machine.log());
      for (var file : List.of("queue.sqlite", "queue.sqlite-wal")) {
        var database = machine.stateDir().resolve(file);
        if (Files.exists(database)) {
          said.put(file, new String(Files.readAllBytes(database), StandardCharsets.ISO_8859_1));
        }
      }

      // Else nothing would be proven.
      assertThat(said.get("log")).contains("DEBUG").contains("passphrase").contains("locked");
      assertThat(said.get("doctor")).contains("passphrase");
      assertThat(said.get("why")).contains(printed);
      assertThat(said.get("log")).contains("the state folder is open to others");
      for (var key : List.of(sshd.userKey(), locked, stranger, signing)) {
        assertHidden(pieces(key), said);
      }
      assertHidden(List.of(PASSPHRASE), said);
    }
  }

  private static void assertHidden(List<String> secrets, Map<String, String> said) {
    assertThat(secrets).isNotEmpty();
    said.forEach((where, text) ->
        secrets.forEach(secret ->
            assertThat(text.contains(secret)).as("%s tells of %s", where, secret).isFalse()));
  }

  /** Of the base 64 of a key, without what every key of its kind begins with. */
  private static List<String> pieces(Path key) throws IOException {
    var text = new StringBuilder();
    for (var line : Files.readAllLines(key)) {
      if (!line.startsWith("-----")) {
        text.append(line.substring(line.indexOf(':') + 1));
      }
    }
    var pieces = new ArrayList<String>();
    // The first of OpenSSH's format are the same in all keys.
    var start = text.length() > 100 ? 100 : 0;
    for (var i = start; i + PIECE <= text.length(); i += PIECE) {
      pieces.add(text.substring(i, i + PIECE));
    }
    return pieces;
  }
}
