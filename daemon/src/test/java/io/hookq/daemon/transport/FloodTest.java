package io.hookq.daemon.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hookq.daemon.config.Config;
import io.hookq.daemon.config.Surroundings;
import io.hookq.daemon.planner.MemoryStore;
import io.hookq.daemon.queue.JobQueue;
import io.hookq.daemon.queue.RetryPolicy;
import io.hookq.daemon.roots.DirectRoots;
import io.hookq.docs.Operations;
import io.hookq.peers.NixPeer;
import io.hookq.ssh.EmbeddedSshServer;
import io.hookq.ssh.GeneratedKey;
import io.hookq.ssh.SshConnector;
import io.hookq.store.PathInfo;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole lane, from a configured destination behind SSH on, before paths that claim to be large:
 * none of them need really be sent for it to say so.
 */
@Timeout(120)
final class FloodTest {
  private static final long LARGE = 700L << 20;
  private static final RetryPolicy RETRY =
      new RetryPolicy(Duration.ofMillis(100), Duration.ofSeconds(1), 1);

  private final FarSide far = new FarSide();
  private final MemoryStore source = new MemoryStore();
  private final GeneratedKey key = GeneratedKey.ed25519();
  private final SshConnector ssh = new SshConnector();
  @TempDir private Path folder;
  private EmbeddedSshServer server;
  private JobQueue queue;

  @BeforeEach
  void open() throws Exception {
    key.writeTo(folder.resolve("key"));
    server =
        EmbeddedSshServer.start(
            List.of(key.publicLine()), (_, in, out, err) -> far.serve(in, out, err));
    queue = JobQueue.open(folder.resolve("queue.sqlite"), InstantSource.system());
  }

  @AfterEach
  void close() throws Exception {
    queue.close();
    ssh.close();
    server.close();
  }

  private Destination destination(String... lines) throws Exception {
    var text =
        """
        [destinations.server]
        uri = "ssh://me@127.0.0.1:%d"
        ssh-config = false
        ssh-key = "%s"
        host-key = "%s"
        %s
        """
            .formatted(
                server.port(), folder.resolve("key"), server.hostKey(), String.join("\n", lines));
    var config = Config.parse(text, "test.toml", new Surroundings(Map.of(), folder, false));
    var roots =
        DirectRoots.in(Files.createDirectories(folder.resolve("roots")), StoreDir.DEFAULT)
            .orElseThrow();
    return Destination.overSsh(
        Objects.requireNonNull(config.destinations().get("server")),
        RETRY,
        folder,
        folder.resolve("known_hosts"),
        ssh,
        NearSide.of(source, queue, roots));
  }

  /** What it says to two large paths of which {@code signer} has signed both. */
  private Optional<String> notice(Destination destination, String signer) throws Exception {
    var paths = List.of(large(signer + "-one", signer), large(signer + "-two", signer));
    queue.enqueue(paths, List.of("server"), Optional.empty(), "hook");
    destination.start();
    // What there is to send of them is not what they claim: each ends as corrupt.
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(destination.snapshot().failed()).isEqualTo(2));
    return destination.snapshot().notice();
  }

  private StorePath large(String name, String signer) {
    var path = source.addSigned(name, false, signer);
    source.change(
        path,
        info ->
            new PathInfo(
                path,
                info.narHash(),
                LARGE,
                info.references(),
                info.deriver(),
                info.registrationTime(),
                info.ultimate(),
                info.signatures(),
                info.contentAddress()));
    return path;
  }

  @Test
  void more_than_one_gib_that_others_have_signed_is_told_of_with_the_option_to_set()
      throws Exception {
    try (var destination = destination()) {
      assertThat(notice(destination, "cache.example-1"))
          .hasValueSatisfying(words ->
              assertThat(words)
                  .contains("1.4 GiB", "cache.example-1")
                  .is(
                      Operations.says(
                          "… are signed by NAME: with substitute-on-destination = true …")));
    }
  }

  @Test
  void what_our_own_signing_key_has_signed_comes_from_no_cache() throws Exception {
    try (var nix = NixPeer.in(folder.resolve("nix"));
        var destination =
            destination(
                "signing-keys = [\"%s\", \"%s\"]"
                    .formatted(nix.newSecretKey("ours-1"), nix.newSecretKey("ours-2")))) {
      assertThat(notice(destination, "ours-2")).isEmpty();
    }
  }

  @Test
  void a_signing_key_that_is_not_there_yet_keeps_no_destination_from_being_made() throws Exception {
    try (var destination = destination("signing-keys = [\"/nowhere/key\"]")) {
      queue.enqueue(List.of(source.add("app")), List.of("server"), Optional.empty(), "hook");
      destination.start();
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() ->
              assertThat(destination.snapshot().lastError())
                  .hasValueSatisfying(words -> assertThat(words).contains("/nowhere/key")));
    }
  }
}
