package io.hookq.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.peers.TempFolder;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The launcher in a checkout of its own, with a JDK and a Maven that only tell what they are given.
 */
class LauncherTest {
  private static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();

  @AutoClose private final TempFolder folder = TempFolder.create();
  private final Path root = folder.folder("check out");
  private final Map<String, String> environment = new TreeMap<>();

  private record Ran(int status, String out, String err) {}

  @BeforeEach
  void make_a_checkout() throws IOException {
    copy("hookq");
    copy("dev/find-jdk");
    copy("daemon/src/main/dist/jvm-flags");
    script(
        root.resolve("mvnw"),
        """
        echo "$JAVA_HOME $*" >>maven-calls
        if [ -e broken ]; then echo 'does not compile'; exit 1; fi
        mkdir -p daemon/target/lib hook/target
        : >daemon/target/hookq-daemon-0.1.0.jar
        : >hook/target/hookq-hook
        """);
    for (var file : List.of("pom.xml", "protocol/pom.xml", "daemon/pom.xml")) {
      write(root.resolve(file), "");
    }
    write(root.resolve("protocol/src/main/java/A.java"), "");
    write(root.resolve("daemon/src/main/java/B.java"), "");
    write(root.resolve("hook/src/main/c/main.c"), "");
    environment.put("PATH", "/usr/bin:/bin");
    environment.put("HOME", folder.path().toString());
    environment.put("HOOKQ_JDK_SEARCH_ROOT", folder.folder("machine").toString());
    environment.put("JAVA_HOME", jdk("jdk", "25.0.3").toString());
    // A JVM that only tells what it is given can make no cache.
    environment.put("HOOKQ_AOT", "0");
  }

