package io.hookq.peers;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;

/**
 * The programs of other projects that tests talk to, looked up on this machine.
 *
 * <p>A missing one fails the test, with the line that installs it: a green run without peers would
 * prove nothing. Only {@code HOOKQ_SKIP_PEERS=1} skips such tests instead; how many is printed at
 * the end of the run. Thread-safe.
 */
public final class Peers {
  private static final AtomicInteger SKIPPED = new AtomicInteger();

  private Peers() {}

  /**
   * Where {@code program} is, by {@code PATH} and the usual folders for servers.
   *
   * @throws AssertionError if it is not installed; the message says what to type
   */
  public static Path require(String program) {
    for (var folder : folders()) {
      var candidate = folder.resolve(program);
      if (Files.isExecutable(candidate) && !Files.isDirectory(candidate)) {
        return candidate.toAbsolutePath();
      }
    }
    if ("1".equals(System.getenv("HOOKQ_SKIP_PEERS"))) {
      SKIPPED.incrementAndGet();
      Assumptions.abort("HOOKQ_SKIP_PEERS=1 and " + program + " is not installed");
    }
    throw new AssertionError(
        program
            + " is not installed, and this test talks to the real one: apt-get install "
            + debianPackage(program)
            + " (or HOOKQ_SKIP_PEERS=1 to go without)");
  }

  /** The folder of {@code program}, where its companions are too. */
  public static Path folderOf(String program) {
    return Objects.requireNonNull(require(program).getParent());
  }

  /** The folder of the far side's Nix, which {@code HOOKQ_FAR_NIX} may set apart from ours. */
  static Path farNix() {
    var apart = System.getenv("HOOKQ_FAR_NIX");
    return apart == null ? folderOf("nix-store") : Path.of(apart);
  }

  /** The {@code PATH} of the far side. */
  static String farPath() {
    var apart = System.getenv("HOOKQ_FAR_NIX");
    return (apart == null ? "" : apart + ":")
        + System.getenv("PATH")
        + ":/nix/var/nix/profiles/default/bin";
  }

  /** How often {@link #require} skipped a test or a class of tests in this run. */
  static int skipped() {
    return SKIPPED.get();
  }

  private static List<Path> folders() {
    var folders = new ArrayList<Path>();
    var path = System.getenv("PATH");
    if (path != null) {
      for (var entry : path.split(File.pathSeparator, -1)) {
        if (!entry.isEmpty()) {
          folders.add(Path.of(entry));
        }
      }
    }
    for (var entry :
        List.of("/usr/sbin", "/sbin", "/usr/local/sbin", "/nix/var/nix/profiles/default/bin")) {
      folders.add(Path.of(entry));
    }
    return folders;
  }

  private static String debianPackage(String program) {
    return switch (program) {
      case "sshd" -> "openssh-server";
      case "ssh", "ssh-keygen", "ssh-agent", "ssh-add", "scp", "sftp" -> "openssh-client";
      case "musl-gcc" -> "musl-tools";
      case "busybox" -> "busybox-static";
      case "ps" -> "procps";
      case "promtool" -> "prometheus";
      default -> program.startsWith("nix") ? "nix-bin" : program;
    };
  }
}
