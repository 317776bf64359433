package io.hookq.daemon.doctor;

import io.hookq.daemon.status.Version;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** The links on Nix's side: does nix.conf name the hook, and is it one that runs? */
final class NixWalk {
  private static final String CONF = "nix-conf";
  private static final String HOOK = "hook";
  private static final String NAME = "hookq-hook";
  private static final Pattern MENTION = Pattern.compile("(/[^\\s'\"`;|&()]*/" + NAME + ")\\b");

  /** A script is short; what is longer is a program. */
  private static final int LONGEST_SCRIPT = 64 << 10;

  private static final int PATIENCE_SECONDS = 5;

  private final Patient patient;
  private final Findings findings;

  NixWalk(Patient patient, Findings findings) {
    this.patient = patient;
    this.findings = findings;
  }

  /** Returns Nix's settings as far as they could be read. */
  Optional<NixConf> examine() {
    var file = patient.nixConfDir().resolve("nix.conf");
    NixConf conf;
    try {
      conf = NixConf.read(file, patient.surroundings().environment());
    } catch (IOException e) {
      findings.failure(
          CONF, "cannot be read: " + wordsOf(e), "mend the file; Nix itself stops at it too");
      return Optional.empty();
    }
    var determinate = isDeterminate(conf);
    var hook = conf.setting("post-build-hook").filter(setting -> !setting.value().isEmpty());
    if (hook.isEmpty()) {
      findings.failure(
          CONF,
          "post-build-hook is not set in "
              + (conf.files().isEmpty() ? file + ", which is not there" : file)
              + (determinate
                  ? "; this is Determinate Nix, where nix-darwin drops nix.settings"
                  : ""),
          determinate
              ? "set post-build-hook in "
                  + file.resolveSibling("nix.custom.conf")
                  + " (on nix-darwin: determinate-nix.customSettings), and restart the Nix daemon"
              : "add post-build-hook = /path/to/hookq-hook to "
                  + file
                  + ", and restart the Nix daemon");
      return Optional.of(conf);
    }
    var target = Path.of(hook.get().value());
    var origin = hook.get().origin();
    var script = script(target);
    var named = nameOf(target).equals(NAME);
    var chained = script.map(MENTION::matcher).filter(matcher -> matcher.find());
    if (named || chained.isPresent()) {
      var said = "post-build-hook = " + target + " (" + origin + ")";
      if (!named) {
        said += ", a script that runs " + NAME;
      }
      findings.ok(CONF, said + (determinate ? ", in Determinate Nix" : ""));
      examineHook(named ? target : Path.of(chained.get().group(1)), script);
    } else if (Files.exists(target)) {
      findings.failure(
          CONF,
          "another hook is in our way: post-build-hook = " + target + " (" + origin + ")",
          "Nix runs just one: name "
              + NAME
              + " there, or a script that runs both, neither of them in the background");
    } else {
      findings.failure(
          CONF,
          "post-build-hook = " + target + " (" + origin + ") is not there, so every build fails",
          "name the hook that is installed, or build it: make -C hook");
    }
    return Optional.of(conf);
  }

  private static String nameOf(Path file) {
    try {
      return String.valueOf(file.toRealPath().getFileName());
    } catch (IOException e) {
      // Said when it is looked at.
      return String.valueOf(file.getFileName());
    }
  }

  private boolean isDeterminate(NixConf conf) {
    return Files.exists(patient.root().resolve("usr/local/bin/determinate-nixd"))
        || conf.files().stream()
            .anyMatch(file -> String.valueOf(file.getFileName()).equals("nix.custom.conf"))
        || Files.exists(patient.root().resolve("nix/var/determinate"));
  }

  /** The text of a hook that is a script. */
  private static Optional<String> script(Path file) {
    try (var in = Files.newInputStream(file)) {
      var bytes = in.readNBytes(LONGEST_SCRIPT);
      return bytes.length > 2 && bytes[0] == '#' && bytes[1] == '!'
          ? Optional.of(new String(bytes, StandardCharsets.ISO_8859_1))
          : Optional.empty();
    } catch (IOException e) {
      // Not readable for us; whether it is there is said elsewhere.
      return Optional.empty();
    }
  }

  private void examineHook(Path hook, Optional<String> wrapper) {
    if (!Files.exists(hook)) {
      findings.failure(
          HOOK,
          hook + " is not there, so every build fails",
          "install it there (make -C hook builds it), or name another in nix.conf");
      return;
    }
    if (!Files.isExecutable(hook) || Files.isDirectory(hook)) {
      findings.failure(
          HOOK, hook + " is not executable, so every build fails", "chmod 755 " + hook);
      return;
    }
    if (isOpenToAll(hook)) {
      findings.warning(
          HOOK, "everybody may write to " + hook + ", which root runs", "chmod 755 " + hook);
    }
    version(hook)
        .ifPresentOrElse(
            version -> judge(hook, version),
            () ->
                findings.failure(
                    HOOK,
                    hook + " does not answer --version as " + NAME + " does",
                    "install the hook anew; make -C hook builds it"));
    examineWay(hook, wrapper);
  }

  private void judge(Path hook, String version) {
    if (version.equals(NAME + " " + Version.CURRENT)) {
      findings.ok(HOOK, hook + ": " + version);
    } else {
      findings.warning(
          HOOK,
          hook + " is " + version + ", and this is hookq " + Version.CURRENT,
          "install the hook that belongs to this version");
    }
  }

  private static boolean isOpenToAll(Path file) {
    try {
      return Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_WRITE);
    } catch (IOException e) {
      // It is executable, so it is there; more cannot be said.
      return false;
    }
  }

  private Optional<String> version(Path hook) {
    try {
      var builder =
          new ProcessBuilder(hook.toString(), "--version")
              .redirectError(ProcessBuilder.Redirect.DISCARD);
      // With these it would believe that Nix calls.
      builder.environment().keySet().removeAll(java.util.Set.of("OUT_PATHS", "DRV_PATH"));
      var process = builder.start();
      process.getOutputStream().close();
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return Optional.empty();
      }
      var said = new String(process.getInputStream().readNBytes(200), StandardCharsets.UTF_8);
      return Optional.of(said.strip()).filter(text -> text.startsWith(NAME + " "));
    } catch (IOException e) {
      // Of another machine's kind, for example: it does not run, which is what is asked.
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  /** Nix hands a hook no arguments, so that it knows only its defaults and what a script says. */
  private void examineWay(Path hook, Optional<String> wrapper) {
    var usual = patient.surroundings().defaultSocket();
    var socket = patient.socket();
    var told =
        patient.surroundings().socket().isPresent()
            || wrapper.filter(text -> text.contains(socket.toString())).isPresent();
    if (!socket.equals(usual) && !told && Files.exists(hook)) {
      findings.warning(
          HOOK,
          "the daemon listens at " + socket + ", and the hook knocks at " + usual,
          "give the Nix daemon HOOKQ_SOCKET, or make post-build-hook a script that runs "
              + NAME
              + " --socket "
              + socket);
    }
  }

  static String wordsOf(IOException e) {
    return switch (e) {
      case java.nio.file.NoSuchFileException gone -> "no such file: " + gone.getFile();
      case java.nio.file.AccessDeniedException denied -> "permission denied: " + denied.getFile();
      default -> e.getMessage() == null ? e.toString() : e.getMessage();
    };
  }

  static boolean exists(Path path) {
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
  }
}
