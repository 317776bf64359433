package io.hookq.daemon.receive;

import static org.assertj.core.api.Assertions.assertThat;

import io.hookq.peers.TempFolder;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RehearsedSessionTest {
  @AutoClose private final TempFolder folder = TempFolder.create();

  @ParameterizedTest
  @EnumSource
  void it_passes_from_end_to_end_without_a_complaint(RehearsedSession session) throws Exception {
    folder.folder("nix/var/nix/gcroots");
    session.writeProgram(folder.path());
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var settings =
        new Receiver.Settings(
            new KeyName("rehearsal"),
            Optional.of("local?root=" + folder.path()),
            Optional.empty(),
            folder.path().toString(),
            folder.path(),
            "user",
            new Retention(Optional.of(Duration.ofDays(90)), Optional.of(1L)),
            new Limits(Optional.empty(), Optional.empty(), Optional.empty()));

    try (var receiver = new Receiver(settings, InstantSource.system())) {
      var status =
          receiver.serve(
              Optional.of(session.command()),
              session.client(),
              out,
              new PrintStream(err, true, StandardCharsets.UTF_8));
      assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
      assertThat(status).isZero();
      assertThat(receiver.list(Optional.empty()).values())
          .allSatisfy(kept -> assertThat(kept).isEmpty());
    }

    // The answer to the offer, then the program's, in pieces.
    assertThat(out.toString(StandardCharsets.ISO_8859_1)).startsWith("hookq-wire 1 zstd\n");
    assertThat(out.size()).isGreaterThan(40);
    assertThat(folder.resolve("nix/var/nix/gcroots/hookq-received/rehearsal")).isEmptyDirectory();
  }
}
