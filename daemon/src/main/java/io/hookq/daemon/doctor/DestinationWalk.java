package io.hookq.daemon.doctor;

import io.hookq.daemon.config.Config;
import io.hookq.daemon.config.DestinationConfig;
import io.hookq.daemon.control.ControlClient;
import io.hookq.daemon.control.ListRequest;
import io.hookq.daemon.status.Figures;
import io.hookq.daemon.transport.FailureClassifier;
import io.hookq.daemon.transport.SshDestinationConnector;
import io.hookq.daemon.transport.UploadFailure;
import io.hookq.ssh.SshAuthenticationException;
import io.hookq.ssh.SshConnector;
import io.hookq.ssh.SshEndpoint;
import io.hookq.ssh.SshHostKeyException;
import io.hookq.ssh.SshUnreachableException;
import io.hookq.store.DestinationStore;
import io.hookq.store.HandshakeException;
import io.hookq.store.PathInfo;
import io.hookq.store.StoreDir;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The links to a destination, from its name to its garbage collector. For one thread. */
final class DestinationWalk implements Closeable {
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  /** Signatures do not expire; what a clock so wrong breaks is tokens, logs and a user's mind. */
  private static final Duration SKEW = Duration.ofSeconds(60);

  private final Patient patient;
  private final Config config;
  private final Optional<NixConf> nixConf;
  private final SshConnector ssh = new SshConnector();

  DestinationWalk(Patient patient, Config config, Optional<NixConf> nixConf) {
    this.patient = patient;
    this.config = config;
    this.nixConf = nixConf;
  }

  void examine(DestinationConfig destination, Findings findings) {
    var connector =
        new SshDestinationConnector(
            destination,
            patient.surroundings().home(),
            config.daemon().learntKnownHosts(),
            StoreDir.DEFAULT,
            ssh);
    try {
      if (isThere(destination, findings)) {
        examine(destination, connector, findings);
      }
    } finally {
      connector.close();
    }
  }

  // ── The network ────────────────────────────────────────────────────────────────────────────

  private static boolean isThere(DestinationConfig destination, Findings findings) {
    var host = destination.uri().host();
    InetAddress[] addresses;
    try {
      addresses = InetAddress.getAllByName(host);
    } catch (UnknownHostException e) {
      findings.failure(
          "name",
          "the name " + host + " does not resolve",
          "correct uri in the config, or the DNS, hosts file or VPN that should know the name");
      return false;
    }
    var numbers =
        Arrays.stream(addresses).map(InetAddress::getHostAddress).collect(Collectors.joining(", "));
    findings.ok("name", numbers.equals(host) ? host : host + " is " + numbers);
    return answers(destination, addresses, findings);
  }

  private static boolean answers(
      DestinationConfig destination, InetAddress[] addresses, Findings findings) {
    var port = destination.uri().port().orElse(SshEndpoint.DEFAULT_PORT);
    var start = System.nanoTime();
    IOException last = new IOException("no address");
    for (var address : addresses) {
      try (var socket = new Socket()) {
        socket.connect(
            new InetSocketAddress(address, port), (int) destination.connectTimeout().toMillis());
        var millis = Duration.ofNanos(System.nanoTime() - start).toMillis();
        findings.ok("tcp", "port %d answers after %d ms".formatted(port, millis));
        return true;
      } catch (IOException e) {
        last = e;
      }
    }
    findings.failure(
        "tcp",
        "nobody answers at %s port %d: %s"
            .formatted(destination.uri().host(), port, NixWalk.wordsOf(last)),
        "start sshd there, correct host and port in uri, or look at the firewall or VPN between");
    return false;
  }

  // ── SSH and the program behind it ──────────────────────────────────────────────────────────

  private void examine(
      DestinationConfig destination, SshDestinationConnector connector, Findings findings) {
    Optional<PathInfo> sent;
    try (var store = connector.connect()) {
      var path = ThrowAway.make();
      // The first question waits for the greeting.
      store.queryValid(List.of(path.info().path()), false);
      admitted(destination, findings);
      findings.ok("command", "runs what we ask for");
      findings.ok("protocol", store.protocol());
      sent = examineTrust(path, store, findings);
    } catch (IOException e) {
      tellRefusal(destination, e, findings);
      return;
    }
    examineGarbage(destination, connector, sent, findings);
    examineClock(connector, findings);
  }

  private static void admitted(DestinationConfig destination, Findings findings) {
    findings.ok(
        "host-key",
        destination.hostKey().isPresent()
            ? "is the pinned one"
            : "is known (" + destination.hostKeyChecking().label() + ")");
    findings.ok("login", "as " + userOf(destination));
  }

  private static String userOf(DestinationConfig destination) {
    return destination.uri().user().orElseGet(() -> System.getProperty("user.name"));
  }

  private static void tellRefusal(DestinationConfig destination, IOException e, Findings findings) {
    var failure = FailureClassifier.of(e, Optional.empty());
    switch (e) {
      case SshHostKeyException _ ->
          fail("host-key", failure, "put the right key into known_hosts or host-key", findings);
      case SshAuthenticationException _ -> {
        findings.ok("host-key", "is known");
        fail("login", failure, "authorize the key for " + userOf(destination), findings);
      }
      case SshUnreachableException _ ->
          fail("host-key", failure, "is that an SSH server? its log says more", findings);
      case HandshakeException handshake -> {
        admitted(destination, findings);
        var spoke = handshake.exitStatus().isPresent() || !handshake.stderrTail().isEmpty();
        fail(
            spoke ? "command" : "protocol",
            failure,
            "the server must run nix-store --serve --write for this key: look at command= in its"
                + " authorized_keys, at remote-program here, and at what its shell prints at login",
            findings);
      }
      default -> fail("login", failure, "mend what it names", findings);
    }
  }

