package io.hookq.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The rooms of the house and who may import whom; ARCHITECTURE.md draws the same picture. */
class ArchitectureTest {
  private static final String PROTOCOL = "io.hookq";
  private static final String DAEMON = "io.hookq.daemon";

  /** The daemon's own package, where only the wiring lives. */
  private static final String WIRING = "Hookqd";

  private static final String EVERYTHING = "everything";

  /** Room → rooms it may import; {@code store} is open to all above it, so it is not repeated. */
  private static final Map<String, Set<String>> ARROWS = new TreeMap<>();

  static {
    arrow("store");
    arrow("log");
    arrow("wire", "store");
    arrow("nar", "wire", "store");
    arrow("relay", "wire", "store");
    arrow("zstd", "wire");
    arrow("serve", "relay", "wire", "nar", "store");
    arrow("worker", "relay", "wire", "nar", "store", "log");
    arrow("ssh", "log");
    arrow("queue", "store", "log");
    arrow("planner", "store");
    arrow("config", "store");
    arrow("roots", "store", "worker", "log");
    arrow("intake", "queue", "store", "roots", "config", "log");
    arrow(
        "transport",
        "planner",
        "queue",
        "store",
        "nar",
        "serve",
        "worker",
        "ssh",
        "zstd",
        "roots",
        "config",
        "log");
    arrow("status", "queue", "transport", "store");
    arrow("control", "status", "queue", "planner", "transport", "intake", "store", "log");
    arrow(
        "doctor",
        "config",
        "control",
        "ssh",
        "serve",
        "worker",
        "transport",
        "status",
        "nar",
        "zstd",
        "store");
    arrow("receive", "relay", "zstd", "serve", "worker", "nar", "wire", "store");
    arrow("demo", EVERYTHING);
    arrow(WIRING, EVERYTHING);
    arrow("cli", "control", "config", "receive", "demo", "doctor", WIRING, "status", "store");
  }

  private static final Map<String, Set<String>> WALLS =
      Map.of(
          "org.apache.sshd", Set.of("ssh"),
          "java.sql", Set.of("queue"),
          "org.sqlite", Set.of("queue"),
          "com.github.luben.zstd", Set.of("zstd"),
          "picocli", Set.of("cli"));

  private static final List<String> HOLLOW_NAMES =
      List.of("Impl", "Manager", "Helper", "Util", "Utils", "Service", "Base");

  private static JavaClasses classes;

  private static void arrow(String from, String... to) {
    ARROWS.put(from, new TreeSet<>(Arrays.asList(to)));
  }

  @BeforeAll
  static void read_the_classes() {
    classes =
        new ClassFileImporter()
            .withImportOption(location ->
                !location.contains("/test-classes/") && !location.contains("-tests.jar"))
            .importPackages(PROTOCOL);
    assertThat(classes).isNotEmpty();
  }

  @Test
  void every_room_is_on_the_plan() {
    assertThat(ours().map(type -> room(type.getPackageName())).distinct())
        .allSatisfy(room -> assertThat(ARROWS).containsKey(room));
  }

  @Test
  void rooms_import_only_along_the_arrows() {
    assertThat(
            crossings()
                .filter(crossing -> {
                  var allowed = ARROWS.getOrDefault(crossing.from(), Set.of());
                  return !allowed.contains(EVERYTHING) && !allowed.contains(crossing.to());
                })
                .map(Crossing::where))
        .isEmpty();
  }

  @Test
  void the_protocol_does_not_know_that_there_is_a_daemon() {
    assertThat(
            ours()
                .filter(type -> !isDaemon(type.getPackageName()))
                .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
                .filter(dependency -> isDaemon(dependency.getTargetClass().getPackageName()))
                .map(Object::toString))
        .isEmpty();
  }

  @Test
  void a_foreign_library_lives_behind_one_wall() {
    assertThat(
            ours()
                .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
                .filter(dependency -> {
                  var room = room(dependency.getOriginClass().getPackageName());
                  var foreign = dependency.getTargetClass().getPackageName();
                  return WALLS.entrySet().stream()
                      .anyMatch(wall ->
                          (foreign + ".").startsWith(wall.getKey() + ".")
                              && !wall.getValue().contains(room));
                })
                .map(Object::toString))
        .isEmpty();
  }

  @Test
  void every_package_is_null_marked_and_says_what_it_is() {
    var packages = new TreeMap<String, JavaPackage>();
    ours().forEach(type -> packages.put(type.getPackageName(), type.getPackage()));
    var unmarked = new ArrayList<String>();
    packages.forEach((name, content) -> {
      if (!content.isAnnotatedWith(NullMarked.class)) {
        unmarked.add(name);
      }
    });
    assertThat(unmarked).isEmpty();
  }

  @Test
  void no_class_has_a_hollow_name() {
    assertThat(ours().map(JavaClass::getSimpleName))
        .noneMatch(name -> HOLLOW_NAMES.stream().anyMatch(name::endsWith));
  }

  @Test
  void the_rules_would_notice() {
    // Guards against an importer that silently reads nothing: these arrows are used.
    assertThat(crossings().map(crossing -> crossing.from() + " → " + crossing.to()))
        .contains("wire → store");
  }

  private record Crossing(String from, String to, String where) {}

  private static Stream<Crossing> crossings() {
    return ours()
        .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
        .filter(dependency -> isOurs(dependency.getTargetClass().getPackageName()))
        .map(dependency ->
            new Crossing(
                room(dependency.getOriginClass().getPackageName()),
                room(dependency.getTargetClass().getPackageName()),
                dependency.getDescription()))
        .filter(crossing -> !crossing.from().equals(crossing.to()));
  }

  private static Stream<JavaClass> ours() {
    return classes.stream();
  }

  private static boolean isOurs(String packageName) {
    return packageName.equals(PROTOCOL) || packageName.startsWith(PROTOCOL + ".");
  }

  private static boolean isDaemon(String packageName) {
    return packageName.equals(DAEMON) || packageName.startsWith(DAEMON + ".");
  }

  private static String room(String packageName) {
    if (packageName.equals(DAEMON)) {
      return WIRING;
    }
    return packageName.substring((isDaemon(packageName) ? DAEMON : PROTOCOL).length() + 1);
  }
}
