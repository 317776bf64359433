package io.hookq.daemon.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The settings that the Nix daemon works with: {@code nix.conf} with all that it includes, then
 * {@code NIX_CONFIG}; who comes later wins.
 *
 * <pre>
 * line := [ NAME "=" VALUE… | "include" FILE | "!include" FILE ] [ "#" comment ]
 * </pre>
 *
 * A missing file of {@code include} is an error to Nix, one of {@code !include} is passed over; a
 * relative one lies beside the file that names it. Source: {@code nix.conf(5)}. Immutable.
 */
final class NixConf {
  /** Nix itself would follow a file that includes itself until its stack is full. */
  private static final int DEEPEST = 16;

  private final Map<String, Setting> settings = new TreeMap<>();
  private final List<Path> files = new ArrayList<>();

  /**
   * A setting.
   *
   * @param value as written
   * @param origin file and line, or {@code NIX_CONFIG}
   */
  record Setting(String value, String origin) {}

  private NixConf() {}

  /**
   * Reads {@code file} as the Nix daemon would.
   *
   * @param environment for {@code NIX_CONFIG}
   * @throws IOException if a file cannot be read that has to be; the message names it
   */
  static NixConf read(Path file, Map<String, String> environment) throws IOException {
    var conf = new NixConf();
    if (Files.exists(file)) {
      conf.include(file, 0);
    }
    conf.parse(environment.getOrDefault("NIX_CONFIG", ""), "NIX_CONFIG", file, 0);
    return conf;
  }

  Optional<Setting> setting(String name) {
    return Optional.ofNullable(settings.get(name));
  }

  /** The files that were read, in order. */
  List<Path> files() {
    return List.copyOf(files);
  }

  private void include(Path file, int depth) throws IOException {
    if (depth > DEEPEST) {
      throw new IOException(file + " is included again and again");
    }
    files.add(file);
    parse(Files.readString(file), file.toString(), file, depth);
  }

  private void parse(String text, String name, Path file, int depth) throws IOException {
    var number = 0;
    for (var line : text.lines().toList()) {
      number++;
      var comment = line.indexOf('#');
      var words = (comment < 0 ? line : line.substring(0, comment)).strip().split("\\s+", -1);
      var origin = name.equals("NIX_CONFIG") ? name : name + ":" + number;
      if (words.length == 2 && words[0].equals("include")) {
        includeFrom(file, words[1], depth, origin, true);
      } else if (words.length == 2 && words[0].equals("!include")) {
        includeFrom(file, words[1], depth, origin, false);
      } else if (words.length >= 2 && words[1].equals("=")) {
        var value = String.join(" ", List.of(words).subList(2, words.length));
        settings.put(words[0], new Setting(value, origin));
      }
    }
  }

  private void includeFrom(Path file, String name, int depth, String origin, boolean required)
      throws IOException {
    var target = file.resolveSibling(name);
    try {
      include(target, depth + 1);
    } catch (NoSuchFileException e) {
      if (required) {
        throw new IOException(origin + " includes " + target + ", which is not there", e);
      }
    }
  }
}
