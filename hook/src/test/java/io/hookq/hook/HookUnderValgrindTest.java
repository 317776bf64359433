package io.hookq.hook;

import static io.hookq.hook.HookContract.DRV;
import static io.hookq.hook.HookContract.HELLO;
import static io.hookq.hook.HookContract.PATIENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The shipped hook's main ways under valgrind, which sees the use of unset memory that sanitizers
 * do not. Valgrind is slow, so time limits may be passed here: what counts is its own verdict.
 */
final class HookUnderValgrindTest {
  private static final int VERDICT = 99;

  @TempDir private Path folder;
  private Hook hook;

  @SuppressWarnings("NullAway.Init") // JUnit fills the fields before each test
  HookUnderValgrindTest() {}

  @BeforeEach
  void install() throws IOException {
    var installed =
        Stream.of(Optional.ofNullable(System.getenv("PATH")).orElse("").split(":"))
            .anyMatch(entry -> Files.isExecutable(Path.of(entry, "valgrind")));
    if (!installed) {
      Assumptions.assumeFalse(
          System.getProperty("os.name", "").startsWith("Mac"), "valgrind does not run on macOS");
      Assumptions.assumeFalse(
          "1".equals(System.getenv("HOOKQ_SKIP_PEERS")),
          "HOOKQ_SKIP_PEERS=1 and valgrind is not installed");
      fail(
          "valgrind is not installed: apt-get install valgrind (or HOOKQ_SKIP_PEERS=1 to go without)");
    }
    hook =
        Hook.installed(Path.of("target", "hookq-hook").toAbsolutePath(), folder)
            .startedBy("valgrind", "--quiet", "--error-exitcode=" + VERDICT, "--track-fds=no");
  }

  @Test
  void handing_over_is_clean() throws Exception {
    try (var daemon = FakeDaemon.listen(hook.socket(), FakeDaemon.acking())) {
      check(hook.outPaths(HELLO).drvPath(DRV).run(PATIENT));
      assertThat(daemon.lines()).hasSizeLessThanOrEqualTo(1);
    }
  }

  @Test
  void a_refusal_and_garbage_are_clean() throws Exception {
    for (var answer :
        new String[] {"{\"ok\": false, \"error\": \"no \\u00e4\"}\n", "{\"ok\": tr\n", "\n"}) {
      Files.deleteIfExists(hook.socket());
      try (var daemon = FakeDaemon.listen(hook.socket(), FakeDaemon.answering(answer))) {
        check(hook.outPaths(HELLO).run(PATIENT));
        assertThat(daemon.lines()).hasSizeLessThanOrEqualTo(1);
      }
    }
  }

  @Test
  void spooling_is_clean() throws Exception {
    check(hook.outPaths(HELLO, "junk", HELLO + "-b").drvPath("junk").run("--nonsense"));
    assertThat(hook.spooled()).hasSize(1);
  }

  @Test
  void losing_is_clean() throws Exception {
    check(hook.outPaths("").drvPath(DRV).run("--spool=/nonexistent"));
  }

  @Test
  void answering_people_is_clean() throws Exception {
    check(hook.run("--help"));
    check(hook.run("--version"));
    check(hook.run());
  }

  private static void check(HookRun run) {
    assertThat(run.status()).as("stderr: %s", run.stderr()).isZero();
    assertThat(run.stderr()).doesNotContain("==");
  }
}
