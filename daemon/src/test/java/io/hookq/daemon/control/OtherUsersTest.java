package io.hookq.daemon.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.hookq.peers.Finished;
import io.hookq.peers.PeerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The socket's door, tried by the real hook run as {@code nobody}, which only root can arrange. */
@Timeout(120)
final class OtherUsersTest {
  private static final int NOBODY = 65_534;

  /** One that {@code nobody} is not in by itself. */
  private static final String GROUP = "daemon";

  private static final String PATH = "/nix/store/00000000000000000000000000000000-a";
  private static final ControlServer.Deadlines DEADLINES =
      new ControlServer.Deadlines(
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          Duration.ofSeconds(10));

  @TempDir Path folder;
  private final ScriptedHandler handler = new ScriptedHandler();
  private Path hook;
  private Path socket;

  @BeforeEach
  void open() throws Exception {
    assumeThat((Integer) Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS))
        .as("only root may become somebody else")
        .isZero();
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    hook = folder.resolve("hookq-hook");
    Files.copy(
        Path.of(System.getProperty("basedir", ".")).resolve("../hook/target/hookq-hook"), hook);
    socket = folder.resolve("hookq.sock");
  }

  @AfterEach
  void release() {
    handler.released.countDown();
  }

  private ControlServer listen(String groupFile) throws IOException {
    var buildUsers = BuildUsers.in(Files.writeString(folder.resolve("group"), groupFile));
    return ControlServer.listen(socket, GROUP, handler, buildUsers, DEADLINES);
  }

  private static int groupId() throws IOException {
    for (var line : Files.readAllLines(Path.of("/etc/group"))) {
      var fields = line.split(":", -1);
      if (fields[0].equals(GROUP)) {
        return Integer.parseInt(fields[2]);
      }
    }
    throw new IOException("no group " + GROUP);
  }

  private Finished hookAsNobody(String... groups) {
    var words = new ArrayList<>(List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY));
    words.addAll(List.of(groups));
    words.addAll(List.of(hook.toString(), "--socket", socket.toString(), "--timeout", "700"));
    words.addAll(List.of("--spool", "/nonexistent", "--gcroots", "/nonexistent"));
    var builder = new ProcessBuilder(words);
    builder.environment().putAll(Map.of("OUT_PATHS", PATH));
    return PeerProcess.run(builder);
  }

  @Test
  void a_member_of_the_sockets_group_is_admitted() throws Exception {
    try (var _ = listen("nixbld:x:30000:nixbld1\n")) {
      // The first call of a fresh JVM may take longer than a hook waits.
      new ControlClient(socket).call(new VersionRequest(), Duration.ofSeconds(30));
      handler.seen.clear();

      var called = hookAsNobody("--groups=" + groupId());

      assertThat(called).isEqualTo(new Finished(0, "", ""));
      assertThat(handler.seen)
          .singleElement()
          .isInstanceOfSatisfying(
              EnqueueRequest.class, request -> assertThat(request.paths()).containsExactly(PATH));
    }
  }

  @Test
  void whoever_is_not_in_the_sockets_group_is_kept_out_by_its_mode() throws Exception {
    try (var _ = listen("nixbld:x:30000:nixbld1\n")) {
      var called = hookAsNobody("--clear-groups");

      assertThat(called.exitStatus()).isZero();
      assertThat(called.stderr()).containsIgnoringCase("permission denied");
      assertThat(handler.seen).isEmpty();
    }
  }

  /** As {@code nobody}, with copies of what it takes, for nobody may read where it lies. */
  private Finished statusAsNobody(Path where) throws IOException {
    var program = Files.createDirectories(folder.resolve("program"));
    var classPath = new ArrayList<String>();
    for (var entry : System.getProperty("java.class.path").split(":", -1)) {
      var file = Path.of(entry);
      if (Files.isDirectory(file) && !entry.endsWith("test-classes")) {
        classPath.add(copyTree(file, program.resolve("classes-" + classPath.size())).toString());
      } else if (file.getFileName()
          .toString()
          .matches("(hookq-protocol|picocli|jackson|slf4j|jspecify)-.*")) {
        var copy = program.resolve(file.getFileName());
        classPath.add(Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING).toString());
      }
    }
    var words = List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups");
    var command = new ArrayList<>(words);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", String.join(":", classPath), "io.hookq.daemon.cli.Main"));
    command.addAll(List.of("status", "--socket", where.toString()));
    return PeerProcess.run(new ProcessBuilder(command));
  }

  private static Path copyTree(Path from, Path to) throws IOException {
    try (var files = Files.walk(from)) {
      for (var file : files.toList()) {
        var copy = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
    return to;
  }

  @Test
  void whoever_may_not_ask_is_told_who_may_be_it_the_socket_or_its_folder_that_is_closed()
      throws Exception {
    try (var _ = listen("nixbld:x:30000:nixbld1\n")) {
      var closed = Files.createDirectory(folder.resolve("closed"));
      Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
      for (var where : List.of(socket, closed.resolve("s"))) {
        var status = statusAsNobody(where);

        assertThat(status.exitStatus()).as(status.toString()).isEqualTo(3);
        assertThat(status.stderr())
            .startsWith("hookq: the daemon is not reachable at " + where + ": ")
            .endsWith(
                "\nhint: root, the daemon's user and members of daemon.allow-group may speak to"
                    + " it\n");
      }
      assertThat(handler.seen).isEmpty();
    }
  }

  @Test
  void a_member_of_the_build_users_group_is_refused_though_the_mode_admits_it() throws Exception {
    try (var _ = listen("nixbld:x:30000:nixbld1,nobody\n")) {
      var called = hookAsNobody("--groups=" + groupId());

      assertThat(called.exitStatus()).isZero();
      assertThat(called.stderr()).contains("build users may not speak to hookq");
      assertThat(handler.seen).isEmpty();
    }
  }
}
