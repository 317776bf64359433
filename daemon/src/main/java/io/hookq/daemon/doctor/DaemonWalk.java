package io.hookq.daemon.doctor;

import io.hookq.daemon.config.StoreLocation;
import io.hookq.daemon.control.ControlClient;
import io.hookq.daemon.control.ControlRefusedException;
import io.hookq.daemon.control.ControlUnreachableException;
import io.hookq.daemon.control.StatusRequest;
import io.hookq.daemon.control.VersionRequest;
import io.hookq.daemon.status.Figures;
import io.hookq.daemon.status.Version;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The links of hookq itself: its socket, its process, its files. */
final class DaemonWalk {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** What the daemon takes in at once; what lies longer is stuck. */
  private static final Duration SPOOLED_LONG = Duration.ofMinutes(2);

  private static final long LITTLE_SPACE = 1L << 30;
  private static final long NO_SPACE = 64L << 20;

  /** The first bytes of every SQLite database, with a NUL behind them. */
  private static final byte[] SQLITE = "SQLite format 3".getBytes(StandardCharsets.US_ASCII);

  private static final String START = "start it: hookq daemon, or the service that runs it";

  private final Patient patient;
  private final Findings findings;

  DaemonWalk(Patient patient, Findings findings) {
    this.patient = patient;
    this.findings = findings;
  }

  void examine() {
    examineSocket();
    var answers = examineDaemon();
    examineDatabase(answers);
    examineSpool(answers);
    examineSpace();
    examineGcRoots();
  }

  // ── The socket and who is behind it ────────────────────────────────────────────────────────

  private void examineSocket() {
    var check = "socket";
    var socket = patient.socket();
    PosixFileAttributes attributes;
    try {
      attributes = attributes(socket);
    } catch (IOException e) {
      findings.skipped(check, NixWalk.wordsOf(e));
      return;
    }
    if (!attributes.isOther()) {
      findings.failure(
          check, socket + " is no socket, and in the way of one", "take it away: rm " + socket);
      return;
    }
    var group = patient.config().map(config -> config.daemon().allowGroup());
    if (attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
      findings.warning(
          check, "everybody may connect to " + socket, "restart the daemon, which sets mode 0660");
    } else if (!attributes.permissions().contains(PosixFilePermission.GROUP_WRITE)
        || group.filter(name -> !name.equals(attributes.group().getName())).isPresent()) {
      var wanted = group.orElse("hookq");
      findings.warning(
          check,
          "only root and %s may connect to %s: it belongs to the group %s"
              .formatted(attributes.owner().getName(), socket, attributes.group().getName()),
          isGroup(socket, wanted)
              ? "restart the daemon as root or as a member of the group " + wanted
              : "make the group: groupadd --system " + wanted + "; then restart the daemon");
    } else {
      findings.ok(check, "%s, for the group %s".formatted(socket, attributes.group().getName()));
    }
  }

  private static boolean isGroup(Path file, String name) {
    try {
      file.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByGroupName(name);
      return true;
    } catch (UserPrincipalNotFoundException e) {
      return false;
    } catch (IOException e) {
      // It cannot be looked up, which the daemon could not either.
      return false;
    }
  }

  private boolean examineDaemon() {
    var check = "daemon";
    try {
      var client = new ControlClient(patient.socket());
      var daemon = client.call(new VersionRequest(), PATIENCE);
      // It counts the jobs, so the queue is read.
      client.call(new StatusRequest(), PATIENCE);
      if (daemon.version().equals(Version.CURRENT)) {
        findings.ok(check, "version %s, process %d".formatted(daemon.version(), daemon.pid()));
      } else {
        findings.warning(
            check,
            "the daemon is version %s, and this is %s".formatted(daemon.version(), Version.CURRENT),
            "restart the daemon, or use the command that belongs to it");
      }
      return true;
    } catch (ControlUnreachableException e) {
      findings.failure(
          check,
          NixWalk.wordsOf(e),
          e.isDenied() ? "run this as root, or join the group that owns the socket" : START);
    } catch (ControlRefusedException e) {
      findings.failure(check, "it says: " + e.getMessage(), "its log says more");
      return true;
    } catch (IOException e) {
      findings.failure(check, NixWalk.wordsOf(e), "is that hookq's socket? restart the daemon");
    }
    return false;
  }

  // ── Its files ──────────────────────────────────────────────────────────────────────────────

  private void examineDatabase(boolean answers) {
    var check = "database";
    var state = patient.stateDir();
    var database = state.resolve("queue.sqlite");
    try {
      if (!Files.isReadable(state) && Files.exists(state)) {
        findings.skipped(check, state + " is the daemon's alone; run this as root to look");
        return;
      }
      var aside = setAside(state);
      if (!aside.isEmpty()) {
        findings.warning(
            check,
            "a damaged queue was set aside: " + aside.getLast(),
            "look after the disk; what was rooted or spooled was queued again. Then delete the file");
      }
      if (isDatabase(database)) {
        findings.ok(check, database + ", " + Figures.bytes(Files.size(database)));
      } else {
        findings.failure(
            check,
            database + " is no SQLite database",
            "restart the daemon: it sets the file aside and begins anew from roots and spool");
      }
    } catch (IOException e) {
      if (answers) {
        findings.failure(
            check,
            NixWalk.wordsOf(e) + ", though a daemon answers",
            "the daemon uses another state folder than the config says, or has lost its own: restart it");
      } else {
        findings.warning(check, NixWalk.wordsOf(e), "the daemon makes it when it starts: " + START);
      }
    }
  }

