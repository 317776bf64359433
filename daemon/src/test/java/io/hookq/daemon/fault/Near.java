package io.hookq.daemon.fault;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hookq.daemon.Hookqd;
import io.hookq.daemon.config.Config;
import io.hookq.daemon.config.ConfigException;
import io.hookq.daemon.config.Surroundings;
import io.hookq.daemon.control.ControlClient;
import io.hookq.daemon.control.EnqueueRequest;
import io.hookq.daemon.control.ListRequest;
import io.hookq.daemon.control.StatusRequest;
import io.hookq.peers.NixPeer;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.jspecify.annotations.Nullable;

/**
 * The near side: a real Nix store with its daemon, and hookq's daemon in this process, which backs
 * off for a fraction of a second only.
 *
 * <p>Used by one thread. Deleting the folder is the business of whoever made it.
 */
final class Near implements AutoCloseable {
  /** Generous: machines that run tests are slow now and then. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration POLL = Duration.ofMillis(20);

  private final Path folder;
  private final NixPeer nix;
  private final Map<String, String> destinations = new TreeMap<>();
  private int attempts = 5;
  private @Nullable Hookqd daemon;

  private Near(Path folder, NixPeer nix) {
    this.folder = folder;
    this.nix = nix;
  }

  /** A store whose Nix daemon runs, and no hookq yet. */
  static Near in(Path folder) {
    try {
      var nix = NixPeer.in(folder.resolve("nix")).startDaemon();
      Files.createDirectories(folder.resolve("gcroots"));
      return new Near(folder.toRealPath(), nix);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  NixPeer nix() {
    return nix;
  }

  /** The link that roots {@code path}, as long as it is needed. */
  Path root(StorePath path) {
    return folder.resolve("gcroots").resolve(path.baseName());
  }

  /** A destination from the next start on, or other settings for one. */
  Near destination(String name, String settings) {
    destinations.put(name, settings);
    return this;
  }

  /** How many refusals a path may have, from the next start on. */
  Near attempts(int attempts) {
    this.attempts = attempts;
    return this;
  }

  Near start() {
    try {
      var surroundings =
          new Surroundings(
              Map.of("HOOKQ_GCROOTS", folder.resolve("gcroots").toString()), folder, false);
      daemon = Hookqd.start(Config.parse(config(), "hookq.toml", surroundings), surroundings);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ConfigException e) {
      throw new AssertionError(e);
    }
  }

  private String config() {
    var text =
        new StringBuilder(
            """
            [daemon]
            state-dir = "%1$s/state"
            socket = "%1$s/hookq.sock"
            allow-group = "no-such-group"
            store = "%2$s"
            [retry]
            initial = "100ms"
            max = "400ms"
            attempts = %3$d
            """
                .formatted(folder, nix.daemonUri(), attempts));
    destinations.forEach((name, settings) ->
        text.append("\n[destinations.").append(name).append("]\n").append(settings));
    return text.toString();
  }

  /** Stops hookq in good order. */
  Near stop() {
    var running = daemon;
    daemon = null;
    if (running != null) {
      running.close();
    }
    return this;
  }

  private ControlClient client() {
    return new ControlClient(folder.resolve("hookq.sock"));
  }

  void push(StorePath... paths) {
    push(Arrays.asList(paths));
  }

  void push(Collection<StorePath> paths) {
    var printed = paths.stream().map(nix.storeDir()::print).toList();
    try {
      // As the hook, which may also name what is no longer there.
      client()
          .call(new EnqueueRequest(printed, Optional.empty(), "hook", Optional.empty()), PATIENCE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // ── What there is to see ───────────────────────────────────────────────────────────────────

  /** The jobs of one destination. */
  List<ListRequest.Entry> jobs(String destination) {
    try {
      return client()
          .call(new ListRequest(Optional.empty(), Optional.of(destination)), PATIENCE)
          .jobs();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The job of one path. */
  ListRequest.Entry job(String destination, StorePath path) {
    return jobs(destination).stream()
        .filter(job -> job.path().equals(nix.storeDir().print(path)))
        .findFirst()
        .orElseThrow();
  }

  /** How that one stands, as {@code hookq status --json} has it. */
  JsonNode status(String destination) {
    try {
      var all = JSON.readTree(client().call(new StatusRequest(), PATIENCE).document());
      for (var one : all.path("destinations")) {
        if (one.path("name").asText().equals(destination)) {
          return one;
        }
      }
      throw new AssertionError(destination + " is not in " + all);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until the destination says why it waits, with all these words, and returns it. */
  String awaitError(String destination, String... words) {
    await(() -> {
      var status = status(destination);
      for (var word : words) {
        assertThat(status.path("lastError").asText("")).containsIgnoringCase(word);
      }
    });
    return status(destination).path("lastError").asText();
  }

  /** Waits until every job of the destination is done. */
  void awaitDone(String destination) {
    await(() ->
        assertThat(jobs(destination))
            .isNotEmpty()
            .allSatisfy(job ->
                assertThat(job.state())
                    .as("%s %s", job, status(destination).path("lastError"))
                    .isEqualTo("done")));
  }

  static void await(ThrowingRunnable assertion) {
    Awaitility.await().atMost(PATIENCE).pollInterval(POLL).untilAsserted(assertion);
  }

  @Override
  public void close() {
    stop();
    nix.close();
  }
}
