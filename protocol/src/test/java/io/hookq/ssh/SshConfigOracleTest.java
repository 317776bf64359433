package io.hookq.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.peers.PeerProcess;
import io.hookq.peers.Peers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Generated files, read by us and by {@code ssh -G}, must mean the same. */
class SshConfigOracleTest {
  private static final int FILES = 120;
  private static final List<String> NAMES =
      List.of("server", "db1.lan", "db2.lan", "mac", "10.0.0.7");
  private static final List<String> PATTERNS =
      List.of("*", "server", "db?.lan", "*.lan", "!db2.lan", "m*", "!mac", "10.0.*", "nobody");

  @TempDir private Path folder;

  @Test
  void generated_files_mean_the_same_to_ssh() throws Exception {
    long seed = Long.getLong("hookq.ssh-config.seed", System.nanoTime());
    var random = new Random(seed);
    for (int i = 0; i < FILES; i++) {
      Path home = Files.createDirectories(folder.resolve("home" + i));
      Files.createDirectories(home.resolve(".ssh"));
      Path file = write(home.resolve(".ssh/config"), text(random, home, 0));
      String name = pick(random, NAMES);
      Optional<String> user = random.nextInt(4) == 0 ? Optional.of("given") : Optional.empty();
      String context =
          "seed %d, file %d, host %s, user %s:\n%s"
              .formatted(seed, i, name, user, Files.readString(file));
      assertThat(ours(home, name, user)).as(context).isEqualTo(theirs(file, name, user));
    }
  }

