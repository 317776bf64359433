package io.hookq.hook;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The executable under test with a machine's worth of folders around it: a socket's path, a spool,
 * a folder for GC roots, all below one temporary folder.
 */
final class Hook {
  /** Longer than any hook takes; reached only by one that hangs. */
  private static final Duration HANGS = Duration.ofSeconds(60);

  private final Path folder;
  private final Path executable;
  private final List<String> prefix;
  private final Map<String, String> environment;

  private Hook(Path folder, Path executable, List<String> prefix, Map<String, String> environment) {
    this.folder = folder;
    this.executable = executable;
    this.prefix = prefix;
    this.environment = environment;
  }

  /** Installs the executable below {@code folder}, where every user can reach it. */
  static Hook installed(Path executable, Path folder) throws IOException {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    var copy =
        Files.copy(executable, folder.resolve("hookq-hook"), StandardCopyOption.COPY_ATTRIBUTES);
    var hook = new Hook(folder, copy, List.of(), Map.of());
    makeFolder(hook.spool());
    makeFolder(hook.gcRoots());
    return hook;
  }

  private static void makeFolder(Path folder) throws IOException {
    Files.createDirectory(folder);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  Path executable() {
    return executable;
  }

  Path socket() {
    return folder.resolve("sock");
  }

  Path spool() {
    return folder.resolve("spool");
  }

  Path gcRoots() {
    return folder.resolve("roots");
  }

  /** The same hook with a variable more; an empty name is none. */
  Hook with(String variable, String value) {
    var more = new TreeMap<>(environment);
    more.put(variable, value);
    return new Hook(folder, executable, prefix, more);
  }

  Hook outPaths(String... paths) {
    return with("OUT_PATHS", String.join(" ", paths));
  }

  Hook drvPath(String path) {
    return with("DRV_PATH", path);
  }

  /** The same hook, started by another program such as {@code valgrind}. */
  Hook startedBy(String... command) {
    return new Hook(folder, executable, List.of(command), environment);
  }

  HookRun run(String... arguments) throws IOException, InterruptedException {
    return runIn(
        Map.of(
            "HOOKQ_SOCKET", socket().toString(),
            "HOOKQ_SPOOL", spool().toString(),
            "HOOKQ_GCROOTS", gcRoots().toString()),
        arguments);
  }

  /** As {@link #run}, but with nothing set but what was given to {@link #with}. */
  HookRun runBare(String... arguments) throws IOException, InterruptedException {
    return runIn(Map.of(), arguments);
  }

  private HookRun runIn(Map<String, String> places, String... arguments)
      throws IOException, InterruptedException {
    var command = new ArrayList<>(prefix);
    command.add(executable.toString());
    command.addAll(List.of(arguments));
    var stdout = Files.createTempFile(folder, "stdout", "");
    var stderr = Files.createTempFile(folder, "stderr", "");
    var builder =
        new ProcessBuilder(command).redirectOutput(stdout.toFile()).redirectError(stderr.toFile());
    builder.environment().keySet().removeIf(name -> !name.equals("PATH"));
    builder.environment().putAll(places);
    builder.environment().putAll(environment);

    var start = System.nanoTime();
    var process = builder.start();
    if (!process.waitFor(HANGS.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("the hook hangs");
    }
    var duration = Duration.ofNanos(System.nanoTime() - start);
    var run =
        new HookRun(
            process.exitValue(),
            Files.readString(stdout, StandardCharsets.ISO_8859_1),
            Files.readString(stderr, StandardCharsets.ISO_8859_1),
            duration);
    Files.delete(stdout);
    Files.delete(stderr);
    return run;
  }

  /** What the spool holds, oldest first, each parsed. */
  List<Message> spooled() throws IOException {
    var messages = new ArrayList<Message>();
    for (var file : spoolFiles()) {
      messages.add(Message.parse(Files.readAllBytes(file)));
    }
    return messages;
  }

  /** Everything in the spool, hidden files too, by name. */
  List<Path> spoolFiles() throws IOException {
    return list(spool());
  }

  static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }
}