  private void copy(String file) throws IOException {
    var target = root.resolve(file);
    Files.createDirectories(target.getParent());
    Files.copy(CHECKOUT.resolve(file), target, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
  }

  private static Path write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    // Older than anything that is built from it.
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(3600)));
    return file;
  }

  private static void script(Path file, String text) throws IOException {
    write(file, "#!/bin/sh\n" + text);
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  /** A JDK whose {@code java} prints its home and its arguments, one a line. */
  private Path jdk(String name, String version) throws IOException {
    var home = folder.resolve(name);
    write(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
    script(home.resolve("bin/java"), "echo " + home + "\nprintf '%s\\n' \"$@\"\nexit 7\n");
    script(home.resolve("bin/javac"), "");
    return home;
  }

  private Ran run(Path workingDirectory, String... command) throws Exception {
    var builder = new ProcessBuilder(command).directory(workingDirectory.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    var err = folder.resolve("stderr");
    var process = builder.redirectError(err.toFile()).start();
    process.getOutputStream().close();
    var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ran(process.waitFor(), out, Files.readString(err));
  }

  private Ran launch(String... arguments) throws Exception {
    var command = new ArrayList<>(List.of(root.resolve("hookq").toString()));
    command.addAll(List.of(arguments));
    return run(folder.path(), command.toArray(String[]::new));
  }

  private List<String> mavenCalls() throws IOException {
    var calls = root.resolve("maven-calls");
    return Files.exists(calls) ? Files.readAllLines(calls) : List.of();
  }

  @Test
  void it_builds_on_first_use_and_becomes_the_program() throws Exception {
    var ran = launch("status", "--to", "a b");
    assertThat(ran.err()).isEqualTo("hookq: building … (first use)\n");
    assertThat(ran.status()).isEqualTo(7);
    assertThat(ran.out().lines())
        .startsWith(folder.resolve("jdk").toString())
        .contains(
            "-XX:TieredStopAtLevel=1", "-Dhookq.hook=" + root.resolve("hook/target/hookq-hook"))
        .endsWith("io.hookq.daemon.cli.Main", "status", "--to", "a b");
    assertThat(mavenCalls())
        .containsExactly(folder.resolve("jdk") + " -q -DskipTests -Dspotless.check.skip package");
    assertThat(root.resolve("target"))
        .isDirectoryContaining(file -> file.endsWith("launcher-build"));
    try (var left = Files.list(root.resolve("target"))) {
      assertThat(left).hasSize(1);
    }
  }

  @Test
  void it_builds_again_only_after_a_change() throws Exception {
    launch("status");
    assertThat(launch("status").err()).isEmpty();
    for (var source :
        List.of("hook/src/main/c/main.c", "daemon/pom.xml", "protocol/src/main/java/A.java")) {
      Files.setLastModifiedTime(root.resolve(source), FileTime.from(Instant.now().plusSeconds(2)));
      assertThat(launch("status").err()).isEqualTo("hookq: building … (the source has changed)\n");
      write(root.resolve(source), "");
    }
    assertThat(launch("status").err()).isEmpty();
    assertThat(mavenCalls()).hasSize(4);
  }

  @Test
  void a_build_that_fails_is_shown_and_nothing_is_run() throws Exception {
    write(root.resolve("broken"), "");
    var ran = launch("status");
    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.out()).isEmpty();
    assertThat(ran.err())
        .isEqualTo("hookq: building … (first use)\ndoes not compile\nhookq: the build failed\n");
    assertThat(root.resolve("target")).isEmptyDirectory();
  }

  @Test
  void two_at_once_build_once() throws Exception {
    var first = new ProcessBuilder(root.resolve("hookq").toString(), "status");
    first.environment().putAll(environment);
    var started =
        List.of(
            first.redirectErrorStream(true).start(),
            first.redirectErrorStream(true).start(),
            first.redirectErrorStream(true).start());
    for (var process : started) {
      process.getInputStream().readAllBytes();
      assertThat(process.waitFor()).isEqualTo(7);
    }
    assertThat(mavenCalls()).hasSize(1);
  }

  @Test
  void the_lock_of_a_builder_that_died_does_not_block() throws Exception {
    var dead = new ProcessBuilder("true").start();
    dead.waitFor();
    Files.createDirectories(root.resolve("target"));
    Files.createSymbolicLink(root.resolve("target/launcher-lock"), Path.of("" + dead.pid()));
    assertThat(launch("status").status()).isEqualTo(7);
  }

  @Test
  void it_works_through_links_and_from_everywhere() throws Exception {
    var bin = folder.folder("bin");
    Files.createSymbolicLink(bin.resolve("one"), Path.of("../check out/hookq"));
    Files.createSymbolicLink(bin.resolve("hookq"), Path.of("one"));
    assertThat(run(folder.path(), bin.resolve("hookq").toString(), "list").out())
        .endsWith("list\n");
    assertThat(run(root, "./hookq", "list").out()).endsWith("list\n");
    environment.put("PATH", bin + ":/usr/bin:/bin");
    assertThat(run(Path.of("/"), "sh", "-c", "hookq list").out()).endsWith("list\n");
  }

  @Test
  void what_is_closed_is_not_given_to_the_first_file_that_the_jvm_opens() throws Exception {
    var open = folder.resolve("open");
    script(
        folder.resolve("jdk/bin/java"),
        "exec 3>'" + open + "'\nfor i in 0 1 2; do [ -e /dev/fd/$i ] && echo $i >&3; done\n");
    launch("list");
    var ran = run(folder.path(), "sh", "-c", "exec '" + root + "/hookq' list <&- >&- 2>&-");
    assertThat(ran.status()).isZero();
    assertThat(open).content().isEqualTo("0\n1\n2\n");
  }

  @Test
  void the_daemon_and_the_demo_get_the_thorough_compiler() throws Exception {
    for (var command : List.of("daemon", "demo")) {
      assertThat(launch("--config", "x", command).out()).doesNotContain("TieredStopAtLevel");
    }
  }

  @Test
  void receive_gets_flags_of_its_own_where_it_is_the_command() throws Exception {
    var own = "-Djdk.util.jar.enableMultiRelease=false";
    assertThat(launch("receive", "--name", "daemon").out()).contains(own);
    assertThat(launch("list", "--to", "receive").out()).doesNotContain(own);
  }

  @Test
  void without_a_jdk_it_says_in_one_line_what_to_install() throws Exception {
    environment.put("JAVA_HOME", jdk("old", "24.0.1").toString());
    // Nothing else of this machine: a java on the PATH may be new enough.
    environment.put("PATH", toolsWithoutJava().toString());
    var ran = launch("status");
    assertThat(ran.status()).isEqualTo(1);
    assertThat(ran.out()).isEmpty();
    assertThat(ran.err())
        .startsWith("hookq: no JDK 25 or newer found: install one")
        .hasLineCount(1);
    assertThat(mavenCalls()).isEmpty();
  }

  private Path toolsWithoutJava() throws IOException {
    var tools = folder.folder("tools");
    for (var tool : List.of("sh", "readlink", "find", "head", "mkdir", "ln", "rm", "mv", "ps")) {
      Files.createSymbolicLink(tools.resolve(tool), toolOf(tool));
    }
    return tools;
  }

  private static Path toolOf(String name) {
    var usual = Path.of("/usr/bin", name);
    return Files.exists(usual) ? usual : Path.of("/bin", name);
  }

  @Test
  void the_jdk_is_looked_for_in_java_home_then_on_the_path_then_in_the_usual_places()
      throws Exception {
    var usual = jdk("machine/usr/lib/jvm/java-26", "26-ea");
    environment.put("PATH", toolsWithoutJava().toString());
    environment.put("JAVA_HOME", folder.resolve("nothing").toString());
    assertThat(findJdk()).isEqualTo(usual.toString());

    var onPath = jdk("path jdk", "25");
    Files.createSymbolicLink(folder.resolve("tools/java"), onPath.resolve("bin/java"));
    assertThat(findJdk()).isEqualTo(onPath.toString());

    environment.put("JAVA_HOME", jdk("home", "25.0.1").toString());
    assertThat(findJdk()).isEqualTo(folder.resolve("home").toString());
  }

  /** A program of two classes that says which of its versions runs, and whether from a cache. */
  private void writeRealProgram(String version) throws IOException {
    write(
        root.resolve("daemon/src/main/java/Main.java"),
        """
        package io.hookq.daemon.cli;
        public class Main {
          public static void main(String[] arguments) {
            var flags = java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments();
            System.out.println("%s " + flags.stream().anyMatch(flag -> flag.contains("AOTCache")));
            var zstd = System.getProperty("ZstdNativePath");
            if (zstd != null) {
              System.out.println(new java.io.File(zstd).length() + " bytes of zstd");
            }
          }
        }
        class ReceiveRehearsal {
          public static void main(String[] none) {
            Main.main(none);
          }
        }
        class CommandRehearsal {
          public static void main(String[] none) {
            Main.main(none);
          }
        }
        """
            .formatted(version));
  }

  @Test
  void a_class_that_was_built_anew_is_the_one_that_runs() throws Exception {
    var jdk = Path.of(System.getProperty("java.home"));
    environment.put("JAVA_HOME", jdk.toString());
    environment.remove("HOOKQ_AOT");
    script(
        root.resolve("mvnw"),
        """
        mkdir -p daemon/target/lib hook/target classes
        '%1$s/bin/javac' -d classes daemon/src/main/java/Main.java || exit
        '%1$s/bin/jar' cf daemon/target/lib/some.jar pom.xml || exit
        '%1$s/bin/jar' cf daemon/target/hookq-daemon-0.1.0.jar -C classes .
        : >hook/target/hookq-hook
        """
            .formatted(jdk));
    writeRealProgram("old");
    assertThat(launch("status").out()).isEqualTo("old false\n");
    await(() -> assertThat(launch("status").out()).isEqualTo("old true\n"));

    writeRealProgram("new");
    Files.setLastModifiedTime(
        root.resolve("daemon/src/main/java/Main.java"),
        FileTime.from(Instant.now().plusSeconds(2)));
    assertThat(launch("status").out()).isEqualTo("new false\n");
    write(root.resolve("daemon/src/main/java/Main.java"), "");
    await(() -> assertThat(launch("status").out()).isEqualTo("new true\n"));

    // Replaced behind the launcher's back, by one that claims to be old.
    var jar = root.resolve("daemon/target/hookq-daemon-0.1.0.jar");
    var time = Files.getLastModifiedTime(jar);
    writeRealProgram("odd");
    var build = new ProcessBuilder(root.resolve("mvnw").toString()).directory(root.toFile());
    assertThat(build.start().waitFor()).isZero();
    Files.setLastModifiedTime(jar, time);
    Files.setLastModifiedTime(root.resolve("daemon/target/lib/some.jar"), time);
    assertThat(launch("status").out()).isEqualTo("odd false\n");
    await(() -> assertThat(launch("status").out()).isEqualTo("odd true\n"));

    // A cache that is none is passed over without a word.
    try (var files = Files.list(root.resolve("daemon/target/aot"))) {
      var caches = files.filter(file -> file.toString().endsWith("-command.aot")).toList();
      assertThat(caches).hasSize(1);
      Files.writeString(caches.getFirst(), "garbage");
    }
    assertThat(launch("status")).isEqualTo(new Ran(0, "odd true\n", ""));
  }

  @Test
  void a_session_of_a_server_finds_the_native_libraries_unpacked() throws Exception {
    var jdk = Path.of(System.getProperty("java.home"));
    environment.put("JAVA_HOME", jdk.toString());
    environment.remove("HOOKQ_AOT");
    var natives =
        System.getProperty("java.class.path")
            .lines()
            .flatMap(path -> Stream.of(path.split(File.pathSeparator, -1)))
            .filter(jar -> jar.matches(".*/(zstd-jni|sqlite-jdbc)-[^/]*\\.jar"))
            .toList();
    assertThat(natives).hasSize(2);
    script(
        root.resolve("mvnw"),
        """
        mkdir -p daemon/target/lib hook/target classes
        '%1$s/bin/javac' -d classes daemon/src/main/java/Main.java || exit
        cp '%2$s' '%3$s' daemon/target/lib
        '%1$s/bin/jar' cf daemon/target/hookq-daemon-0.1.0.jar -C classes .
        : >hook/target/hookq-hook
        """
            .formatted(jdk, natives.getFirst(), natives.getLast()));
    writeRealProgram("real");

    assertThat(launch("receive").out()).isEqualTo("real false\n");
    await(() ->
        assertThat(launch("receive").out()).matches("real true\\R[1-9][0-9]{5,} bytes of zstd\\R"));

    // By the short way, too.
    assertThat(launch("receive").out()).startsWith("real true\n").contains("of zstd");
    assertThat(launch("status").out()).as("has none of its own").startsWith("real false");
  }

  private static void await(ThrowingRunnable assertion) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(100))
        .untilAsserted(assertion);
  }

  private String findJdk() throws Exception {
    return run(folder.path(), root.resolve("dev/find-jdk").toString()).out().strip();
  }
}
