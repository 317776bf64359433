package io.hookq.daemon.torture;

import io.hookq.store.NarHash;
import io.hookq.store.StoreDir;
import io.hookq.store.StorePath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** A stand-in for the hook in {@code nix.conf}, which calls it and writes down how that went. */
final class HookLog {
  private final Path script;
  private final Path log;

  private HookLog(Path script, Path log) {
    this.script = script;
    this.log = log;
  }

  /** Stands in for {@code hook}, with all of its own in {@code folder}. */
  static HookLog of(Path hook, Path nixPrograms, Path folder) {
    try {
      Files.createDirectories(folder);
      var log = Files.createFile(folder.resolve("calls"));
      var script = folder.resolve("hook");
      Files.writeString(script, script(hook, log, nixPrograms));
      Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
      return new HookLog(script, log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Some versions of Nix leave {@code OUT_PATHS} empty and others do not; here it is empty for some
   * derivations, whatever Nix does, so that both kinds of calls come.
   *
   * <p>The paths' hashes are asked for after the hook has returned, while the build still holds the
   * paths. One line is one write, for two builds may end at once.
   */
  private static String script(Path hook, Path log, Path nixPrograms) {
    return """
    #!/bin/sh
    if [ -z "${OUT_PATHS-}" ]; then
      OUT_PATHS=$('%3$s/nix-store' --query --outputs "$DRV_PATH")
    fi
    paths=$OUT_PATHS
    case ${DRV_PATH-} in
      *[05]-2.drv) OUT_PATHS= ;;
    esac
    export OUT_PATHS
    said='%2$s'.$$
    start=$(date +%%s%%N)
    '%1$s' 2>"$said"
    status=$?
    end=$(date +%%s%%N)
    hashes=$('%3$s/nix-store' --query --hash $paths)
    printf '%%s\\t%%s\\t%%s\\t%%s\\t%%s\\n' \\
      "$status" $(((end - start) / 1000000)) "$(echo $paths)" "$(echo $hashes)" \\
      "$(tr '\\n\\t' '  ' <"$said")" >>'%2$s'
    rm -f "$said"
    exit "$status"
    """
        .formatted(hook, log, nixPrograms);
  }

  /** What Nix, or whoever plays Nix, shall call. */
  Path script() {
    return script;
  }

  /** All calls so far that have ended. */
  List<HookCall> calls() {
    try {
      var calls = new ArrayList<HookCall>();
      for (var line : Files.readAllLines(log)) {
        var fields = line.split("\t", -1);
        var paths = fields[2].split(" ", -1);
        var hashes = fields[3].split(" ", -1);
        if (paths.length != hashes.length) {
          throw new AssertionError("not all of them were valid: " + line);
        }
        var hashOf = new TreeMap<StorePath, NarHash>();
        for (var i = 0; i < paths.length; i++) {
          hashOf.put(StoreDir.DEFAULT.parse(paths[i]), NarHash.parse(hashes[i]));
        }
        calls.add(
            new HookCall(
                Integer.parseInt(fields[0]), Long.parseLong(fields[1]), hashOf, fields[4].strip()));
      }
      return calls;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
