package io.hookq.daemon.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hookq.daemon.status.ScreenStyle;
import io.hookq.peers.Peers;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class DemoTest {
  private static final Path HOOK =
      Path.of("../hook/target/hookq-hook").toAbsolutePath().normalize();
  private static final Pattern FOLDER = Pattern.compile("all below (\\S+)");

  private final ByteArrayOutputStream told = new ByteArrayOutputStream();

  @BeforeAll
  static void there_is_a_hook() {
    assertThat(HOOK).as("the hook is built by: make -C hook").isExecutable();
  }

  private Demo demo(boolean embedded) {
    return demo(told, embedded);
  }

  private static Demo demo(OutputStream told, boolean embedded) {
    var out = new PrintStream(told, true, StandardCharsets.UTF_8);
    return new Demo(out, ScreenStyle.pipe(true), embedded, HOOK);
  }

  private String told() {
    return told.toString(StandardCharsets.UTF_8);
  }

  private Path folder() {
    var folder = FOLDER.matcher(told());
    assertThat(folder.find()).isTrue();
    return Path.of(folder.group(1));
  }

  private void assertNothingIsLeft() {
    assertThat(folder()).doesNotExist();
    try (Stream<ProcessHandle> children = ProcessHandle.current().descendants()) {
      assertThat(children.map(child -> child.info().commandLine().orElse("")))
          .noneMatch(line -> line.contains(folder().toString()));
    }
  }

  @Test
  void with_the_embedded_pair_everything_arrives_and_nothing_is_left() throws Exception {
    demo(true).run();
    assertThat(told())
        .contains("a folder in place of a Nix store", "hookq's own SSH server")
        .contains("done: 12 store paths", "every NAR the same at the far end")
        .contains("a second run sent nothing")
        .containsPattern("done 12 \\(.* MiB\\) · failed 0");
    assertNothingIsLeft();
  }

  @Test
  void a_process_whose_user_has_no_name_is_served_too() throws Exception {
    var name = System.getProperty("user.name");
    // What Java calls those that are in no passwd, as in a container.
    System.setProperty("user.name", "?");
    try {
      demo(true).run();
    } finally {
      System.setProperty("user.name", name);
    }
    assertNothingIsLeft();
  }

  @Test
  void with_the_real_nix_and_sshd_everything_arrives_and_nothing_is_left() throws Exception {
    Peers.require("nix-store");
    Peers.require("sshd");
    demo(false).run();
    assertThat(told())
        .contains("(nix-daemon, nix-build)", "the installed sshd, SSH-2.0-OpenSSH")
        .contains("building hookq-demo-application")
        .contains("nix-store --verify --check-contents finds nothing wrong")
        .contains("done: 9 store paths", "every NAR the same at the far end");
    assertNothingIsLeft();
  }

  @Test
  void stopped_on_the_way_it_leaves_nothing() throws Exception {
    var end = new CompletableFuture<Throwable>();
    Thread.ofPlatform()
        .start(() -> {
          try {
            demo(interruptedBy("made hookq-"), true).run();
            end.complete(new AssertionError("it was not stopped"));
          } catch (InterruptedException | IOException e) {
            end.complete(e);
          }
        });
    assertThat(end.get(60, TimeUnit.SECONDS)).isNotInstanceOf(AssertionError.class);
    assertNothingIsLeft();
  }

  /** What is told, to a reader who interrupts this very thread as soon as it says {@code words}. */
  private OutputStream interruptedBy(String words) {
    var traveller = Thread.currentThread();
    return new FilterOutputStream(told) {
      private boolean done;

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        out.write(bytes, offset, length);
        if (!done && told().contains(words)) {
          done = true;
          traveller.interrupt();
        }
      }
    };
  }

  @Test
  void a_hook_that_complains_ends_it_with_the_hooks_words() throws IOException {
    var mute = Files.createTempFile("hook", "");
    try {
      Files.writeString(mute, "#!/bin/sh\necho 'hookq: no daemon'\n");
      assertThat(mute.toFile().setExecutable(true)).isTrue();
      var out = new PrintStream(told, true, StandardCharsets.UTF_8);
      assertThatThrownBy(() -> new Demo(out, ScreenStyle.pipe(true), true, mute).run())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("hookq: no daemon");
      assertNothingIsLeft();
    } finally {
      Files.delete(mute);
    }
  }
}
