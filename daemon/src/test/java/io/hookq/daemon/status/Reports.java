package io.hookq.daemon.status;

import io.hookq.daemon.transport.CurrentUpload;
import io.hookq.daemon.transport.DestinationSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Reports to show: one with everything in it, one of a daemon that has just begun. */
public final class Reports {
  /** When they are looked at. */
  public static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");

  private Reports() {}

  private static Instant ago(Duration time) {
    return NOW.minus(time);
  }

  /** One destination uploads, one waits, one is idle. */
  public static StatusReport busy() {
    return new StatusReport(
        "0.1.0",
        4711,
        ago(Duration.ofHours(76).plusMinutes(12)),
        Optional.of(ago(Duration.ofSeconds(12))),
        new StatusReport.Queue(1_503, 1, 1_216, 2, 1, 4, 2, Optional.of(ago(Duration.ofHours(5)))),
        List.of(uploading(), waiting(), idle()));
  }

  /** Names and addresses of all lengths, and a server whose words are wide and ill-meant. */
  public static StatusReport crowded() {
    var busy = busy();
    var long1 = "a-very-long-destination-name-that-somebody-chose-on-purpose";
    return new StatusReport(
        busy.version(),
        busy.pid(),
        busy.startedAt(),
        busy.lastHookAt(),
        busy.queue(),
        List.of(
            uploading(),
            troubled(
                long1, "ssh-ng://somebody@a.very.long.host.name.of.a.deep.domain.example:2222"),
            troubled("b", "ssh://b"),
            troubled("middling-name-1", "ssh://nix-ssh@192.0.2.1:2222")));
  }

  private static DestinationSnapshot troubled(String name, String uri) {
    return new DestinationSnapshot(
        name,
        uri,
        "waiting",
        Optional.empty(),
        "none",
        2,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        OptionalLong.empty(),
        0,
        0,
        0,
        List.of(),
        Optional.of(
            "Zugriff für root: 拒絶されました。このユーザーはストアに書き込めません。"
                + "管理者に連絡してください 🚫 \u001b[2J\u009b31m\u202e"),
        Optional.of(ago(Duration.ofSeconds(2))),
        Optional.of(NOW.plus(Duration.ofHours(23)).plusSeconds(3_599)),
        Optional.empty(),
        Optional.of("server"),
        Optional.empty(),
        Optional.empty());
  }

  private static DestinationSnapshot uploading() {
    return new DestinationSnapshot(
        "server",
        "ssh://nix-ssh@server",
        "uploading",
        Optional.of("serve 2.7"),
        "none",
        3,
        1,
        1_204,
        0,
        0,
        800_063_488,
        432_111_616,
        19_083_264,
        OptionalLong.of(19),
        1_204,
        40_909_000_000L,
        40_909_000_000L,
        List.of(
            new CurrentUpload(
                "/nix/store/3n58xw4373jp0ljirf06d8077j15pc4j-ghostty-1.3.1",
                221_249_536,
                398_878_720),
            new CurrentUpload(
                "/nix/store/9h2xvzjm43xmhw2gzqsbfjq4wl8yrfyl-a-name-that-is-much-longer-than-any"
                    + "-column-of-a-terminal-wants-to-be-and-then-some-more-of-it-1.0",
                1_024,
                2_048)),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(ago(Duration.ofSeconds(3))),
        Optional.empty(),
        Optional.empty(),
        Optional.of(
            "2.5 GiB of what is to be sent are signed by cache.nixos.org-1: with"
                + " substitute-on-destination = true the server fetches such paths by itself"));
  }

  private static DestinationSnapshot waiting() {
    return new DestinationSnapshot(
        "office",
        "ssh://nix-ssh@cache.office.example.org:2222",
        "waiting",
        Optional.empty(),
        "zlib",
        1_500,
        0,
        12,
        2,
        1,
        0,
        0,
        0,
        OptionalLong.empty(),
        0,
        0,
        0,
        List.of(),
        Optional.of(
            "the host key of cache.office.example.org:2222 is unknown: ssh-ed25519"
                + " SHA256:Gq3ZCCn0i8g6rvTTpUo4QlH5bcq7k4tXwYzX2bcnJvA (hint: add the line to"
                + " /etc/ssh/ssh_known_hosts)"),
        Optional.of(ago(Duration.ofMinutes(3))),
        Optional.of(NOW.plusSeconds(95)),
        Optional.empty(),
        Optional.of("denied"),
        Optional.of("add the line to /etc/ssh/ssh_known_hosts"),
        Optional.empty());
  }

  private static DestinationSnapshot idle() {
    return new DestinationSnapshot(
        "attic",
        "ssh://attic",
        "idle",
        Optional.of("serve 2.5"),
        "none",
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        OptionalLong.empty(),
        0,
        0,
        0,
        List.of(),
        Optional.of("the connection broke\nafter 3 paths"),
        Optional.of(ago(Duration.ofHours(30))),
        Optional.empty(),
        Optional.of(ago(Duration.ofHours(29))),
        Optional.of("unreachable"),
        Optional.empty(),
        Optional.empty());
  }

  /** Nothing has happened yet. */
  public static StatusReport fresh() {
    return new StatusReport(
        "0.1.0",
        4711,
        NOW,
        Optional.empty(),
        new StatusReport.Queue(0, 0, 0, 0, 0, 0, 0, Optional.empty()),
        List.of(
            new DestinationSnapshot(
                "server",
                "ssh://nix-ssh@server",
                "idle",
                Optional.empty(),
                "none",
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                OptionalLong.empty(),
                0,
                0,
                0,
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty())));
  }
}