  private static Path write(Path file, String text) throws IOException {
    Files.writeString(file, text);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  // ── Generator ──────────────────────────────────────────────────────────────────────────────

  private static String text(Random random, Path home, int depth) throws IOException {
    var text = new StringBuilder();
    for (int i = 0, n = 2 + random.nextInt(10); i < n; i++) {
      if (random.nextInt(3) == 0) {
        text.append(block(random)).append('\n');
      } else if (depth < 2 && random.nextInt(8) == 0) {
        // ssh reads relative names below the real home, so ours are absolute here.
        Path file = home.resolve("part" + depth + random.nextInt(1000));
        write(file, text(random, home, depth + 1));
        text.append("Include ").append(file).append('\n');
      } else {
        text.append(" ".repeat(random.nextInt(3))).append(setting(random)).append('\n');
      }
    }
    return text.toString();
  }

  private static String block(Random random) {
    var patterns = new ArrayList<String>();
    for (int i = 0, n = 1 + random.nextInt(3); i < n; i++) {
      patterns.add(pick(random, PATTERNS));
    }
    return switch (random.nextInt(5)) {
      case 0 ->
          "Match %s%s %s"
              .formatted(
                  random.nextInt(3) == 0 ? "!" : "",
                  pick(random, List.of("host", "originalhost")),
                  String.join(",", patterns));
      case 1 ->
          "Match user %s host %s"
              .formatted(pick(random, List.of("given", "alice", "*")), patterns.getFirst());
      case 2 -> random.nextInt(3) == 0 ? "Match all" : "# a comment";
      default -> pick(random, List.of("Host ", "host=", "HOST = ")) + String.join(" ", patterns);
    };
  }

  private static String setting(Random random) {
    String name = "w" + random.nextInt(5);
    String keyword =
        pick(
            random,
            List.of(
                "HostName",
                "User",
                "Port",
                "IdentityFile",
                "CertificateFile",
                "IdentitiesOnly",
                "UserKnownHostsFile",
                "StrictHostKeyChecking",
                "HostKeyAlias",
                "ProxyJump",
                "ServerAliveInterval",
                "ServerAliveCountMax",
                "ConnectTimeout",
                "Compression",
                "ForwardAgent"));
    String value =
        switch (keyword) {
          case "HostName" -> pick(random, List.of(name, "%h.lan", "db1.lan", "mac"));
          case "User" -> pick(random, List.of("alice", "bob", name));
          case "Port", "ServerAliveCountMax" -> "" + (1 + random.nextInt(9000));
          case "IdentityFile", "CertificateFile" ->
              pick(random, List.of("/k/" + name, "\"/k/a b\"", "/k/%h-%n", "/k/%r-%p", "'/k/q'"));
          case "IdentitiesOnly", "Compression", "ForwardAgent" ->
              pick(random, List.of("yes", "no"));
          case "UserKnownHostsFile" ->
              pick(random, List.of("/h/" + name, "/h/a /h/b", "\"/h/x\" /h/%n"));
          case "StrictHostKeyChecking" ->
              pick(random, List.of("yes", "no", "ask", "accept-new", "off"));
          case "HostKeyAlias" -> name;
          case "ProxyJump" ->
              // Never a name that is asked for: ssh refuses to jump from a host to itself.
              pick(random, List.of("none", "j3", "joe@j4:2200", "j1,joe@j2:22"));
          case "ServerAliveInterval", "ConnectTimeout" ->
              pick(random, List.of("0", "15", "1m", "2m5s", "1h"));
          default -> throw new AssertionError(keyword);
        };
    String cased =
        switch (random.nextInt(3)) {
          case 0 -> keyword.toLowerCase(Locale.ROOT);
          case 1 -> keyword.toUpperCase(Locale.ROOT);
          default -> keyword;
        };
    return cased + pick(random, List.of(" ", "=", "  ", " = ", "\t")) + value;
  }

  private static String pick(Random random, List<String> from) {
    return from.get(random.nextInt(from.size()));
  }

  // ── Both sides in the same words ───────────────────────────────────────────────────────────

  private static String ours(Path home, String name, Optional<String> user) throws IOException {
    var config =
        new SshConfig(
            home, home.resolve("no-system-file"), Map.of(), System.getProperty("user.name"));
    HostSettings s = config.host(name, user, OptionalInt.empty());
    var lines = new ArrayList<String>();
    lines.add("hostname " + s.host());
    lines.add("user " + s.user().orElse(System.getProperty("user.name")));
    lines.add("port " + s.port().orElse(22));
    s.identityFiles().orElse(List.of()).forEach(file -> lines.add("identityfile " + file));
    s.certificateFiles().forEach(file -> lines.add("certificatefile " + file));
    lines.add("identitiesonly " + (s.identitiesOnly() ? "yes" : "no"));
    s.userKnownHosts()
        .ifPresent(files ->
            lines.add(
                "userknownhostsfile "
                    + String.join(" ", files.stream().map(Path::toString).toList())));
    lines.add(
        "stricthostkeychecking "
            + switch (s.hostKeys().orElse(HostSettings.HostKeys.STRICT)) {
              case STRICT -> "yes";
              case ACCEPT_NEW -> "accept-new";
              case UNCHECKED -> "no";
            });
    s.hostKeyAlias().ifPresent(alias -> lines.add("hostkeyalias " + alias));
    if (!s.jumps().isEmpty()) {
      lines.add(
          "proxyjump "
              + String.join(
                  ",",
                  s.jumps().stream()
                      .map(jump ->
                          jump.user().map(u -> u + "@").orElse("")
                              + jump.host()
                              + (jump.port().isPresent() ? ":" + jump.port().getAsInt() : ""))
                      .toList()));
    }
    lines.add("serveraliveinterval " + s.aliveInterval().map(Duration::toSeconds).orElse(0L));
    lines.add("serveralivecountmax " + s.aliveCount());
    lines.add("connecttimeout " + s.connectTimeout().map(d -> "" + d.toSeconds()).orElse("none"));
    lines.add("compression " + (s.compression().orElse(false) ? "yes" : "no"));
    return String.join("\n", lines.stream().sorted().toList());
  }

  /** What ssh prints, without what it prints of its own accord. */
  private static String theirs(Path file, String name, Optional<String> user) {
    var words =
        new ArrayList<>(List.of(Peers.require("ssh").toString(), "-G", "-F", file.toString()));
    user.ifPresent(u -> words.addAll(List.of("-l", u)));
    words.add(name);
    String printed = PeerProcess.run(new ProcessBuilder(words)).orFail("ssh -G").stdout();
    var lines = new ArrayList<String>();
    for (String line : printed.lines().toList()) {
      String keyword = line.split(" ", 2)[0];
      String value = line.contains(" ") ? line.split(" ", 2)[1] : "";
      switch (keyword) {
        case "hostname",
            "port",
            "user",
            "identitiesonly",
            "hostkeyalias",
            "serveraliveinterval",
            "serveralivecountmax",
            "compression",
            "certificatefile" ->
            lines.add(line);
        case "proxyjump" -> lines.add(line.replace("none", "").strip());
        case "identityfile" -> {
          if (!value.startsWith("~/.ssh/id_")) {
            lines.add(line);
          }
        }
        case "userknownhostsfile" -> {
          if (!value.contains("/.ssh/known_hosts")) {
            lines.add(line);
          }
        }
        case "connecttimeout" -> lines.add(value.equals("0") ? "connecttimeout none" : line);
        case "stricthostkeychecking" ->
            lines.add(
                "stricthostkeychecking "
                    + switch (value) {
                      case "true", "ask" -> "yes";
                      case "false", "off" -> "no";
                      default -> value;
                    });
        default -> {}
      }
    }
    // Of file names ssh -G prints the tokens unexpanded; expanded, two can be one, as when opened.
    lines.replaceAll(line ->
        line.contains("file ")
            ? line.replace("%h", value(printed, "hostname"))
                .replace("%n", name)
                .replace("%r", value(printed, "user"))
                .replace("%p", value(printed, "port"))
            : line);
    return String.join(
        "\n", lines.stream().filter(l -> !l.equals("proxyjump")).distinct().sorted().toList());
  }

  private static String value(String printed, String keyword) {
    return printed
        .lines()
        .filter(line -> line.startsWith(keyword + " "))
        .findFirst()
        .orElseThrow()
        .substring(keyword.length() + 1);
  }
}
