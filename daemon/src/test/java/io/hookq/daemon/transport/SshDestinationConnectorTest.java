package io.hookq.daemon.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hookq.daemon.config.Config;
import io.hookq.daemon.config.DestinationConfig;
import io.hookq.daemon.config.Surroundings;
import io.hookq.daemon.planner.MemoryStore;
import io.hookq.ssh.EmbeddedSshServer;
import io.hookq.ssh.GeneratedKey;
import io.hookq.ssh.SshConnector;
import io.hookq.store.DestinationStore;
import io.hookq.store.PathInfo;
import io.hookq.store.StoreDir;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class SshDestinationConnectorTest {
  private final FarSide far = new FarSide();
  private final MemoryStore source = new MemoryStore();
  private final List<String> commands = Collections.synchronizedList(new ArrayList<>());
  private final GeneratedKey key = GeneratedKey.ed25519();
  private final SshConnector ssh = new SshConnector();
  @TempDir private Path folder;
  private EmbeddedSshServer server;

  @BeforeEach
  void start() throws Exception {
    key.writeTo(folder.resolve("key"));
    server = EmbeddedSshServer.start(List.of(key.publicLine()), this::exec);
  }

  @AfterEach
  void stop() {
    ssh.close();
    server.close();
  }

  private int exec(String command, InputStream in, OutputStream out, OutputStream err)
      throws IOException {
    commands.add(command);
    if (command.contains("missing-program")) {
      err.write("sh: missing-program: command not found\n".getBytes(StandardCharsets.UTF_8));
      err.flush();
      return 127;
    }
    return far.serve(in, out, err);
  }

  private DestinationConfig config(String... lines) throws Exception {
    var text =
        "[destinations.server]\nuri = \"ssh://me@127.0.0.1:%d\"\n%s\n"
            .formatted(server.port(), String.join("\n", lines));
    var config = Config.parse(text, "test.toml", new Surroundings(Map.of(), folder, false));
    return Objects.requireNonNull(config.destinations().get("server"));
  }

  private String key(String name) {
    return "ssh-key = \"%s\"".formatted(folder.resolve(name));
  }

  private String hostKey() {
    return "host-key = \"%s\"".formatted(server.hostKey());
  }

  private SshDestinationConnector connector(String... lines) throws Exception {
    return new SshDestinationConnector(
        config(lines), folder, folder.resolve("known_hosts"), StoreDir.DEFAULT, ssh);
  }

  private static void assertFails(
      SshDestinationConnector connector, Class<? extends UploadFailure> as) {
    assertThatThrownBy(connector::connect)
        .isInstanceOfSatisfying(
            IOException.class,
            e -> assertThat(FailureClassifier.of(e, Optional.empty())).isInstanceOf(as));
  }

  /** Hears no answers. */
  private static final class Deaf implements DestinationStore.AddListener {
    @Override
    public void added(PathInfo info) {}

    @Override
    public void refused(PathInfo info, String reason) {
      throw new AssertionError(reason);
    }
  }

  @Test
  void connections_follow_each_other_over_one_session_and_bytes_are_counted() throws Exception {
    var app = source.add("app", new byte[100_000]);
    try (var connector = connector(key("key"), hostKey())) {
      try (var store = connector.connect()) {
        assertThat(store.queryValid(List.of(app), false)).isEmpty();
        store.add(source.info(app), source.nar(app), new Deaf());
        store.drain();
      }
      try (var store = connector.connect()) {
        assertThat(store.queryValid(List.of(app), false)).containsExactly(app);
      }
      assertThat(connector.wireBytesSent()).isGreaterThan(100_000);
    }
    assertThat(far.bytes(app)).isEqualTo(source.bytes(app));
    assertThat(commands)
        .containsExactly(
            "HOOKQ_WIRE=1:zstd nix-store --serve --write", "nix-store --serve --write");
  }

  @Test
  void a_session_that_was_let_go_of_is_replaced() throws Exception {
    var app = source.add("app");
    try (var connector = connector(key("key"), hostKey())) {
      try (var store = connector.connect()) {
        assertThat(store.queryValid(List.of(app), false)).isEmpty();
      }
      connector.release();
      try (var store = connector.connect()) {
        assertThat(store.queryValid(List.of(app), false)).isEmpty();
      }
    }
  }

  @Test
  @Timeout(60)
  void a_channel_is_given_back_whatever_ends_its_greeting() throws Exception {
    List<FarProcess.Greeting<DestinationStore>> greetings =
        List.of(
            () -> {
              throw new EOFException("no greeting");
            },
            () -> {
              throw new IllegalStateException("no greeting");
            },
            () -> {
              throw new OutOfMemoryError("no greeting");
            });
    try (var connector = connector(key("key"), hostKey());
        var session = ssh.connect(connector.endpoint())) {
      for (var greeting : greetings) {
        var remote = session.exec("nix-store --serve --write");
        var pace = Pace.of(Optional.empty());
        var far = new FarProcess(remote, "far", Duration.ofMinutes(1), pace, new AtomicLong());

        assertThatThrownBy(() -> SshDestinationConnector.watched(far, greeting))
            .hasMessage("no greeting");
        // Open, it would wait to be greeted, and so would this.
        assertThatThrownBy(() -> remote.stdout().read()).isInstanceOf(IOException.class);
      }
    }
  }

  @Test
  void the_remote_command_is_put_together_as_nix_does_it() throws Exception {
    assertThat(
            FarProtocol.SERVE.command(
                config(
                    "remote-program = \"/run/current-system/sw/bin/nix-store\"",
                    "remote-store = \"/mnt/it's here?a=b\"")))
        .isEqualTo(
            "/run/current-system/sw/bin/nix-store --serve --write"
                + " --store '/mnt/it'\\''s here?a=b'");
  }

  @Test
  void a_program_that_is_not_there_is_said_so_with_the_shells_own_words() throws Exception {
    try (var connector = connector(key("key"), hostKey(), "remote-program = \"missing-program\"");
        var store = connector.connect()) {
      assertThatThrownBy(() -> store.queryValid(List.of(source.add("app")), false))
          .isInstanceOfSatisfying(
              IOException.class,
              e -> {
                var failure = FailureClassifier.of(e, Optional.empty());
                assertThat(failure).isInstanceOf(UploadFailure.ServerTrouble.class);
                assertThat(failure.words()).contains("command not found");
                assertThat(failure.hint()).isPresent();
              });
    }
  }

  @Test
  void a_key_that_the_server_does_not_know_is_denied() throws Exception {
    GeneratedKey.ed25519().writeTo(folder.resolve("stranger"));
    try (var connector = connector(key("stranger"), hostKey())) {
      assertFails(connector, UploadFailure.Denied.class);
    }
  }

  @Test
  void a_host_whose_key_is_not_known_is_denied() throws Exception {
    try (var connector = connector(key("key"))) {
      assertFails(connector, UploadFailure.Denied.class);
    }
  }

  @Test
  void nobody_there_is_unreachable() throws Exception {
    try (var connector = connector(key("key"), hostKey())) {
      server.close();
      assertFails(connector, UploadFailure.Unreachable.class);
    }
  }
}
