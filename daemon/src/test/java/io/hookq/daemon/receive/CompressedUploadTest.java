package io.hookq.daemon.receive;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.daemon.config.Compression;
import io.hookq.daemon.transport.SshDestinationConnector;
import io.hookq.peers.Peers;
import io.hookq.peers.SshdPeer;
import io.hookq.peers.TempFolder;
import io.hookq.ssh.SshConnector;
import io.hookq.store.StorePath;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Uploads that offer zstd, to those who take it up and to all others. */
class CompressedUploadTest {
  private static final int SIZE = 1_000_000;

  @AutoClose private final TempFolder folder = TempFolder.create();
  @AutoClose private final Receiving server = Receiving.in(folder.resolve("r"));
  @AutoClose private final SshConnector ssh = new SshConnector();

  private SshDestinationConnector connector(Path key, String... lines) throws Exception {
    return server.connector(ssh, "ssh", key, lines);
  }

  /** Text that shrinks to less than half. */
  private StorePath text(String name) {
    var random = new Random(name.hashCode());
    var text = new StringBuilder();
    while (text.length() < SIZE) {
      text.append((char) ('a' + random.nextInt(6)));
    }
    return server.near().addText(name, text.toString());
  }

  private long upload(SshDestinationConnector connector, StorePath path) throws Exception {
    var before = connector.wireBytesSent();
    try (var store = connector.connect()) {
      new Upload(server.near()).run(store, List.of(path));
    }
    return connector.wireBytesSent() - before;
  }

  @Test
  void hookq_on_the_far_side_takes_the_offer_up_and_less_goes_over_the_wire() throws Exception {
    var one = text("one");
    var two = text("two");
    var three = text("three");
    var four = text("four");
    try (var explicit = connector(server.key(), "compression = \"zstd\"");
        var chosen = connector(server.key());
        var zlib = connector(server.key(), "compression = \"zlib\"");
        var none = connector(server.key(), "compression = \"none\"")) {
      assertThat(upload(explicit, one)).isLessThan(SIZE / 2);
      assertThat(upload(chosen, two)).isLessThan(SIZE / 2);
      // Counted before SSH sees it.
      assertThat(upload(zlib, four)).isGreaterThan(SIZE);
      assertThat(none.compression()).isEqualTo(Compression.NONE);
      assertThat(upload(none, three)).isGreaterThan(SIZE);

      assertThat(List.of(explicit, chosen, zlib, none))
          .extracting(SshDestinationConnector::compression)
          .containsExactly(Compression.ZSTD, Compression.ZSTD, Compression.ZLIB, Compression.NONE);
      // Held until its session is let go of, compressor and all.
      assertThat(explicit.isOneEnough()).isTrue();
      explicit.release();
      assertThat(explicit.isOneEnough()).isFalse();
    }

    server.far().verify();
    server.far().collectGarbage();
    assertThat(server.far().validPaths()).containsExactlyInAnyOrder(one, two, three, four);
  }

  @Test
  void whoever_does_not_know_the_offer_is_spoken_to_plainly_over_the_same_session()
      throws Exception {
    var wrapper =
        Files.writeString(
            folder.resolve("wrapper"),
            """
            #!/bin/sh
            case $SSH_ORIGINAL_COMMAND in
              "nix-store --serve --write --store "*) eval "exec $SSH_ORIGINAL_COMMAND" ;;
              *) echo "not allowed: $SSH_ORIGINAL_COMMAND" >&2; exit 1 ;;
            esac
            """);
    Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwxr-xr-x"));
    var shells =
        Map.of(
            "bash", Peers.require("bash") + " -c \\\"$SSH_ORIGINAL_COMMAND\\\"",
            "dash", Peers.require("dash") + " -c \\\"$SSH_ORIGINAL_COMMAND\\\"",
            "fish", Peers.require("fish") + " -c \\\"$SSH_ORIGINAL_COMMAND\\\"",
            "csh", Peers.require("tcsh") + " -c \\\"$SSH_ORIGINAL_COMMAND\\\"",
            "wrapper", wrapper.toString(),
            "fixed", "nix-store --serve --write --store " + server.far().localUri());
    for (var shell : shells.entrySet()) {
      var key = server.sshd().newKey(shell.getKey(), "ed25519", "");
      server.sshd().authorize(key, "restrict,command=\"%s\" ".formatted(shell.getValue()));
      var path = text(shell.getKey());
      var again = text(shell.getKey() + "-again");
      var logins = logins(server.sshd());

      try (var connector =
          connector(key, "remote-store = \"%s\"".formatted(server.far().localUri()))) {
        assertThat(upload(connector, path)).as(shell.getKey()).isGreaterThan(SIZE);
        assertThat(upload(connector, again)).as(shell.getKey()).isGreaterThan(SIZE);
        assertThat(connector.compression()).as(shell.getKey()).isEqualTo(Compression.NONE);
      }

      assertThat(server.far().validPaths()).as(shell.getKey()).contains(path, again);
      assertThat(logins(server.sshd())).as(shell.getKey()).isEqualTo(logins + 1);
    }
  }

  private static long logins(SshdPeer sshd) {
    return sshd.log().lines().filter(line -> line.contains("Accepted publickey")).count();
  }
}