  private static List<String> setAside(Path state) throws IOException {
    try (var files = Files.list(state)) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(name -> name.startsWith("queue.sqlite.corrupt-"))
          .sorted()
          .toList();
    }
  }

  private static boolean isDatabase(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return Arrays.equals(in.readNBytes(SQLITE.length), SQLITE);
    }
  }

  private void examineSpool(boolean answers) {
    var check = "spool";
    var spool = patient.spool();
    PosixFileAttributes attributes;
    try {
      attributes = attributes(spool);
    } catch (IOException e) {
      findings.failure(
          check,
          NixWalk.wordsOf(e) + ": without it a path is lost when the daemon is down",
          "install -d -m 0700 -o THE_DAEMONS_USER " + spool);
      return;
    }
    var owner = attributes.owner().getName();
    var daemon = ownerOf(patient.stateDir());
    if (!attributes.isDirectory()) {
      findings.failure(check, spool + " is no folder", "take it away, and make a folder there");
    } else if (attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE)
        || attributes.permissions().contains(PosixFilePermission.GROUP_WRITE)) {
      findings.failure(
          check,
          "others than %s may write to %s, so nothing in it is believed".formatted(owner, spool),
          "chmod 0700 " + spool);
    } else if (!owner.equals("root") && daemon.filter(user -> !user.equals(owner)).isPresent()) {
      findings.failure(
          check,
          "%s belongs to %s, and the daemon is %s".formatted(spool, owner, daemon.get()),
          "chown " + daemon.get() + " " + spool);
    } else {
      examineSpooled(spool, answers);
    }
  }

  private void examineSpooled(Path spool, boolean answers) {
    var check = "spool";
    try {
      var rejected = count(spool.resolve("rejected"), "", Instant.MAX);
      var waiting = count(spool, ".json", Instant.MAX);
      var stuck = count(spool, ".json", Instant.now().minus(SPOOLED_LONG));
      if (rejected > 0) {
        findings.warning(
            check,
            "files in %s/rejected, which were not the hook's or cut off: %d"
                .formatted(spool, rejected),
            "read the .reason beside each; move it back to try once more, or delete it");
      } else if (stuck > 0 && answers) {
        findings.warning(
            check,
            "the daemon runs and has not taken in what waits in %s: %d".formatted(spool, stuck),
            "its log says why; does it watch this very folder (HOOKQ_SPOOL)?");
      } else {
        findings.ok(check, spool + (waiting == 0 ? ", empty" : ", waiting: " + waiting));
      }
    } catch (IOException e) {
      findings.skipped(check, NixWalk.wordsOf(e) + "; run this as root to look");
    }
  }

  private static long count(Path folder, String ending, Instant before) throws IOException {
    if (!Files.isDirectory(folder)) {
      return 0;
    }
    try (var files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(ending))
          .filter(file -> isOlder(file, before))
          .count();
    }
  }

  private static boolean isOlder(Path file, Instant time) {
    try {
      return Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toInstant().isBefore(time);
    } catch (IOException e) {
      // Taken in while we looked.
      return false;
    }
  }

  private void examineSpace() {
    var check = "space";
    for (var folder : List.of(patient.stateDir(), patient.spool())) {
      if (!Files.isDirectory(folder)) {
        continue;
      }
      try {
        var free = Files.getFileStore(folder).getUsableSpace();
        var seen = Figures.bytes(free) + " free for " + folder;
        if (free < NO_SPACE) {
          findings.failure(check, seen, "make room: queue and spool cannot be written soon");
        } else if (free < LITTLE_SPACE) {
          findings.warning(check, seen, "make room");
        } else {
          findings.ok(check, seen);
        }
        if (folder.startsWith(patient.stateDir()) && patient.spool().startsWith(folder)) {
          return;
        }
      } catch (IOException e) {
        findings.skipped(check, NixWalk.wordsOf(e));
      }
    }
  }

  private void examineGcRoots() {
    var check = "gc-roots";
    var location =
        patient
            .config()
            .map(config -> config.daemon().store())
            .orElse(StoreLocation.Socket.DEFAULT);
    var folder =
        patient.surroundings().gcRoots().orElseGet(() -> location.gcRoots().resolve("hookq"));
    var daemon = ownerOf(patient.stateDir());
    try {
      var attributes = attributes(folder);
      var owner = attributes.owner().getName();
      if (!attributes.isDirectory()) {
        findings.failure(check, folder + " is no folder", "take it away, and make a folder there");
      } else if (daemon.filter(user -> !user.equals("root") && !user.equals(owner)).isPresent()) {
        findings.warning(
            check,
            "%s belongs to %s, and the daemon is %s: what the hook roots stays for good"
                .formatted(folder, owner, daemon.get()),
            "chown " + daemon.get() + " " + folder);
      } else {
        findings.ok(check, folder.toString());
      }
    } catch (IOException e) {
      findings.warning(
          check,
          NixWalk.wordsOf(e) + ": the hook cannot root what it spools",
          "install -d -m 0755 -o THE_DAEMONS_USER " + folder);
    }
  }

  private static PosixFileAttributes attributes(Path file) throws IOException {
    return Files.readAttributes(file, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
  }

  private static Optional<String> ownerOf(Path file) {
    try {
      return Optional.of(attributes(file).owner().getName());
    } catch (IOException e) {
      // The daemon has not been here: there is nobody to compare with.
      return Optional.empty();
    }
  }
}
