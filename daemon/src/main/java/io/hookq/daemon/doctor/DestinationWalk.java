package io.hookq.daemon.doctor;

import io.hookq.daemon.config.Config;
import io.hookq.daemon.config.DestinationConfig;
import io.hookq.daemon.control.ControlClient;
import io.hookq.daemon.control.ListRequest;
import io.hookq.daemon.status.Figures;
import io.hookq.daemon.transport.FailureClassifier;
import io.hookq.daemon.transport.SshDestinationConnector;
import io.hookq.daemon.transport.UploadFailure;
import io.hookq.ssh.HostKeyPolicy;
import io.hookq.ssh.SshAuthenticationException;
import io.hookq.ssh.SshConfigException;
import io.hookq.ssh.SshConnector;
import io.hookq.ssh.SshEndpoint;
import io.hookq.ssh.SshHostKeyException;
import io.hookq.ssh.SshUnreachableException;
import io.hookq.store.DestinationStore;
import io.hookq.store.HandshakeException;
import io.hookq.store.PathInfo;
import io.hookq.store.SecretKey;
import io.hookq.store.StoreDir;
import java.io.Closeable;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
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
      var endpoint = connector.endpoint();
      if (isThere(endpoint, findings)) {
        examine(destination, endpoint, connector, findings);
      }
    } catch (SshConfigException e) {
      // What the name stands for is what the file would have said.
      fail("name", FailureClassifier.of(e, Optional.empty()), "mend what it names", findings);
    } catch (IOException e) {
      fail("login", FailureClassifier.of(e, Optional.empty()), "mend what it names", findings);
    } finally {
      connector.close();
    }
  }

  // ── The network ────────────────────────────────────────────────────────────────────────────

  /** Of a host behind others only the first of them can be looked at from here. */
  private static boolean isThere(SshEndpoint endpoint, Findings findings) {
    var first = firstHop(endpoint);
    var host = first.host();
    var purpose =
        endpoint.via().isEmpty() ? "" : ", the first host on the way to " + endpoint.address();
    List<InetAddress> addresses;
    try {
      addresses =
          Arrays.stream(InetAddress.getAllByName(host))
              .filter(address -> isOf(first.family(), address))
              .toList();
    } catch (UnknownHostException e) {
      addresses = List.of();
    }
    if (addresses.isEmpty()) {
      findings.failure(
          "name",
          "the name " + host + " does not resolve" + purpose,
          "correct uri in the config, HostName or ProxyJump in OpenSSH's, or the DNS, hosts file or"
              + " VPN that should know the name");
      return false;
    }
    var numbers =
        addresses.stream().map(InetAddress::getHostAddress).collect(Collectors.joining(", "));
    findings.ok("name", (numbers.equals(host) ? host : host + " is " + numbers) + purpose);
    return answers(first, addresses, purpose, findings);
  }

  private static SshEndpoint firstHop(SshEndpoint endpoint) {
    var hop = endpoint;
    while (hop.via().isPresent()) {
      hop = hop.via().get();
    }
    return hop;
  }

  private static boolean isOf(SshEndpoint.Family family, InetAddress address) {
    return switch (family) {
      case ANY -> true;
      case IPV4 -> address instanceof Inet4Address;
      case IPV6 -> address instanceof Inet6Address;
    };
  }

  private static boolean answers(
      SshEndpoint host, List<InetAddress> addresses, String purpose, Findings findings) {
    var start = System.nanoTime();
    IOException last = new IOException("no address");
    for (var address : addresses) {
      try (var socket = new Socket()) {
        socket.connect(
            new InetSocketAddress(address, host.port()), (int) host.connectTimeout().toMillis());
        var millis = Duration.ofNanos(System.nanoTime() - start).toMillis();
        findings.ok("tcp", "port %d answers after %d ms".formatted(host.port(), millis) + purpose);
        return true;
      } catch (IOException e) {
        last = e;
      }
    }
    findings.failure(
        "tcp",
        "nobody answers at %s port %d%s: %s"
            .formatted(host.host(), host.port(), purpose, NixWalk.wordsOf(last)),
        "start sshd there, correct host and port in uri or in OpenSSH's config, or look at the"
            + " firewall or VPN between");
    return false;
  }

  // ── SSH and the program behind it ──────────────────────────────────────────────────────────

  private void examine(
      DestinationConfig destination,
      SshEndpoint endpoint,
      SshDestinationConnector connector,
      Findings findings) {
    List<SecretKey> keys;
    try {
      keys = connector.signingKeys();
    } catch (IOException e) {
      findings.failure(
          "signing-keys",
          oneLine(NixWalk.wordsOf(e)),
          "correct signing-keys in the config, or what the daemon's user may read");
      return;
    }
    Optional<PathInfo> sent;
    try (var store = connector.connect()) {
      var path = ThrowAway.make();
      // The first question waits for the greeting.
      store.queryValid(List.of(path.info().path()), false);
      admitted(endpoint, findings);
      findings.ok("command", "runs what we ask for");
      findings.ok("protocol", store.protocol());
      sent = examineTrust(path, store, keys, findings);
    } catch (IOException e) {
      tellRefusal(destination, endpoint, e, findings);
      return;
    }
    examineGarbage(destination, connector, sent, findings);
    examineClock(connector, findings);
  }

  private static void admitted(SshEndpoint endpoint, Findings findings) {
    findings.ok("host-key", believed(endpoint.hostKeys()));
    findings.ok("login", login(endpoint));
  }

  private static String believed(HostKeyPolicy policy) {
    return switch (policy) {
      case HostKeyPolicy.Pinned _ -> "is the pinned one";
      case HostKeyPolicy.Strict _ -> "is known (strict)";
      case HostKeyPolicy.AcceptNew _ -> "is known (accept-new)";
    };
  }

  private static String login(SshEndpoint endpoint) {
    var way =
        Stream.iterate(endpoint.via(), Optional::isPresent, hop -> hop.orElseThrow().via())
            .map(hop -> hop.orElseThrow().toString())
            .collect(Collectors.joining(", before that "));
    return "as " + endpoint.user() + (way.isEmpty() ? "" : " by way of " + way);
  }

  private static void tellRefusal(
      DestinationConfig destination, SshEndpoint endpoint, IOException e, Findings findings) {
    var failure = FailureClassifier.of(e, Optional.empty());
    switch (e) {
      case SshHostKeyException _ ->
          fail("host-key", failure, "put the right key into known_hosts or host-key", findings);
      case SshAuthenticationException denied -> {
        if (denied.hasMetServer()) {
          findings.ok("host-key", believed(endpoint.hostKeys()));
        } else {
          findings.skipped("host-key", "not asked for, as there is no key to log in with");
        }
        fail("login", failure, "authorize the key for " + endpoint.user(), findings);
      }
      case SshUnreachableException _ ->
          fail("host-key", failure, "is that an SSH server? its log says more", findings);
      case HandshakeException handshake -> {
        admitted(endpoint, findings);
        fail(
            handshake.isSpoken() ? "protocol" : "command",
            failure,
            "the server must run %s for this key: look at command= in its authorized_keys, at remote-program here, and at what its shell prints at login"
                .formatted(program(destination)),
            findings);
      }
      default -> fail("login", failure, "mend what it names", findings);
    }
  }

  private static String program(DestinationConfig destination) {
    return switch (destination.uri().scheme()) {
      case SSH -> "nix-store --serve --write";
      case SSH_NG -> "nix-daemon --stdio";
      case SSH_AUTO -> "nix-daemon --stdio or nix-store --serve --write";
    };
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
      ThrowAway path, DestinationStore store, List<SecretKey> keys, Findings findings) {
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
        findings.ok(
            check,
            "took %s, which %s signed; it may go again"
                .formatted(path.info().path(), keys.isEmpty() ? "nobody" : names(keys)));
        return Optional.of(path.info());
      }
      var words = refusals.getFirst();
      var failure = FailureClassifier.ofRefusal(path.info().path(), words);
      tellRefused(oneLine(words), failure.hint(), keys, findings);
    } catch (IOException e) {
      var failure = FailureClassifier.of(e, Optional.empty());
      tellRefused(oneLine(failure.words()), failure.hint(), keys, findings);
    }
    return Optional.empty();
  }

  private static String names(List<SecretKey> keys) {
    return keys.stream().map(SecretKey::name).collect(Collectors.joining(", "));
  }

  private void tellRefused(
      String words, Optional<String> hint, List<SecretKey> keys, Findings findings) {
    if (!keys.isEmpty() && words.contains("signature")) {
      findings.failure(
          "trust",
          "signed by %s, and yet: %s".formatted(names(keys), words),
          "on the server, add to trusted-public-keys: "
              + keys.stream().map(SecretKey::publicKey).collect(Collectors.joining(" ")));
      return;
    }
    var signing =
        nixConf
            .flatMap(conf -> conf.setting("secret-key-files"))
            .filter(setting -> !setting.value().isEmpty());
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
    try {
      if (path.isEmpty()) {
        tellPromise(
            connector, "no path has arrived yet of which the server could be asked", findings);
        return;
      }
      var roots = connector.rootsOf(path.get(), PATIENCE);
      if (roots.isEmpty()) {
        tellPromise(
            connector, "the server does not say what roots a path (a forced command?)", findings);
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

  /** An upload key may not ask what roots a path, but hookq behind it says what it keeps. */
  private static void tellPromise(
      SshDestinationConnector connector, String otherwise, Findings findings) throws IOException {
    var promise = connector.promise(PATIENCE);
    if (promise.isEmpty()) {
      findings.skipped("garbage", otherwise);
      return;
    }
    var kept = promise.get();
    findings.ok(
        "garbage",
        "what arrives is kept under %s for %s%s"
            .formatted(
                kept.name(),
                kept.age().map(Figures::duration).orElse("ever"),
                kept.bytes()
                    .map(bytes -> ", up to %s, the newest first".formatted(Figures.bytes(bytes)))
                    .orElse("")));
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
