package io.hookq.nar;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * How Nix keeps names apart that differ only in case, on a file system that does not: the later
 * ones are stored with {@code ~nix~case~hack~1} and so on behind them, and dumped without it.
 */
public enum CaseHack {
  /** As Nix on macOS: the suffix is cut off. */
  ON,
  /** As Nix elsewhere: a name with the suffix is a name like any other. */
  OFF;

  private static final byte[] SUFFIX = "~nix~case~hack~".getBytes(StandardCharsets.US_ASCII);

  /** What Nix does by default on the platform that this runs on. */
  public static CaseHack platformDefault() {
    var system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    return system.startsWith("mac") ? ON : OFF;
  }

  /** The name in the NAR of what is called {@code name} on disk. */
  byte[] undo(byte[] name) {
    return switch (this) {
      case OFF -> name;
      case ON -> cut(name);
    };
  }

  private static byte[] cut(byte[] name) {
    for (var i = 0; i + SUFFIX.length <= name.length; i++) {
      if (Arrays.equals(name, i, i + SUFFIX.length, SUFFIX, 0, SUFFIX.length)) {
        return Arrays.copyOf(name, i);
      }
    }
    return name;
  }
}