  private static void fail(
      String check, UploadFailure failure, String otherwise, Findings findings) {
    findings.failure(check, oneLine(failure.words()), failure.hint().orElse(otherwise));
  }

  private static String oneLine(String text) {
    return text.strip().replaceAll("\\s*[\\r\\n]+\\s*", "; ");
  }

  // ── What the server does with paths ────────────────────────────────────────────────────────

  /** Returns what was sent and taken. */
  private Optional<PathInfo> examineTrust(
      ThrowAway path, DestinationStore store, Findings findings) {
    var check = "trust";
    if (!patient.write()) {
      findings.skipped(check, "not asked; hookq doctor --write sends a tiny path to see");
      return Optional.empty();
    }
    try {
      var refusals = new CopyOnWriteArrayList<String>();
      store.add(
          path.info(),
          path.nar(),
          new DestinationStore.AddListener() {
            @Override
            public void added(PathInfo info) {}

            @Override
            public void refused(PathInfo info, String reason) {
              refusals.add(reason);
            }
          });
      store.drain();
      if (refusals.isEmpty()) {
        findings.ok(check, "took " + path.info().path() + ", which nobody signed; it may go again");
        return Optional.of(path.info());
      }
      tellRefused(oneLine(refusals.getFirst()), Optional.empty(), findings);
    } catch (IOException e) {
      var failure = FailureClassifier.of(e, Optional.empty());
      tellRefused(oneLine(failure.words()), failure.hint(), findings);
    }
    return Optional.empty();
  }

  private void tellRefused(String words, Optional<String> hint, Findings findings) {
    var signing =
        nixConf
            .flatMap(conf -> conf.setting("secret-key-files"))
            .filter(keys -> !keys.value().isEmpty());
    if (signing.isPresent() && words.contains("signature")) {
      findings.warning(
          "trust",
          "an unsigned path is refused, and builds here are signed with " + signing.get().value(),
          "nothing, if the public half is in trusted-public-keys there; else add it");
      return;
    }
    findings.failure(
        "trust",
        words,
        hint.orElse(
            "on the server, make the SSH user one of trusted-users, or trust a key that signs"));
  }

  private void examineGarbage(
      DestinationConfig destination,
      SshDestinationConnector connector,
      Optional<PathInfo> sent,
      Findings findings) {
    var check = "garbage";
    var path = arrived(destination).or(() -> sent.map(info -> StoreDir.DEFAULT.print(info.path())));
    if (path.isEmpty()) {
      findings.skipped(check, "no path has arrived yet of which the server could be asked");
      return;
    }
    try {
      var roots = connector.rootsOf(path.get(), PATIENCE);
      if (roots.isEmpty()) {
        findings.skipped(check, "the server does not say what roots a path (a forced command?)");
      } else if (roots.get().isEmpty()) {
        findings.warning(
            check,
            "nothing on the server roots "
                + path.get()
                + ", so that its garbage collector may take it",
            "make hookq receive the forced command of the key, which roots what arrives; or collect"
                + " no garbage there");
      } else {
        findings.ok(check, path.get() + " is rooted by " + roots.get().getFirst());
      }
    } catch (IOException e) {
      findings.skipped(check, oneLine(NixWalk.wordsOf(e)));
    }
  }

  /** A path that the daemon has brought there. */
  private Optional<String> arrived(DestinationConfig destination) {
    try {
      var jobs =
          new ControlClient(patient.socket())
              .call(new ListRequest(Optional.of("done"), Optional.of(destination.name())), PATIENCE)
              .jobs();
      return jobs.isEmpty() ? Optional.empty() : Optional.of(jobs.getLast().path());
    } catch (IOException e) {
      // Its own finding says so.
      return Optional.empty();
    }
  }

  private static void examineClock(SshDestinationConnector connector, Findings findings) {
    var check = "clock";
    try {
      var before = Instant.now();
      var said =
          connector
              .ask("date +%s", PATIENCE)
              .map(String::strip)
              .filter(text -> text.matches("\\d{9,11}"));
      if (said.isEmpty()) {
        findings.skipped(check, "the server does not tell its time (a forced command?)");
        return;
      }
      var there = Instant.ofEpochSecond(Long.parseLong(said.get()));
      var skew =
          Stream.of(Duration.between(before, there), Duration.between(Instant.now(), there))
              .map(Duration::abs)
              .min(Duration::compareTo)
              .orElseThrow();
      if (skew.compareTo(SKEW) > 0) {
        findings.warning(
            check,
            "the server's clock and ours are %s apart".formatted(Figures.duration(skew)),
            "have both set by NTP: ages in logs and status mislead");
      } else {
        findings.ok(check, "as ours");
      }
    } catch (IOException e) {
      findings.skipped(check, oneLine(NixWalk.wordsOf(e)));
    }
  }

  @Override
  public void close() {
    ssh.close();
  }
}
