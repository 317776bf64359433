package io.hookq.daemon.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * An installed program, and the environment it is run in.
 *
 * @param file the executable
 * @param environment what is set beside the caller's own variables, of which those that steer Nix
 *     ({@code NIX_…}) are left out
 */
record Program(Path file, Map<String, String> environment) {
  /** Where servers and Nix lie on systems that do not put them on everybody's PATH. */
  private static final List<String> FURTHER_PLACES =
      List.of(
          "/usr/sbin",
          "/usr/local/sbin",
          "/sbin",
          "/run/current-system/sw/bin",
          "/nix/var/nix/profiles/default/bin",
          System.getProperty("user.home") + "/.nix-profile/bin");

  private static final long SECONDS = 120;

  Program {
    environment = Map.copyOf(environment);
  }

  /** The program of that name, if it is installed. */
  static Optional<Path> find(String name) {
    var places = new LinkedHashSet<String>();
    places.addAll(List.of(System.getenv().getOrDefault("PATH", "/usr/bin:/bin").split(":", -1)));
    places.addAll(FURTHER_PLACES);
    return places.stream()
        .filter(place -> place.startsWith("/"))
        .map(place -> Path.of(place, name))
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst();
  }

  /** Another program that is installed beside this one, in the same environment. */
  Program beside(String name) {
    return new Program(file.resolveSibling(name), environment);
  }

  /** The same program with these variables set too. */
  Program with(Map<String, String> more) {
    var all = new TreeMap<>(environment);
    all.putAll(more);
    return new Program(file, all);
  }

  /** What the program is started with. */
  ProcessBuilder command(String... arguments) {
    var command = new ArrayList<String>();
    command.add(file.toString());
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("NIX_"));
    builder.environment().putAll(environment);
    return builder;
  }

  /**
   * Runs it to its end and returns what it wrote to stdout.
   *
   * @throws IOException if it fails, with the end of what it wrote to stderr
   */
  String run(String... arguments) throws IOException, InterruptedException {
    return run(_ -> {}, arguments);
  }

  /** The same, with each line of stderr handed on as it comes. */
  String run(Consumer<String> talk, String... arguments) throws IOException, InterruptedException {
    var process = command(arguments).start();
    try {
      process.getOutputStream().close();
      var said = new StringBuilder();
      var listener =
          Thread.startVirtualThread(() ->
              process
                  .errorReader()
                  .lines()
                  .forEach(line -> {
                    said.append(line).append('\n');
                    talk.accept(line);
                  }));
      var answer = new StringBuilder();
      var reader =
          Thread.startVirtualThread(() ->
              process.inputReader().lines().forEach(line -> answer.append(line).append('\n')));
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        throw new IOException(file.getFileName() + " did not end within " + SECONDS + " s");
      }
      listener.join();
      reader.join();
      if (process.exitValue() != 0) {
        throw new IOException(
            "%s failed with exit status %d: %s"
                .formatted(file.getFileName(), process.exitValue(), tail(said.toString())));
      }
      return answer.toString();
    } finally {
      stop(process);
    }
  }

  /** Ends a process and what it started, those that do not listen by force. */
  static void stop(Process process) {
    var family = new ArrayList<>(process.descendants().toList());
    family.add(process.toHandle());
    family.forEach(ProcessHandle::destroy);
    for (var member : family) {
      try {
        member.onExit().get(3, TimeUnit.SECONDS);
      } catch (Exception e) {
        member.destroyForcibly();
      }
    }
  }

  private static String tail(String text) {
    var stripped = text.strip();
    var start = Math.max(0, stripped.length() - 600);
    return stripped.substring(start).replace("\n", "; ");
  }
}
